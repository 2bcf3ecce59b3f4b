"""Tools, tool choices and response formats of the Assistants API as `client.responses.create` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

NO_PARAMETERS: Json = {"type": "object", "properties": {}}
OLD_MOST = 20
OLD_MOST_3_5 = 5
"""Chunks that a search gave by default: 20, with gpt-3.5 models 5."""


def tools_of(tools: Any, model: str, resources: Mapping[str, Any]) -> tuple[list[Json], dict[int, str]]:
    """The flat tools; and why not, by its place, for each that has no new form."""
    flat: list[Json] = []
    problems: dict[int, str] = {}
    for place, tool in enumerate(tools if isinstance(tools, list) else []):
        try:
            flat.append(tool_of(tool, model, resources))
        except ValueError as error:
            problems[place] = str(error)
    return flat, problems


def tool_of(tool: Any, model: str, resources: Mapping[str, Any]) -> Json:
    """The flat form of one tool; a ValueError says why it has none."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    if kind == "function":
        return _function(tool.get("function"))
    if kind == "code_interpreter":
        files = ids_of(resources, "code_interpreter", "file_ids")
        return {"type": kind, "container": {"type": "auto", "file_ids": files} if files else {"type": "auto"}}
    if kind == "file_search":
        stores = ids_of(resources, "file_search", "vector_store_ids")
        if not stores:
            raise ValueError("file_search has no vector store of its own: add it with the thread's store")
        return {**_search(tool.get("file_search"), model), "vector_store_ids": stores}
    if kind == "retrieval":
        raise ValueError("retrieval is of Assistants v1: make a vector store of the files and use file_search")
    raise ValueError(f"a tool of type {kind!r} has no known new form")


def ids_of(resources: Any, tool: str, name: str) -> list[str]:
    """The ids below `tool_resources`, empty where there are none."""
    given = resources.get(tool) if isinstance(resources, Mapping) else None
    ids = given.get(name) if isinstance(given, dict) else None
    return [entry for entry in ids if isinstance(entry, str)] if isinstance(ids, list) else []


def _function(function: Any) -> Json:
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise ValueError("a function without a name has no new form")  # noqa: TRY004 - data, not an argument
    given = {name: value for name, value in function.items() if value is not None}
    return {"type": "function", "parameters": NO_PARAMETERS, **given, "strict": bool(function.get("strict"))}


def _search(options: Any, model: str) -> Json:
    options = options if isinstance(options, dict) else {}
    most = options.get("max_num_results") or (OLD_MOST_3_5 if model.startswith("gpt-3.5") else OLD_MOST)
    search: Json = {"type": "file_search", "max_num_results": most}
    ranking = options.get("ranking_options")
    threshold = ranking.get("score_threshold") if isinstance(ranking, dict) else None
    if threshold:
        search["ranking_options"] = {"score_threshold": threshold}
    return search


def tool_choice_of(choice: Any) -> Any:
    """The new form of a tool choice; None for the default."""
    if choice in (None, "auto"):
        return None
    if isinstance(choice, dict) and choice.get("type") == "function" and isinstance(choice.get("function"), dict):
        return {"type": "function", "name": choice["function"].get("name")}
    return choice


def text_format_of(response_format: Any) -> Json | None:
    """The value of `text.format`; None for plain text."""
    if not isinstance(response_format, dict) or response_format.get("type") in (None, "text"):
        return None
    described = response_format.get("json_schema")
    if response_format["type"] == "json_schema" and isinstance(described, dict):
        given = {name: value for name, value in described.items() if value is not None}
        return {"type": "json_schema", "schema": {}, **given}
    return dict(response_format)
