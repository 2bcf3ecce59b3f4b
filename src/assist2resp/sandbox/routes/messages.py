"""The five routes of messages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox.app import Handler, World
from assist2resp.sandbox.assistants_params import MESSAGE, METADATA
from assist2resp.sandbox.runs import refuse_messages_while_active
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import check_message, make_message, need_thread, path_id
from assist2resp.sandbox.wire import page, read_json

OLD = True


def _need_message(world: World, request: Request) -> Record:
    thread = need_thread(world, request.path_params["thread_id"])
    return path_id(world, "messages", "message", "msg", request.path_params["message_id"], parent=thread.id)


async def create(world: World, request: Request) -> Response:
    thread = need_thread(world, request.path_params["thread_id"])
    body = await read_json(request)
    MESSAGE(body, "")
    refuse_messages_while_active(world, thread)
    check_message(world, body)
    return JSONResponse(make_message(world, thread, body).body)


async def listing(world: World, request: Request) -> Response:
    thread = need_thread(world, request.path_params["thread_id"])
    rows = [record.body for record in world.store.table("messages").of(thread.id)]
    run_id = request.query_params.get("run_id")
    if run_id:
        rows = [row for row in rows if row["run_id"] == run_id]
    return JSONResponse(page(rows, request.query_params))


async def retrieve(world: World, request: Request) -> Response:
    return JSONResponse(_need_message(world, request).body)


async def update(world: World, request: Request) -> Response:
    message = _need_message(world, request)
    body = await read_json(request)
    METADATA(body, "")
    if "metadata" in body:
        message.body["metadata"] = body["metadata"] or {}
        world.store.table("messages").save(message)
    return JSONResponse(message.body)


async def delete(world: World, request: Request) -> Response:
    message = _need_message(world, request)
    world.store.table("messages").delete(message.id)
    return JSONResponse({"id": message.id, "object": "thread.message.deleted", "deleted": True})


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/threads/{thread_id}/messages", create),
    ("GET", "/threads/{thread_id}/messages", listing),
    ("GET", "/threads/{thread_id}/messages/{message_id}", retrieve),
    ("POST", "/threads/{thread_id}/messages/{message_id}", update),
    ("DELETE", "/threads/{thread_id}/messages/{message_id}", delete),
]
