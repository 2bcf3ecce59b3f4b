"""Items as they are kept and shown: the full form with an id, and what an answer leaves out unless it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from assist2resp.sandbox.app import World
from assist2resp.sandbox.item_shapes import kind_of_item
from assist2resp.sandbox.wire import Json, WireError

PREFIXES = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fco_",
    "reasoning": "rs_",
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
    "web_search_call": "ws_",
    "compaction": "cmp_",
    "image_generation_call": "ig_",
    "mcp_call": "mcp_",
    "mcp_list_tools": "mcpl_",
    "mcp_approval_request": "mcpr_",
    "custom_tool_call": "ctc_",
    "custom_tool_call_output": "ctco_",
    "tool_search_call": "tsc_",
    "tool_search_output": "tso_",
}
ID_LENGTH = 50


def new_id(world: World, kind: str) -> str:
    """A new id for an item of this kind."""
    return world.ids.new(PREFIXES.get(kind, "item_"), ID_LENGTH)


def input_items(given: str | list[Json] | None) -> list[Json]:
    """The items of an input, which may be a plain text."""
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return given or []


def kept(world: World, given: Mapping[str, Any], *, keep_id: bool) -> Json:
    """An item of a request in full; its own id is used only where `keep_id` says so."""
    kind = kind_of_item(given)
    item_id = str(given["id"]) if keep_id and given.get("id") else new_id(world, kind)
    match kind:
        case "message":
            return _message(item_id, given)
        case "function_call":
            return _call(item_id, given, "arguments", "call_id", "name", "namespace")
        case "function_call_output":
            return _call(item_id, given, "call_id", "output")
    return {**copy.deepcopy(dict(given)), "id": item_id, "type": kind}


def _message(item_id: str, given: Mapping[str, Any]) -> Json:
    role, content = given["role"], given["content"]
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    item = {
        "id": item_id,
        "type": "message",
        "status": given.get("status") or "completed",
        "content": [_part(part) for part in content],
        "role": role,
    }
    return {**item, "phase": given["phase"]} if given.get("phase") else item


def _part(given: Json) -> Json:
    part = {key: value for key, value in given.items() if key != "prompt_cache_breakpoint"}
    match part["type"]:
        case "output_text":
            return {"annotations": [], **part, "logprobs": part.get("logprobs") or []}
        case "input_image":
            return {"detail": "auto", "file_id": None, "image_url": None, **_present(part)}
        case "input_file":
            return _present(part)
    return part


def _call(item_id: str, given: Mapping[str, Any], *keys: str) -> Json:
    status = given.get("status") or "completed"
    return {"id": item_id, "type": given["type"], "status": status, **_present({key: given.get(key) for key in keys})}


def _present(values: Mapping[str, Any]) -> Json:
    return {key: copy.deepcopy(value) for key, value in values.items() if value is not None}


def shown(item: Json, include: Collection[str]) -> Json:
    """An item as an answer shows it: results, outputs, image addresses and encrypted reasoning only if included."""
    match item["type"]:
        case "file_search_call" if "file_search_call.results" not in include:
            return {**item, "results": None}
        case "code_interpreter_call" if "code_interpreter_call.outputs" not in include:
            return {**item, "outputs": None}
        case "reasoning" if "reasoning.encrypted_content" not in include:
            return {
                key: value for key, value in item.items() if key != "encrypted_content" and (key != "content" or value)
            }
        case "message" if "message.input_image.image_url" not in include:
            return {**item, "content": [_without_address(part) for part in item["content"]]}
    return item


def _without_address(part: Json) -> Json:
    return {**part, "image_url": None} if part["type"] == "input_image" else part


def check_unique(items: Iterable[Json]) -> None:
    """Refuse a history that has the same item twice."""
    seen: set[str] = set()
    for item in items:
        if item["id"] in seen:
            text = f"Duplicate item found with id {item['id']}. Remove duplicate items from your input and try again."
            raise WireError(400, text, param="input")
        seen.add(item["id"])


def check_calls(items: Iterable[Json]) -> None:
    """Refuse a history in which a call of a function waits for its output, or an output has no call before it."""
    waiting: dict[str, str] = {}
    called: set[str] = set()
    for item in items:
        kind, call_id = item["type"], item.get("call_id")
        if kind in ("function_call", "custom_tool_call"):
            waiting[str(call_id)] = "function call" if kind == "function_call" else "custom tool call"
            called.add(str(call_id))
        elif kind in ("function_call_output", "custom_tool_call_output"):
            if call_id not in called:
                name = "function call" if kind == "function_call_output" else "custom tool call"
                text = f"No tool call found for {name} output with call_id {call_id}."
                raise WireError(400, text, param="input")
            waiting.pop(str(call_id), None)
    for call_id, name in waiting.items():
        raise WireError(400, f"No tool output found for {name} {call_id}.", param="input")
