"""What the tools and the tool choice of a response must look like.

Evidence: `openai.types.responses.ToolParam`, and the error texts in public reports of the API's answers.
"""

from __future__ import annotations

from typing import Any

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
    nullable,
    string,
    tagged,
)
from assist2resp.sandbox.strict_schema import problem
from assist2resp.sandbox.wire import Json, WireError

FILE_ID = string(least=1)
RANKING = fields(
    {
        "ranker": choice("auto", "default-2024-11-15"),
        "score_threshold": decimal(0, 1),
        "hybrid_search": nullable(
            fields({"embedding_weight": decimal(), "text_weight": decimal()}, "embedding_weight", "text_weight")
        ),
    }
)
NETWORK = tagged(
    {
        "disabled": fields({"type": anything}),
        "allowlist": fields(
            {"type": anything, "allowed_domains": array(string()), "domain_secrets": anything}, "allowed_domains"
        ),
    }
)
MEMORY = choice("1g", "4g", "16g", "64g")


def _comparison(*kinds: str) -> dict[str, Shape]:
    shape = fields({"type": anything, "key": string(), "value": anything}, "key", "value")
    return dict.fromkeys(kinds, shape)


def _filters(value: Any, path: str) -> None:
    """A comparison of an attribute, or several joined by `and` or `or`."""
    joined = fields({"type": anything, "filters": array(_filters)}, "filters")
    tagged({**_comparison("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"), "and": joined, "or": joined})(value, path)


def _function(value: Any, path: str) -> None:
    fields(
        {
            "type": anything,
            "name": string(least=1, most=128, pattern="[a-zA-Z0-9_-]+"),
            "description": nullable(string()),
            "parameters": nullable(mapping),
            "strict": nullable(boolean),
            "output_schema": nullable(mapping),
            "defer_loading": anything,
            "allowed_callers": anything,
        },
        "name",
    )(value, path)
    parameters = value.get("parameters")
    if parameters is not None and parameters.get("type", "object") != "object":
        text = f"Invalid schema for function '{value['name']}': schema must be a JSON Schema of 'type: \"object\"', "
        raise invalid(
            f"{path}.parameters", f"{text}got 'type: \"{parameters['type']}\"'.", "invalid_function_parameters"
        )
    if value.get("strict") and (found := problem(parameters or {})):
        text = f"Invalid schema for function '{value['name']}': {found}"
        raise invalid(f"{path}.parameters", text, "invalid_function_parameters")


CONTAINER = either(
    "one of a container id or an object",
    (str, string(least=1)),
    (
        dict,
        tagged(
            {
                "auto": fields(
                    {
                        "type": anything,
                        "file_ids": nullable(array(FILE_ID, most=50)),
                        "memory_limit": nullable(MEMORY),
                        "network_policy": nullable(NETWORK),
                        "skills": anything,
                    }
                )
            }
        ),
    ),
)
_TOOLS: dict[str, Shape] = {
    "function": _function,
    "file_search": fields(
        {
            "type": anything,
            "vector_store_ids": array(string(least=1), least=1),
            "max_num_results": nullable(integer(1, 50)),
            "ranking_options": nullable(RANKING),
            "filters": nullable(_filters),
        },
        "vector_store_ids",
    ),
    "code_interpreter": fields({"type": anything, "container": CONTAINER, "allowed_callers": anything}, "container"),
    "mcp": mapping,
    "custom": mapping,
}
_INERT = (
    "apply_patch",
    "computer",
    "computer_use_preview",
    "image_generation",
    "local_shell",
    "namespace",
    "programmatic_tool_calling",
    "shell",
    "tool_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
)
"""Tools that are accepted and shown, but never used by the model of the sandbox."""
TOOLS = array(tagged({**_TOOLS, **dict.fromkeys(_INERT, mapping)}), most=128)

_HOSTED = ("file_search", "code_interpreter", *_INERT)
_CHOICES: dict[str, Shape] = {
    "function": fields({"type": anything, "name": string(least=1)}, "name"),
    "custom": fields({"type": anything, "name": string(least=1)}, "name"),
    "mcp": fields({"type": anything, "server_label": string(), "name": nullable(string())}, "server_label"),
    "allowed_tools": fields(
        {"type": anything, "mode": choice("auto", "required"), "tools": array(mapping, least=1)}, "mode", "tools"
    ),
    **dict.fromkeys(_HOSTED, fields({"type": anything})),
}
TOOL_CHOICE = either(
    "one of a tool choice option or an object",
    (str, choice("none", "auto", "required")),
    (dict, tagged(_CHOICES)),
)


def check_choice(choice_made: str | Json | None, tools: list[Json]) -> None:
    """Refuse a choice of a tool that the request does not have."""
    if choice_made is None or choice_made in ("auto", "none"):
        return
    if isinstance(choice_made, str):
        if not tools:
            raise WireError(
                400, "Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice"
            )
        return
    wanted = choice_made["tools"] if choice_made["type"] == "allowed_tools" else [choice_made]
    for one in wanted:
        if not any(_is_meant(one, tool) for tool in tools):
            text = f"Tool choice '{one.get('name') or one.get('type')}' not found in 'tools' parameter."
            raise WireError(400, text, param="tool_choice")


def _is_meant(wanted: Json, tool: Json) -> bool:
    return tool["type"] == wanted.get("type") and all(
        tool.get(key) == wanted[key] for key in ("name", "server_label") if wanted.get(key) and key in tool
    )
