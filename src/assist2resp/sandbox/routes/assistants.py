"""The five routes of assistants."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox.app import Handler, World
from assist2resp.sandbox.assistants_params import ASSISTANT, ASSISTANT_UPDATE
from assist2resp.sandbox.attachments import resolve_resources
from assist2resp.sandbox.models_data import is_served
from assist2resp.sandbox.params import invalid
from assist2resp.sandbox.run_render import RANKING
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import path_id
from assist2resp.sandbox.wire import Json, page, read_json

OLD = True


def need_assistant(world: World, assistant_id: str) -> Record:
    """The assistant of this id."""
    return path_id(world, "assistants", "assistant", "asst", assistant_id)


def check_model(world: World, model: str) -> None:
    """Refuse a model that is unknown or was shut down."""
    if not is_served(model, world.today):
        raise invalid("model", f"The requested model '{model}' does not exist.", "model_not_found")


async def create(world: World, request: Request) -> Response:
    body = await read_json(request)
    ASSISTANT(body, "")
    check_model(world, body["model"])
    tools = shown_tools(body.get("tools") or [])
    assistant = {
        "id": "",
        "object": "assistant",
        "created_at": world.seconds(),
        "name": body.get("name"),
        "description": body.get("description"),
        "model": body["model"],
        "instructions": body.get("instructions"),
        "tools": tools,
        "top_p": _or(body.get("top_p"), 1.0),
        "temperature": _or(body.get("temperature"), 1.0),
        "reasoning_effort": body.get("reasoning_effort"),
        "tool_resources": resolve_resources(world, body.get("tool_resources"), tools),
        "metadata": body.get("metadata") or {},
        "response_format": _or(body.get("response_format"), "auto"),
    }
    assistant["id"] = world.ids.new("asst_")
    world.store.table("assistants").add(Record(assistant["id"], assistant))
    return JSONResponse(assistant)


def _or(value: object, default: object) -> object:
    return default if value is None else value


def shown_tools(tools: list[Json]) -> list[Json]:
    """Tools as objects show them: file search with the ranking that takes effect."""
    return [_shown_search(tool) if tool["type"] == "file_search" else tool for tool in tools]


def _shown_search(tool: Json) -> Json:
    options = tool.get("file_search") or {}
    ranking = {**RANKING, **(options.get("ranking_options") or {})}
    return {"type": "file_search", "file_search": {**options, "ranking_options": ranking}}


async def listing(world: World, request: Request) -> Response:
    rows = [record.body for record in world.store.table("assistants").all()]
    return JSONResponse(page(rows, request.query_params))


async def retrieve(world: World, request: Request) -> Response:
    return JSONResponse(need_assistant(world, request.path_params["assistant_id"]).body)


async def update(world: World, request: Request) -> Response:
    assistant = need_assistant(world, request.path_params["assistant_id"])
    body = await read_json(request)
    ASSISTANT_UPDATE(body, "")
    if "model" in body:
        check_model(world, body["model"])
    defaults: Json = {"top_p": 1.0, "temperature": 1.0, "metadata": {}, "response_format": "auto"}
    changes: Json = {key: _or(value, defaults.get(key)) for key, value in body.items() if key != "tool_resources"}
    changes["tools"] = shown_tools(body["tools"]) if "tools" in body else assistant.body["tools"]
    kept = assistant.body["tool_resources"]
    changes["tool_resources"] = resolve_resources(world, body.get("tool_resources"), changes["tools"], kept)
    assistant.body.update(changes)
    world.store.table("assistants").save(assistant)
    return JSONResponse(assistant.body)


async def delete(world: World, request: Request) -> Response:
    assistant = need_assistant(world, request.path_params["assistant_id"])
    world.store.table("assistants").delete(assistant.id)
    return JSONResponse({"id": assistant.id, "object": "assistant.deleted", "deleted": True})


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/assistants", create),
    ("GET", "/assistants", listing),
    ("GET", "/assistants/{assistant_id}", retrieve),
    ("POST", "/assistants/{assistant_id}", update),
    ("DELETE", "/assistants/{assistant_id}", delete),
]
