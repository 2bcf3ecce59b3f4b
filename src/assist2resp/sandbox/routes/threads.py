"""The routes of threads themselves (creating one together with a run is in `runs`). Only Azure lists them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox.app import Handler, World
from assist2resp.sandbox.assistants_params import THREAD, THREAD_UPDATE
from assist2resp.sandbox.attachments import resolve_resources
from assist2resp.sandbox.azure import is_azure
from assist2resp.sandbox.run_events import hang_up
from assist2resp.sandbox.threads import delete_thread, make_thread, need_thread
from assist2resp.sandbox.wire import WireError, page, read_json

OLD = True


async def create(world: World, request: Request) -> Response:
    body = await read_json(request)
    THREAD(body, "")
    return JSONResponse(make_thread(world, body).body)


async def listing(world: World, request: Request) -> Response:
    if not is_azure(request.scope):
        raise WireError(405, f"Invalid method for URL (GET {request.url.path})")
    return JSONResponse(page([record.body for record in world.store.table("threads").all()], request.query_params))


async def retrieve(world: World, request: Request) -> Response:
    return JSONResponse(need_thread(world, request.path_params["thread_id"]).body)


async def update(world: World, request: Request) -> Response:
    thread = need_thread(world, request.path_params["thread_id"])
    body = await read_json(request)
    THREAD_UPDATE(body, "")
    kept = thread.body["tool_resources"]
    thread.body["tool_resources"] = resolve_resources(world, body.get("tool_resources"), kept=kept)
    if "metadata" in body:
        thread.body["metadata"] = body["metadata"] or {}
    world.store.table("threads").save(thread)
    return JSONResponse(thread.body)


async def delete(world: World, request: Request) -> Response:
    thread = need_thread(world, request.path_params["thread_id"])
    for run in world.store.table("runs").of(thread.id):
        hang_up(world, run.id)
    delete_thread(world, thread)
    return JSONResponse({"id": thread.id, "object": "thread.deleted", "deleted": True})


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/threads", create),
    ("GET", "/threads", listing),
    ("GET", "/threads/{thread_id}", retrieve),
    ("POST", "/threads/{thread_id}", update),
    ("DELETE", "/threads/{thread_id}", delete),
]
