"""How responses show functions that come late: by a search for tools, or by an item of additional tools."""

from __future__ import annotations

from typing import Any

import pytest

from assist2resp.sandbox.late_tools import namespaces
from assist2resp.sandbox.response_tools import effective

FUNCTION: dict[str, Any] = {"type": "function", "name": "f", "parameters": None, "strict": False}
DEFERRED = {**FUNCTION, "defer_loading": True}
OTHER = {**FUNCTION, "name": "g"}
SEARCH: dict[str, Any] = {"type": "tool_search"}


def found(execution: str) -> dict[str, Any]:
    return {"type": "tool_search_output", "execution": execution, "tools": [DEFERRED]}


def added(function: dict[str, Any]) -> dict[str, Any]:
    return {"type": "additional_tools", "role": "developer", "tools": [function]}


CASES = {
    "nothing late": ([SEARCH, DEFERRED, OTHER], [], ["function f", "function g", "tool_search"]),
    "found by the API": ([SEARCH, DEFERRED], [found("server")], ["tool_search", "namespace f"]),
    "found by the application": (
        [SEARCH, OTHER, DEFERRED],
        [found("client")],
        ["function g", "function f", "tool_search"],
    ),
    "additional": ([FUNCTION], [added(OTHER)], ["function f", "namespace g"]),
    "additional, with a search": ([SEARCH, FUNCTION], [added(OTHER)], ["function f", "function g", "tool_search"]),
}


@pytest.mark.parametrize(("tools", "items", "shown"), CASES.values(), ids=CASES.keys())
def test_late_functions_are_shown(tools: list[Any], items: list[Any], shown: list[str]) -> None:
    assert [f"{tool['type']} {tool.get('name', '')}".strip() for tool in effective(tools, items)] == shown


def test_a_loaded_function_is_no_longer_deferred() -> None:
    (_, namespace) = effective([SEARCH, DEFERRED], [found("server")])
    assert "defer_loading" not in namespace["tools"][0]


def test_functions_know_their_namespaces() -> None:
    assert namespaces(effective([SEARCH, DEFERRED, OTHER])) == {"f": "f"}
    assert namespaces(effective([FUNCTION], [added(OTHER)])) == {"g": "g"}
