"""Functions that come to a request late, by a search for tools or by an item of additional tools.

Nothing documents how a response shows them; the rules are those of recorded traffic of 2026-04 to 2026-07: a function
that OpenAI's own search found is shown as a namespace of its own name, and so is an additional one, unless the request
has the search for tools; one that the application found is a function like others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assist2resp.sandbox.wire import Json


def with_late(tools: Sequence[Json], items: Iterable[Json]) -> list[Json]:
    """The tools of a request, and behind them the functions that its items bring."""
    searching = any(tool["type"] == "tool_search" for tool in tools)
    shown = list(tools)
    for item in items:
        for function in _functions(item):
            shown = [tool for tool in shown if tool.get("name") != function["name"]]
            shown.append(_namespace(function) if _is_apart(item, searching) else function)
    return shown


def _functions(item: Json) -> Iterator[Json]:
    if item["type"] in {"tool_search_output", "additional_tools"}:
        for tool in item.get("tools") or ():
            if tool.get("type") == "function":
                yield {key: value for key, value in tool.items() if key != "defer_loading"}


def _is_apart(item: Json, searching: bool) -> bool:
    return item.get("execution") == "server" if item["type"] == "tool_search_output" else not searching


def _namespace(function: Json) -> Json:
    name = function["name"]
    return {"type": "namespace", "name": name, "description": function.get("description") or "", "tools": [function]}


def namespaces(tools: Iterable[Json]) -> dict[str, str]:
    """The namespace of each function that has one; one whose loading is deferred is loaded into its own."""
    found: dict[str, str] = {}
    for tool in tools:
        if tool["type"] == "namespace":
            found |= {inner["name"]: tool["name"] for inner in tool["tools"] if "name" in inner}
        elif tool["type"] == "function" and tool.get("defer_loading"):
            found[tool["name"]] = tool["name"]
    return found
