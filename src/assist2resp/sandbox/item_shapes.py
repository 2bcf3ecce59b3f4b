"""What the items of a request must look like: messages with their parts, calls, outputs, and the other kinds.

Evidence: `openai.types.responses.ResponseInputItemParam`, and the error texts in public reports of the API's answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assist2resp.sandbox.params import (
    Shape,
    anything,
    array,
    choice,
    either,
    fields,
    invalid,
    mapping,
    missing,
    nullable,
    string,
    wrong_type,
)

OUTPUT_LIMIT = 10_485_760
STATUS = nullable(choice("in_progress", "completed", "incomplete"))
ID = nullable(string())
_CACHED: dict[str, Shape] = {"type": anything, "prompt_cache_breakpoint": anything}

INPUT_PARTS: dict[str, Shape] = {
    "input_text": fields({**_CACHED, "text": string()}, "text"),
    "input_image": fields(
        {
            **_CACHED,
            "image_url": nullable(string()),
            "file_id": nullable(string()),
            "detail": nullable(choice("auto", "low", "high", "original")),
        }
    ),
    "input_file": fields(
        {
            **_CACHED,
            "file_id": nullable(string()),
            "file_data": nullable(string()),
            "file_url": nullable(string()),
            "filename": nullable(string()),
            "detail": nullable(choice("auto", "low", "high")),
        }
    ),
}
OUTPUT_PARTS: dict[str, Shape] = {
    "output_text": fields(
        {"type": anything, "text": string(), "annotations": array(mapping), "logprobs": nullable(array(mapping))},
        "text",
    ),
    "refusal": fields({"type": anything, "refusal": string()}, "refusal"),
}


def parts_of(shapes: Mapping[str, Shape]) -> Shape:
    """A part of a message's content. Its type is refused at the path of the part itself, as the API does."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        if "type" not in value:
            raise missing(f"{path}.type")
        choice(*shapes)(value["type"], path)
        shapes[value["type"]](value, path)
        if value["type"] == "input_image" and not value.get("image_url") and not value.get("file_id"):
            raise invalid(
                path, "Either 'image_url' or 'file_id' must be given in an 'input_image'.", "missing_required_parameter"
            )
        if value["type"] == "input_file" and not any(value.get(key) for key in ("file_id", "file_data", "file_url")):
            raise invalid(
                path,
                "One of 'file_id', 'file_data' or 'file_url' must be given in an 'input_file'.",
                "missing_required_parameter",
            )

    return check


def _content(shapes: Mapping[str, Shape]) -> Shape:
    return either("one of an array of objects or string", (str, string()), (list, array(parts_of(shapes))))


def _message(value: Any, path: str) -> None:
    if "role" not in value:
        raise missing(f"{path}.role")
    choice("assistant", "system", "developer", "user")(value["role"], f"{path}.role")
    shapes = OUTPUT_PARTS if value["role"] == "assistant" else INPUT_PARTS
    phase = nullable(choice("commentary", "final_answer"))
    known = {
        "type": anything,
        "role": anything,
        "content": _content(shapes),
        "id": ID,
        "status": STATUS,
        "phase": phase,
    }
    fields(known, "content")(value, path)


_CALL: dict[str, Shape] = {"type": anything, "id": ID, "status": STATUS, "namespace": anything, "caller": anything}
ITEMS: dict[str, Shape] = {
    "message": _message,
    "function_call": fields(
        {
            **_CALL,
            "call_id": string(least=1, most=64),
            "name": string(least=1),
            "arguments": string(),
            "async": anything,
        },
        "call_id",
        "name",
        "arguments",
    ),
    "function_call_output": fields(
        {
            **_CALL,
            "call_id": string(least=1, most=64),
            "name": anything,
            "output": either(
                "one of an array of objects or string",
                (str, string(most=OUTPUT_LIMIT)),
                (list, array(parts_of(INPUT_PARTS))),
            ),
        },
        "call_id",
        "output",
    ),
    "reasoning": fields(
        {
            "type": anything,
            "id": ID,
            "status": STATUS,
            "summary": array(mapping),
            "content": nullable(array(mapping)),
            "encrypted_content": nullable(string()),
        },
        "summary",
    ),
    "file_search_call": fields(
        {
            "type": anything,
            "id": ID,
            "status": string(),
            "queries": array(string()),
            "results": nullable(array(mapping)),
        },
        "queries",
    ),
    "code_interpreter_call": fields(
        {
            "type": anything,
            "id": ID,
            "status": string(),
            "code": nullable(string()),
            "container_id": string(),
            "outputs": nullable(array(mapping)),
        },
        "container_id",
    ),
    "compaction": fields(
        {"type": anything, "id": ID, "encrypted_content": string(), "created_by": anything}, "encrypted_content"
    ),
    "item_reference": fields({"type": anything, "id": string()}, "id"),
}
INERT = (
    "additional_tools",
    "apply_patch_call",
    "apply_patch_call_output",
    "compaction_trigger",
    "computer_call",
    "computer_call_output",
    "configuration_update",
    "custom_tool_call",
    "custom_tool_call_output",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "program",
    "program_output",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
)
"""Kinds that are kept and shown, but that the model of the sandbox does not read."""


def item(value: Any, path: str) -> None:
    """One item; without a type it is a message, or a reference if it has only an id."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    kind = kind_of_item(value)
    choice(*sorted([*ITEMS, *INERT]))(kind, f"{path}.type")
    ITEMS.get(kind, mapping)(value, path)


def kind_of_item(value: Mapping[str, Any]) -> Any:
    """The item's type, said or implied."""
    implied = "item_reference" if "id" in value and "role" not in value else "message"
    return value["type"] if value.get("type") is not None else implied


INPUT = either("one of an array of objects or string", (str, string()), (list, array(item)))
