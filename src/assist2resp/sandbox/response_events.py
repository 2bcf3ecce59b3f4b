"""The events in which output items stream, in the order and with the keys of recorded streams."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from assist2resp.sandbox import items
from assist2resp.sandbox.digest import number_of
from assist2resp.sandbox.response_render import Rendered
from assist2resp.sandbox.wire import Json

Events = Iterator[Json]


def item_events(rendered: Rendered, output_index: int, include: Collection[str]) -> Events:
    """Everything that streams for one output item, but for the sequence numbers."""
    item = items.shown(rendered.item, include)
    place = {"item_id": item["id"], "output_index": output_index}
    yield {"type": "response.output_item.added", "item": _begun(item), "output_index": output_index}
    inner = _INNER.get(item["type"])
    if inner is not None:
        yield from inner(item, rendered.deltas, place)
    yield {"type": "response.output_item.done", "item": item, "output_index": output_index}


def _begun(item: Json) -> Json:
    """The item as it is when it has just been added."""
    match item["type"]:
        case "message":
            return {**item, "status": "in_progress", "content": []}
        case "function_call":
            return {**item, "status": "in_progress", "arguments": ""}
        case "file_search_call":
            return {**item, "status": "in_progress", "queries": [], "results": None}
        case "code_interpreter_call":
            return {**item, "status": "in_progress", "code": "", "outputs": None}
        case "reasoning":
            return {**item, "summary": []}
        case "tool_search_call":
            return {**item, "status": "in_progress", "arguments": {}}
        case "custom_tool_call":
            return {**item, "status": "in_progress", "input": ""}
        case "mcp_call":
            return {**item, "status": "in_progress", "arguments": "", "output": None}
        case "mcp_list_tools":
            return {**item, "tools": []}
        case "image_generation_call":
            return {**item, "status": "in_progress", "result": None}
        case "web_search_call":
            return {"id": item["id"], "type": item["type"], "status": "in_progress"}
    return {**item, "status": "in_progress"} if "status" in item else item


def _message(item: Json, deltas: tuple[str, ...], place: Json) -> Events:
    for index, part in enumerate(item["content"]):
        at = {"content_index": index, **place}
        empty = {**part, "refusal": ""} if part["type"] == "refusal" else {**part, "annotations": [], "text": ""}
        yield {"type": "response.content_part.added", **at, "part": empty}
        yield from _refusal(part, deltas, at) if part["type"] == "refusal" else _text(part, deltas, at)
        yield {"type": "response.content_part.done", **at, "part": part}


def _text(part: Json, deltas: tuple[str, ...], at: Json) -> Events:
    """The text in pieces, each annotation as soon as the text has come to its place."""
    waiting = list(enumerate(part["annotations"]))
    length = 0
    for delta in deltas:
        yield _delta("response.output_text.delta", delta, {**at, "logprobs": []})
        length += len(delta)
        while waiting and _place(waiting[0][1]) <= length:
            yield _annotation(*waiting.pop(0), at)
    for number, annotation in waiting:
        yield _annotation(number, annotation, at)
    yield {"type": "response.output_text.done", **at, "logprobs": [], "text": part["text"]}


def _place(annotation: Json) -> int:
    return int(annotation["index"] if "index" in annotation else annotation.get("end_index") or 0)


def _annotation(number: int, annotation: Json, at: Json) -> Json:
    kind = "response.output_text.annotation.added"
    return {"type": kind, **at, "annotation_index": number, "annotation": annotation}


def _delta(kind: str, delta: str, at: Json) -> Json:
    """A piece of text, padded by letters to a multiple of sixteen so that its length tells little."""
    missing = 16 - len(delta) % 16
    letters = f"{number_of(delta, str(at['item_id'])):016x}"
    return {"type": kind, **at, "delta": delta, "obfuscation": letters[:missing]}


def _refusal(part: Json, deltas: tuple[str, ...], at: Json) -> Events:
    for delta in deltas:
        yield _delta("response.refusal.delta", delta, at)
    yield {"type": "response.refusal.done", **at, "refusal": part["refusal"]}


def _function(item: Json, deltas: tuple[str, ...], place: Json) -> Events:
    for delta in deltas:
        yield _delta("response.function_call_arguments.delta", delta, place)
    yield {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}


def _search(_item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    for state in ("in_progress", "searching", "completed"):
        yield {"type": f"response.file_search_call.{state}", **place}


def _web_search(_item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    for state in ("in_progress", "searching", "completed"):
        yield {"type": f"response.web_search_call.{state}", **place}


def _image(_item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    for state in ("in_progress", "generating", "completed"):
        yield {"type": f"response.image_generation_call.{state}", **place}


def _mcp_list(_item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    for state in ("in_progress", "completed"):
        yield {"type": f"response.mcp_list_tools.{state}", **place}


def _mcp_call(item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    yield {"type": "response.mcp_call.in_progress", **place}
    if item["arguments"]:
        yield _delta("response.mcp_call_arguments.delta", item["arguments"], place)
    yield {"type": "response.mcp_call_arguments.done", **place, "arguments": item["arguments"]}
    yield {"type": f"response.mcp_call.{'failed' if item.get('error') else 'completed'}", **place}


def _custom(item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    if item["input"]:
        yield _delta("response.custom_tool_call_input.delta", item["input"], place)
    yield {"type": "response.custom_tool_call_input.done", **place, "input": item["input"]}


def _interpreter(item: Json, deltas: tuple[str, ...], place: Json) -> Events:
    yield {"type": "response.code_interpreter_call.in_progress", **place}
    for delta in deltas:
        yield _delta("response.code_interpreter_call_code.delta", delta, place)
    yield {"type": "response.code_interpreter_call_code.done", **place, "code": item["code"]}
    for state in ("interpreting", "completed"):
        yield {"type": f"response.code_interpreter_call.{state}", **place}


def _reasoning(item: Json, _deltas: tuple[str, ...], place: Json) -> Events:
    for index, part in enumerate(item["summary"]):
        at = {**place, "summary_index": index}
        empty = {"type": "summary_text", "text": ""}
        yield {"type": "response.reasoning_summary_part.added", **at, "part": empty}
        yield {"type": "response.reasoning_summary_text.delta", **at, "delta": part["text"]}
        yield {"type": "response.reasoning_summary_text.done", **at, "text": part["text"]}
        yield {"type": "response.reasoning_summary_part.done", **at, "part": part}


_INNER: dict[str, Callable[[Json, tuple[str, ...], Json], Events]] = {
    "message": _message,
    "function_call": _function,
    "file_search_call": _search,
    "web_search_call": _web_search,
    "code_interpreter_call": _interpreter,
    "custom_tool_call": _custom,
    "image_generation_call": _image,
    "mcp_call": _mcp_call,
    "mcp_list_tools": _mcp_list,
    "reasoning": _reasoning,
}
