"""The two routes of run steps."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox.app import Handler, World
from assist2resp.sandbox.params import choice
from assist2resp.sandbox.run_work import settle
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import need_thread, path_id
from assist2resp.sandbox.wire import Json, page

OLD = True
RESULTS = "step_details.tool_calls[*].file_search.results[*].content"


def _need_run(world: World, request: Request) -> Record:
    thread = need_thread(world, request.path_params["thread_id"])
    run = path_id(world, "runs", "run", "run", request.path_params["run_id"], parent=thread.id)
    settle(world, run)
    return run


def _shown(step: Record, request: Request) -> Json:
    """The step; the text of search results only on request."""
    included = [*request.query_params.getlist("include[]"), *request.query_params.getlist("include")]
    for value in included:
        choice(RESULTS)(value, "include[0]")
    calls = step.body["step_details"].get("tool_calls")
    if included or not any(call["type"] == "file_search" for call in calls or []):
        return step.body
    details = {**step.body["step_details"], "tool_calls": [_without_text(call) for call in calls]}
    return {**step.body, "step_details": details}


def _without_text(call: Json) -> Json:
    if call["type"] != "file_search":
        return call
    results = [{key: value for key, value in row.items() if key != "content"} for row in call["file_search"]["results"]]
    return {**call, "file_search": {**call["file_search"], "results": results}}


async def listing(world: World, request: Request) -> Response:
    run = _need_run(world, request)
    rows = [_shown(step, request) for step in world.store.table("steps").of(run.id)]
    return JSONResponse(page(rows, request.query_params))


async def retrieve(world: World, request: Request) -> Response:
    run = _need_run(world, request)
    step = path_id(world, "steps", "run step", "step", request.path_params["step_id"], parent=run.id)
    return JSONResponse(_shown(step, request))


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/threads/{thread_id}/runs/{run_id}/steps", listing),
    ("GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}", retrieve),
]
