"""The tool calls of a run's step as the items of a conversation, and what of a thread is no item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assist2resp.mapping.tools import Json

_HOSTED = {
    "file_search": "its queries were never shown; the results are in source/steps.jsonl",
    "code_interpreter": "its container is gone; code and outputs are in source/steps.jsonl",
}
_UNANSWERED = "it was never answered, and an unanswered call makes every later request fail"
_NO_LOSSES: Json = {"kept": [], "changed": {}, "lost": {}}


def left_out(origin: Json, reason: str, tool_call: Any = None) -> Json:
    """Something that is no item, and why."""
    return {"origin": origin, "reason": reason, "tool_call": tool_call}


def step_entries(step: Mapping[str, Any]) -> Iterator[Json]:
    """The tool calls of a step: functions as calls and then their outputs, hosted tools left out with the reason."""
    calls = [
        call
        for call in list_or_empty(mapping_or_empty(step.get("step_details")).get("tool_calls"))
        if isinstance(call, dict)
    ]
    functions = [call for call in calls if call.get("type") == "function"]
    answered = all(isinstance(mapping_or_empty(call.get("function")).get("output"), str) for call in functions)
    if functions and answered:
        yield from (_call_item(step, call) for call in functions)
        yield from (_output_item(step, call) for call in functions)
    for call in calls:
        if call.get("type") != "function" or not answered:
            kind = call.get("type")
            reason = _UNANSWERED if kind == "function" else _HOSTED.get(str(kind), f"an unknown tool: {kind}")
            yield left_out(_call_origin(step, call), reason, call)


def _call_origin(step: Mapping[str, Any], call: Mapping[str, Any]) -> Json:
    return {
        "kind": "tool_call",
        "id": str(call.get("id")),
        "created_at": step.get("created_at"),
        "completed_at": step.get("completed_at"),
        "incomplete_at": None,
        "incomplete_details": None,
        "status": step.get("status"),
        "run_id": text_or_none(step.get("run_id")),
        "step_id": text_or_none(step.get("id")),
        "assistant_id": text_or_none(step.get("assistant_id")),
        "metadata": mapping_or_empty(step.get("metadata")),
        "attachments": [],
        "annotations": [],
        "images": [],
    }


def _call_item(step: Mapping[str, Any], call: Mapping[str, Any]) -> Json:
    function = mapping_or_empty(call.get("function"))
    arguments = function.get("arguments")
    item = {
        "type": "function_call",
        "call_id": str(call.get("id")),
        "name": str(function.get("name")),
        "arguments": arguments if isinstance(arguments, str) else "{}",
    }
    return {"item": item, "origin": _call_origin(step, call), "losses": _NO_LOSSES}


def _output_item(step: Mapping[str, Any], call: Mapping[str, Any]) -> Json:
    output = mapping_or_empty(call.get("function")).get("output")
    item = {"type": "function_call_output", "call_id": str(call.get("id")), "output": output}
    return {"item": item, "origin": _call_origin(step, call), "losses": _NO_LOSSES}


def text_or_none(value: Any) -> str | None:
    """A text as it is."""
    return value if isinstance(value, str) else None


def mapping_or_empty(value: Any) -> Json:
    """An object as it is."""
    return value if isinstance(value, dict) else {}


def list_or_empty(value: Any) -> list[Any]:
    """A list as it is."""
    return value if isinstance(value, list) else []
