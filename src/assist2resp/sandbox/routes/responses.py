"""Responses: create, retrieve, cancel, delete, their input items, and the counting and compacting of input."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from assist2resp.sandbox import (
    history,
    items,
    params,
    response_context,
    response_shapes,
    response_tools,
    responses,
    tokens,
)
from assist2resp.sandbox.app import World
from assist2resp.sandbox.response_body import shown, usage_of
from assist2resp.sandbox.response_prompt import check_model, prompt_of
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError, page, read_json

EVENT_STREAM = "text/event-stream; charset=utf-8"


async def create(world: World, request: Request) -> Response:
    """Make a response: at once, in the background, or as a stream."""
    body = await read_json(request)
    response_shapes.create(body)
    job = responses.prepare(world, body)
    if body.get("stream"):
        return StreamingResponse(responses.follow(job), media_type=EVENT_STREAM)
    if body.get("background"):
        responses.start(job)
    else:
        await responses.complete(job)
    return JSONResponse(shown(job.record.body, body.get("include") or ()))


async def retrieve(world: World, request: Request) -> Response:
    """A stored response, or the events of one that streams in the background."""
    record = _find(world, request)
    responses.resume(world, record)
    include = included(request)
    if request.query_params.get("stream") != "true":
        return JSONResponse(shown(record.body, include))
    asked = record.private["request"]
    if not (asked.get("background") and asked.get("stream")):
        text = "This response cannot be streamed because it was not created with 'background' and 'stream' set to true."
        raise WireError(400, text, param="stream")
    after = request.query_params.get("starting_after", "-1")
    if not after.lstrip("-").isdecimal():
        raise params.wrong_type("starting_after", "an integer", after)
    return StreamingResponse(responses.replay(world, record, int(after)), media_type=EVENT_STREAM)


async def cancel(world: World, request: Request) -> Response:
    """Cancel a background response."""
    record = _find(world, request)
    if not record.body["background"]:
        raise WireError(400, "Cannot cancel a synchronous response.")
    responses.cancel(world, record)
    return JSONResponse(shown(record.body, ()))


async def delete(world: World, request: Request) -> Response:
    """Delete a response; what it added to a conversation stays there."""
    record = _find(world, request)
    world.store.table("responses").delete(record.id)
    return JSONResponse({"id": record.id, "object": "response", "deleted": True})


async def input_items(world: World, request: Request) -> Response:
    """The items that the request for a response brought, newest first."""
    record = _find(world, request)
    include = included(request)
    rows = [items.shown(item, include) for item in record.private["input"]]
    return JSONResponse(page(rows, request.query_params))


async def input_tokens(world: World, request: Request) -> Response:
    """How many tokens a model would read."""
    body = await read_json(request)
    response_shapes.count_tokens(body, "")
    response_context.check_sources(body)
    given = [*response_context.before(world, body), *response_context.own_items(world, body)]
    tools = response_tools.effective(body.get("tools") or [], given)
    container = None
    prompt = prompt_of(world, {"truncation": "auto", **body}, tools, given, container)
    return JSONResponse({"object": "response.input_tokens", "input_tokens": tokens.of_prompt(prompt)})


async def compact(world: World, request: Request) -> Response:
    """The user's messages, and one opaque item for everything that was said."""
    body = await read_json(request)
    response_shapes.compact(body, "")
    check_model(world, body["model"])
    response_context.check_sources(body)
    given = [*response_context.before(world, body), *response_context.own_items(world, body)]
    users = [{**item, "id": items.new_id(world, "message")} for item in given if item.get("role") == "user"]
    summary: Json = {"encrypted_content": history.compacted(world, given), "type": "compaction"}
    output = [*users, {"id": items.new_id(world, "compaction"), **summary}]
    read = sum(map(tokens.of_entry, history.history_of(world, given))) + tokens.count(body.get("instructions") or "")
    return JSONResponse(
        {
            "id": world.ids.new("resp_", 50),
            "object": "response.compaction",
            "created_at": world.seconds(),
            "output": output,
            "usage": usage_of(read, tokens.count(json.dumps(summary))),
        }
    )


def included(request: Request) -> list[str]:
    """What a query asks to include, in either spelling of a list."""
    asked = [*request.query_params.getlist("include"), *request.query_params.getlist("include[]")]
    for index, value in enumerate(asked):
        params.choice(*response_shapes.INCLUDABLE)(value, f"include[{index}]")
    return asked


def _find(world: World, request: Request) -> Record:
    response_id = request.path_params["response_id"]
    params.prefixed("resp")(response_id, "response_id")
    record = world.store.table("responses").get(response_id)
    if record is None:
        raise response_context.missing_object("Response", response_id)
    return record


ROUTES = [
    ("POST", "/responses", create),
    ("POST", "/responses/input_tokens", input_tokens),
    ("POST", "/responses/compact", compact),
    ("GET", "/responses/{response_id}", retrieve),
    ("DELETE", "/responses/{response_id}", delete),
    ("POST", "/responses/{response_id}/cancel", cancel),
    ("GET", "/responses/{response_id}/input_items", input_items),
]
