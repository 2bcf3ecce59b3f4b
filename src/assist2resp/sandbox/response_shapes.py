"""What the bodies of the responses' and conversations' routes must look like.

Evidence: `openai.types.responses.ResponseCreateParams` and its neighbours, and public reports of the API's answers.
"""

from __future__ import annotations

from typing import Any

from assist2resp.sandbox.item_shapes import INPUT, item
from assist2resp.sandbox.params import (
    Shape,
    anything,
    array,
    boolean,
    choice,
    decimal,
    either,
    fields,
    integer,
    invalid,
    mapping,
    metadata,
    nullable,
    prefixed,
    string,
    tagged,
)
from assist2resp.sandbox.strict_schema import problem
from assist2resp.sandbox.tool_shapes import TOOL_CHOICE, TOOLS
from assist2resp.sandbox.wire import WireError

ITEMS_AT_ONCE = 20
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
MOVED = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
    "functions": "tools",
    "function_call": "tool_choice",
}
"""Parameters of older APIs, and where the Responses API has them."""

CONVERSATION = either(
    "one of a conversation id or an object",
    (str, prefixed("conv")),
    (dict, fields({"id": prefixed("conv")}, "id")),
)


def _json_schema(value: Any, path: str) -> None:
    fields(
        {
            "type": anything,
            "name": string(least=1, most=64, pattern="[a-zA-Z0-9_-]+"),
            "schema": mapping,
            "description": nullable(string()),
            "strict": nullable(boolean),
        },
        "name",
        "schema",
    )(value, path)
    if value["schema"].get("type", "object") != "object":
        text = f"Invalid schema for response_format '{value['name']}': schema must be a JSON Schema of 'type: \"object\"', "
        raise invalid(f"{path}.schema", f"{text}got 'type: \"{value['schema']['type']}\"'.", "invalid_json_schema")
    if value.get("strict") and (found := problem(value["schema"])):
        raise invalid(
            f"{path}.schema", f"Invalid schema for response_format '{value['name']}': {found}", "invalid_json_schema"
        )


TEXT = fields(
    {
        "format": nullable(
            tagged(
                {
                    "text": fields({"type": anything}),
                    "json_object": fields({"type": anything}),
                    "json_schema": _json_schema,
                }
            )
        ),
        "verbosity": nullable(choice("low", "medium", "high")),
    }
)
_SUMMARY = nullable(choice("auto", "concise", "detailed"))
REASONING = fields(
    {
        "effort": nullable(choice("none", "minimal", "low", "medium", "high", "xhigh", "max")),
        "summary": _SUMMARY,
        "generate_summary": _SUMMARY,
        "context": nullable(choice("auto", "current_turn", "all_turns")),
        "mode": nullable(string()),
    }
)
_READ: dict[str, Shape] = {
    "model": string(least=1),
    "input": nullable(INPUT),
    "instructions": nullable(string()),
    "previous_response_id": nullable(prefixed("resp")),
    "conversation": nullable(CONVERSATION),
    "parallel_tool_calls": nullable(boolean),
    "reasoning": nullable(REASONING),
    "text": nullable(TEXT),
    "tool_choice": nullable(TOOL_CHOICE),
    "tools": nullable(TOOLS),
    "truncation": nullable(choice("auto", "disabled")),
}
_CACHE: dict[str, Shape] = {
    "prompt_cache_key": nullable(string()),
    "prompt_cache_options": nullable(mapping),
    "prompt_cache_retention": nullable(choice("in_memory", "in-memory", "24h")),
    "service_tier": nullable(choice("auto", "default", "fast", "flex", "scale", "priority")),
    "image": nullable(mapping),
}
_CREATE: dict[str, Shape] = {
    **_READ,
    **_CACHE,
    "access_programs": anything,
    "background": nullable(boolean),
    "context_management": nullable(
        array(fields({"type": choice("compaction"), "compact_threshold": nullable(integer(1_000))}, "type"))
    ),
    "include": nullable(array(choice(*INCLUDABLE))),
    "max_output_tokens": nullable(integer(16)),
    "max_tool_calls": nullable(integer(1)),
    "metadata": nullable(metadata),
    "moderation": nullable(mapping),
    "prompt": nullable(
        fields({"id": string(least=1), "variables": nullable(mapping), "version": nullable(string())}, "id")
    ),
    "safety_identifier": nullable(string(most=64)),
    "store": nullable(boolean),
    "stream": nullable(boolean),
    "stream_options": nullable(fields({"include_obfuscation": boolean})),
    "temperature": nullable(decimal(0, 2)),
    "top_logprobs": nullable(integer(0, 20)),
    "top_p": nullable(decimal(0, 1)),
    "user": nullable(string()),
}
_create = fields(_CREATE)


def create(value: Any, path: str = "") -> None:
    """The body of `POST /responses`; parameters of older APIs are told where they have moved."""
    for name in value:
        if name in MOVED:
            text = (
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{MOVED[name]}'. "
            )
            text += "Try again with the new parameter. See the API documentation for more information: "
            text += "https://platform.openai.com/docs/api-reference/responses/create."
            raise WireError(400, text, param=name, code="unsupported_parameter")
    _create(value, path)


count_tokens = fields({**_READ, "personality": anything})
compact = fields(
    {**{key: _READ[key] for key in ("model", "input", "instructions", "previous_response_id")}, **_CACHE}, "model"
)
ITEMS = array(item, least=1, most=ITEMS_AT_ONCE)
create_conversation = fields({"items": nullable(array(item, most=ITEMS_AT_ONCE)), "metadata": nullable(metadata)})
update_conversation = fields({"metadata": nullable(metadata)}, "metadata")
create_items = fields({"items": ITEMS}, "items")
