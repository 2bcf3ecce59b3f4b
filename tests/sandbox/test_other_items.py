"""Output items that only scripts give stream in the events that the SDK has for them, and parse strictly."""

from __future__ import annotations

from typing import Any

import pytest

from assist2resp.sandbox.prompt import Answer, Item, Usage
from assist2resp.sandbox.server import sandbox

EVENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "mcp_list_tools": (
        {"server_label": "s", "tools": []},
        ["mcp_list_tools.in_progress", "mcp_list_tools.completed"],
    ),
    "mcp_call": (
        {"server_label": "s", "name": "n", "arguments": "{}", "output": "x", "error": None, "status": "completed"},
        [
            "mcp_call.in_progress",
            "mcp_call_arguments.delta",
            "mcp_call_arguments.done",
            "mcp_call.completed",
        ],
    ),
    "mcp_approval_request": ({"server_label": "s", "name": "n", "arguments": "{}"}, []),
    "image_generation_call": (
        {"status": "completed", "result": "aGk="},
        [
            "image_generation_call.in_progress",
            "image_generation_call.generating",
            "image_generation_call.completed",
        ],
    ),
    "custom_tool_call": (
        {"call_id": "call_1", "name": "x", "input": "abc", "status": "completed"},
        ["custom_tool_call_input.delta", "custom_tool_call_input.done"],
    ),
    "reasoning": (
        {"summary": [{"type": "summary_text", "text": "So."}]},
        [
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
        ],
    ),
    "compaction": ({"encrypted_content": "x"}, []),
}


@pytest.mark.parametrize(("kind", "body", "inner"), [(kind, *rest) for kind, rest in EVENTS.items()], ids=EVENTS.keys())
def test_item_streams(kind: str, body: dict[str, Any], inner: list[str]) -> None:
    with sandbox(in_process=True) as server:
        server.world.script = lambda _prompt: Answer((Item({"type": kind, **body}),), Usage(1, 1))
        client = server.client(max_retries=0, _strict_response_validation=True)
        seen = [
            event.type.removeprefix("response.")
            for event in client.responses.create(model="gpt-5", input="Hi", stream=True)
        ]
        assert server.failures == []
    start, end = ["created", "in_progress", "output_item.added"], ["output_item.done", "completed"]
    assert seen == [*start, *inner, *end]
