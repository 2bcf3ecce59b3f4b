"""The tools of a response: as they take effect and are shown, and as the model gets them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assist2resp.sandbox import containers, files, indexing, library, store_search
from assist2resp.sandbox.app import World
from assist2resp.sandbox.late_tools import with_late
from assist2resp.sandbox.prompt import CodeInterpreter, Document, FileSearch, Function, Tool
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.strict_schema import closed, problem
from assist2resp.sandbox.wire import Json

DEFAULT_RESULTS = 20
LOCATION = {"type": "approximate", "city": None, "country": "US", "region": None, "timezone": None}


DEFAULTS: dict[str, Json] = {
    "custom": {"description": None, "format": {"type": "text"}},
    "image_generation": {
        "background": "auto",
        "model": "gpt-image-1",
        "moderation": "auto",
        "n": 1,
        "output_compression": 100,
        "output_format": "png",
        "quality": "auto",
        "size": "auto",
    },
    "mcp": {"allowed_tools": None, "headers": None, "require_approval": "always", "server_description": None},
}
"""What tools that only other systems run are shown with: the defaults of OpenAI's description of its API."""
LAST = ("tool_search", "namespace")
"""The kinds of tools that a response shows behind all others, in this order."""


def effective(tools: Sequence[Json], items: Iterable[Json] = ()) -> list[Json]:
    """The tools as a response shows them, with those that the items bring."""
    shown = [_effective(tool) for tool in with_late(tools, items)]
    return sorted(shown, key=lambda tool: LAST.index(tool["type"]) if tool["type"] in LAST else -1)


def _effective(tool: Json) -> Json:
    """A tool with everything that takes effect where the request left it out, as a response shows it."""
    match tool["type"]:
        case "function":
            return _function(tool)
        case "file_search":
            ranking = {"ranker": "auto", "score_threshold": 0.0, **(tool.get("ranking_options") or {})}
            most = tool.get("max_num_results") or DEFAULT_RESULTS
            return {"filters": None, **tool, "max_num_results": most, "ranking_options": ranking}
        case "web_search" | "web_search_preview":
            location = {**LOCATION, "country": None, **tool["user_location"]} if tool.get("user_location") else LOCATION
            shown = {"search_context_size": "medium", **tool, "user_location": location}
            return {"filters": None, **shown} if tool["type"] == "web_search" else shown
        case "tool_search":
            return {"description": None, "parameters": None, **tool}
        case "image_generation" | "mcp" | "custom":
            return {**DEFAULTS[tool["type"]], **tool}
        case "namespace":
            return {**tool, "tools": [_effective(inner) for inner in tool["tools"]]}
    return tool


def _function(tool: Json) -> Json:
    """Strict if the request says so, or says nothing and the schema can be closed."""
    parameters, strict = tool.get("parameters"), tool.get("strict")
    if strict is None:
        strict = parameters is not None and problem(closed(parameters)) is None
        parameters = closed(parameters) if strict else parameters
    shown = {"description": None, "output_schema": None, **tool, "parameters": parameters, "strict": strict}
    return {**shown, "description": shown["description"] or None}


def container_of(world: World, tools: Iterable[Json], history: Sequence[Json]) -> Record | None:
    """The container that the interpreter runs in: the named one, or with `auto` that of an earlier call, or a new one."""
    asked = next((tool["container"] for tool in tools if tool["type"] == "code_interpreter"), None)
    if asked is None:
        return None
    if isinstance(asked, str):
        return containers.use(world, asked)
    file_ids = asked.get("file_ids") or []
    for item in reversed(history):
        if item["type"] == "code_interpreter_call" and world.store.table("containers").get(item["container_id"]):
            found = containers.find(world, item["container_id"])
            if found.body["status"] == "running":
                _add_missing(world, containers.use(world, found.id), file_ids)
                return found
    limits = {key: asked.get(key) for key in ("memory_limit", "network_policy")}
    return containers.make(world, "auto", file_ids, **limits)


def _add_missing(world: World, container: Record, file_ids: Iterable[str]) -> None:
    held = {file.body["path"] for file in world.store.table("container_files").of(container.id)}
    for file_id in file_ids:
        document = files.document(world, file_id, "file_ids")
        if f"/mnt/data/{file_id}-{document.filename}" not in held:
            containers.copy_in(world, container, document)


def nouns(world: World, tools: Iterable[Json], container: Record | None) -> tuple[Tool, ...]:
    """The tools as the model gets them; those that only other systems could run are left out."""
    found: list[Tool] = []
    for tool in tools:
        match tool["type"]:
            case "function":
                found.append(_noun(tool))
            case "namespace":
                found += [_noun(inner) for inner in tool["tools"] if inner["type"] == "function"]
            case "file_search":
                ranking = {key: value for key, value in tool["ranking_options"].items() if key != "ranker" and value}
                documents = _searched(world, tool)
                found.append(FileSearch(documents, tool["max_num_results"], ranking or None))
            case "code_interpreter" if container is not None:
                found.append(CodeInterpreter(containers.documents(world, container)))
    return tuple(found)


def _noun(tool: Json) -> Function:
    return Function(tool["name"], tool["description"] or "", tool["parameters"], bool(tool["strict"]))


def _searched(world: World, tool: Json) -> tuple[Document, ...]:
    """The documents of the tool's vector stores whose attributes pass its filters."""
    documents = library.documents(world, tool["vector_store_ids"], "tools")
    if tool["filters"] is None:
        return documents
    passing = {
        link.body["id"]
        for store_id in tool["vector_store_ids"]
        for link in indexing.links_of(world, store_id)
        if store_search.passes(tool["filters"], link.body["attributes"] or {})
    }
    return tuple(document for document in documents if document.file_id in passing)
