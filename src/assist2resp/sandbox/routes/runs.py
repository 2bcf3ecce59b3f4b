"""The seven routes of runs, three of which can answer as a stream of events."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from assist2resp.sandbox import runs
from assist2resp.sandbox.app import Handler, World
from assist2resp.sandbox.assistants_params import METADATA, RUN, THREAD_AND_RUN, TOOL_OUTPUTS
from assist2resp.sandbox.routes.assistants import check_model, need_assistant, shown_tools
from assist2resp.sandbox.run_events import listen, publish
from assist2resp.sandbox.run_work import settle, start
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import delete_thread, make_thread, need_thread, path_id
from assist2resp.sandbox.wire import Json, WireError, page, read_json

OLD = True


def _need_run(world: World, request: Request) -> Record:
    thread = need_thread(world, request.path_params["thread_id"])
    run = path_id(world, "runs", "run", "run", request.path_params["run_id"], parent=thread.id)
    settle(world, run)
    return run


def _shown(world: World, run: Record) -> Response:
    return JSONResponse(run.body, headers={"openai-poll-after-ms": str(world.settings.poll_after_ms)})


def _prepared(world: World, body: Json) -> tuple[Record, Json]:
    """The assistant that a request names, and the request with its model checked and its tools as objects show them."""
    assistant = need_assistant(world, body["assistant_id"])
    check_model(world, body.get("model") or assistant.body["model"])
    return assistant, body if body.get("tools") is None else {**body, "tools": shown_tools(body["tools"])}


async def create(world: World, request: Request) -> Response:
    thread = need_thread(world, request.path_params["thread_id"])
    body = await read_json(request)
    RUN(body, "")
    assistant, body = _prepared(world, body)
    run = runs.make_run(world, thread, assistant, body)
    return _started(world, run, None, stream=bool(body.get("stream")))


async def create_with_thread(world: World, request: Request) -> Response:
    body = await read_json(request)
    THREAD_AND_RUN(body, "")
    assistant, body = _prepared(world, body)
    runs.check_resources(world, body)
    thread = make_thread(world, body.get("thread") or {})
    try:
        run = runs.make_run(world, thread, assistant, body)
    except WireError:
        delete_thread(world, thread)
        raise
    return _started(world, run, thread, stream=bool(body.get("stream")))


def _started(world: World, run: Record, made: Record | None, *, stream: bool) -> Response:
    if not stream:
        response = _shown(world, run)
        start(world, run)
        return response
    events = listen(world, run.id)
    if made is not None:
        publish(world, run.id, "thread.created", made.body)
    start(world, run)
    return StreamingResponse(events, media_type="text/event-stream; charset=utf-8")


async def listing(world: World, request: Request) -> Response:
    thread = need_thread(world, request.path_params["thread_id"])
    records = world.store.table("runs").of(thread.id)
    for run in records:
        settle(world, run)
    return JSONResponse(page([run.body for run in records], request.query_params))


async def retrieve(world: World, request: Request) -> Response:
    return _shown(world, _need_run(world, request))


async def update(world: World, request: Request) -> Response:
    run = _need_run(world, request)
    body = await read_json(request)
    METADATA(body, "")
    if "metadata" in body:
        run.body["metadata"] = body["metadata"] or {}
        world.store.table("runs").save(run)
    return _shown(world, run)


async def cancel(world: World, request: Request) -> Response:
    run = _need_run(world, request)
    runs.cancel(world, run)
    return _shown(world, run)


async def submit_tool_outputs(world: World, request: Request) -> Response:
    run = _need_run(world, request)
    body = await read_json(request)
    TOOL_OUTPUTS(body, "")
    runs.check_outputs(world, run, body["tool_outputs"])
    if not body.get("stream"):
        runs.submit(world, run, body["tool_outputs"])
        return _shown(world, run)
    events = listen(world, run.id)
    runs.submit(world, run, body["tool_outputs"])
    return StreamingResponse(events, media_type="text/event-stream; charset=utf-8")


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/threads/runs", create_with_thread),
    ("POST", "/threads/{thread_id}/runs", create),
    ("GET", "/threads/{thread_id}/runs", listing),
    ("GET", "/threads/{thread_id}/runs/{run_id}", retrieve),
    ("POST", "/threads/{thread_id}/runs/{run_id}", update),
    ("POST", "/threads/{thread_id}/runs/{run_id}/cancel", cancel),
    ("POST", "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", submit_tool_outputs),
]
