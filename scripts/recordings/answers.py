"""What the model said in a recording, in the sandbox's neutral words, so that a script can say it again.

Text, refusals, function calls, searches and interpreter calls become neutral parts, which the sandbox renders by its
own code. An item that the neutral words do not cover (reasoning, web search, a text with links) is passed as it is.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    Document,
    FilePath,
    FunctionCall,
    InterpreterCall,
    Item,
    OutputFile,
    Refusal,
    SearchCall,
    SearchResult,
    Text,
    Usage,
)
from recordings.reading import Interaction, json_of
from recordings.streams import Event, events, is_stream

Part: TypeAlias = SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item
NOT_RECORDED = "(not recorded)"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""Stands for any image that the interpreter drew."""
NEUTRAL_ANNOTATIONS = {"file_citation"}


def bodies(interaction: Interaction) -> list[Any]:
    """The JSON values of an answer: one, or the data of each event."""
    if is_stream(interaction.answer_headers, interaction.answer):
        return [event.data for event in events(interaction.answer)]
    return [json_of(interaction.answer)]


def response_body(interaction: Interaction) -> dict[str, Any] | None:
    """The response object as it stood at the end of the exchange."""
    shown: dict[str, Any] | None = None
    for body in bodies(interaction):
        if isinstance(body, dict):
            inner = body.get("response", body)
            if isinstance(inner, dict) and isinstance(inner.get("output"), list):
                shown = inner
    return shown


def response_answer(body: dict[str, Any], stream: Sequence[Event] = ()) -> Answer:
    """The answer that a response shows, its texts cut as they streamed."""
    cuts = _cuts(stream)
    parts = [part for item in body["output"] if isinstance(item, dict) for part in _item_parts(item, cuts)]
    return _finished(parts, body, _usage(body.get("usage"), "input_tokens", "output_tokens"))


def _finished(parts: Sequence[Part], body: dict[str, Any], usage: Usage) -> Answer:
    failure = body.get("error") or body.get("last_error")
    if body.get("status") == "failed" and isinstance(failure, dict):
        return Answer(tuple(parts), usage, "error", (str(failure.get("code")), str(failure.get("message"))))
    reason = str((body.get("incomplete_details") or {}).get("reason", ""))
    if body.get("status") == "incomplete":
        return Answer(tuple(parts), usage, "content_filter" if reason == "content_filter" else "length")
    return Answer(tuple(parts), usage)


def _usage(shown: Any, given: str, made: str) -> Usage:
    counts = shown if isinstance(shown, dict) else {}
    return Usage(int(counts.get(given) or 0), int(counts.get(made) or 0))


def _cuts(stream: Sequence[Event]) -> dict[str, tuple[str, ...]]:
    """The deltas of each item's text."""
    cuts: dict[str, list[str]] = {}
    for event in stream:
        if event.name == "response.output_text.delta" and isinstance(event.data, dict):
            cuts.setdefault(str(event.data.get("item_id")), []).append(str(event.data.get("delta", "")))
    return {item: tuple(deltas) for item, deltas in cuts.items()}


def _item_parts(item: dict[str, Any], cuts: dict[str, tuple[str, ...]]) -> Iterator[Part]:
    kind, content = item.get("type"), item.get("content")
    if kind == "function_call":
        yield FunctionCall(str(item.get("call_id")), str(item.get("name")), str(item.get("arguments")))
    elif kind == "file_search_call":
        results = tuple(_search_result(row) for row in item.get("results") or ())
        yield SearchCall(tuple(map(str, item.get("queries") or ())), results)
    elif kind == "code_interpreter_call":
        yield _interpreter_call(item.get("code"), item.get("outputs"))
    elif kind == "message" and isinstance(content, list) and len(content) == 1 and _is_neutral(item, content[0]):
        yield _message_part(content[0], cuts.get(str(item.get("id")), ()))
    else:
        yield Item(item)


def _interpreter_call(code: Any, outputs: Any) -> InterpreterCall:
    rows = outputs or ()
    logs = "".join(str(row.get("logs", "")) for row in rows)
    drew = any(row.get("type") == "image" for row in rows)
    return InterpreterCall(str(code or ""), logs, PNG if drew else None)


def _is_neutral(item: dict[str, Any], part: dict[str, Any]) -> bool:
    annotations = {row.get("type") for row in part.get("annotations") or ()}
    plain = not part.get("logprobs") and item.get("phase") in {None, "final_answer"}
    return plain and annotations <= NEUTRAL_ANNOTATIONS


def _message_part(part: dict[str, Any], deltas: tuple[str, ...]) -> Part:
    if part.get("type") == "refusal":
        return Refusal(str(part.get("refusal")))
    text = str(part.get("text", ""))
    citations = tuple(Citation(int(row.get("index") or 0), _document(row), "") for row in part.get("annotations") or ())
    return Text(text, citations, deltas if "".join(deltas) == text else (text,))


def _search_result(row: dict[str, Any]) -> SearchResult:
    text = str(row.get("text") or "".join(str(part.get("text", "")) for part in row.get("content") or ()))
    return SearchResult(_document(row), float(row.get("score") or 0.0), text)


def _document(row: dict[str, Any]) -> Document:
    file_id = str(row.get("file_id", ""))
    return Document(file_id, str(row.get("filename") or row.get("file_name") or ""), "", file_id)


def run_answers(run_id: str, later: Sequence[Interaction]) -> list[Answer]:
    """The model's steps in one run, as the exchanges from its start on show them; empty when they show none."""
    shown = [body for interaction in later for body in _flat(bodies(interaction), interaction.parts.query)]
    run = _last(shown, lambda body: body.get("id") == run_id and body.get("object") == "thread.run")
    steps = [body for body in shown if body.get("run_id") == run_id and body.get("object") == "thread.run.step"]
    messages = {
        body["id"]: body
        for body in shown
        if body.get("run_id") == run_id and body.get("object") == "thread.message" and body.get("role") == "assistant"
    }
    parts = _with_outputs(list(_run_parts(steps, messages, _message_cuts(later))), list(messages.values()))
    if not any(isinstance(part, FunctionCall) for part in parts):
        parts = [*_required_calls(shown, run_id), *parts]
    usage = _usage((run or {}).get("usage"), "prompt_tokens", "completion_tokens")
    return _steps_of(parts, run or {}, usage)


def _flat(values: list[Any], query: str) -> Iterator[dict[str, Any]]:
    """The objects of an answer, the rows of a list in the order of their making."""
    for value in values:
        if isinstance(value, dict):
            yield value
            rows = value.get("data")
            if isinstance(rows, list):
                yield from _flat(rows if "order=asc" in query else rows[::-1], query)


def _last(shown: Sequence[dict[str, Any]], wanted: Any) -> dict[str, Any] | None:
    return next((body for body in reversed(shown) if wanted(body)), None)


def _run_parts(
    steps: Sequence[dict[str, Any]], messages: dict[str, dict[str, Any]], cuts: dict[str, tuple[str, ...]]
) -> Iterator[Part]:
    latest = {step["id"]: step for step in steps}
    told: set[str] = set()
    for step in sorted(latest.values(), key=lambda row: row.get("created_at") or 0):
        details = step.get("step_details") or {}
        for call in details.get("tool_calls") or ():
            yield from _call_parts(call)
        message_id = str((details.get("message_creation") or {}).get("message_id", ""))
        if message_id in messages:
            told.add(message_id)
            yield from _old_parts(messages[message_id], cuts)
        elif message_id:
            yield Text(NOT_RECORDED, (), (NOT_RECORDED,))
    for message_id in sorted(messages.keys() - told, key=lambda key: messages[key].get("created_at") or 0):
        yield from _old_parts(messages[message_id], cuts)


def _call_parts(call: dict[str, Any]) -> Iterator[Part]:
    kind, details = call.get("type"), call.get(str(call.get("type"))) or {}
    if kind == "function":
        yield FunctionCall(str(call.get("id")), str(details.get("name")), str(details.get("arguments")))
    elif kind == "code_interpreter":
        yield _interpreter_call(details.get("input"), details.get("outputs"))
    elif kind == "file_search":
        yield SearchCall((), tuple(_search_result(row) for row in details.get("results") or ()))


def _old_parts(message: dict[str, Any], cuts: dict[str, tuple[str, ...]]) -> Iterator[Part]:
    for part in message.get("content") or ():
        if part.get("type") == "text":
            yield _old_text(part["text"], cuts.get(message["id"], ()))
        elif part.get("type") == "refusal":
            yield Refusal(str(part.get("refusal")))


def _old_text(shown: dict[str, Any], deltas: tuple[str, ...]) -> Text:
    """A text of the old wire without the markers of its citations."""
    text = str(shown.get("value", ""))
    citations: list[Citation] = []
    paths: list[FilePath] = []
    spans = sorted(shown.get("annotations") or (), key=lambda row: int(row.get("start_index") or 0))
    cut = 0
    for row in spans:
        start, end = int(row.get("start_index") or 0) - cut, int(row.get("end_index") or 0) - cut
        if row.get("type") == "file_citation":
            citations.append(Citation(start, _document(row.get("file_citation") or {}), ""))
            text, cut = text[:start] + text[end:], cut + end - start
        elif row.get("type") == "file_path":
            paths.append(FilePath(start, end, _filename(row)))
    return Text(text, tuple(citations), deltas if "".join(deltas) == text else (text,), tuple(paths))


def _filename(annotation: dict[str, Any]) -> str:
    return str(annotation.get("text", "")).rsplit("/", 1)[-1]


def _with_outputs(parts: Sequence[Part], messages: Sequence[dict[str, Any]]) -> list[Part]:
    """The parts, the interpreter having made the images and files that messages show."""
    shown = [part for message in messages for part in message.get("content") or ()]
    names = {
        _filename(row)
        for part in shown
        for row in (part.get("text") or {}).get("annotations") or ()
        if part.get("type") == "text" and row.get("type") == "file_path"
    }
    drew = any(part.get("type") == "image_file" for part in shown)
    if not names and not drew:
        return list(parts)
    first = next((part for part in parts if isinstance(part, InterpreterCall)), None)
    made = tuple(OutputFile(name, b"a,b\n1,2\n") for name in sorted(names))
    if first is None:
        return [InterpreterCall("", "", PNG if drew else None, made), *parts]
    whole = replace(first, image=PNG if drew else first.image, files=made)
    return [whole if part is first else part for part in parts]


def _message_cuts(later: Sequence[Interaction]) -> dict[str, tuple[str, ...]]:
    cuts: dict[str, list[str]] = {}
    for body in itertools.chain.from_iterable(bodies(interaction) for interaction in later):
        if isinstance(body, dict) and body.get("object") == "thread.message.delta":
            for part in (body.get("delta") or {}).get("content") or ():
                cuts.setdefault(body["id"], []).append(str((part.get("text") or {}).get("value") or ""))
    return {message: tuple(delta for delta in deltas if delta) for message, deltas in cuts.items()}


def _required_calls(shown: Sequence[dict[str, Any]], run_id: str) -> Iterator[FunctionCall]:
    told: set[str] = set()
    for body in shown:
        action = (body.get("required_action") or {}) if body.get("id") == run_id else {}
        for call in (action.get("submit_tool_outputs") or {}).get("tool_calls") or ():
            if call["id"] not in told:
                told.add(call["id"])
                yield FunctionCall(call["id"], str(call["function"]["name"]), str(call["function"]["arguments"]))


def _steps_of(parts: Sequence[Part], run: dict[str, Any], usage: Usage) -> list[Answer]:
    """The parts cut into the model's steps: calls of functions that stand together end one."""
    answers: list[Answer] = []
    pending: list[Part] = []
    for part, following in itertools.zip_longest(parts, parts[1:]):
        pending.append(part)
        if isinstance(part, FunctionCall) and not isinstance(following, FunctionCall):
            answers.append(Answer(tuple(pending), usage))
            pending = []
    if pending or run.get("status") in {"failed", "incomplete"}:
        answers.append(_finished(pending, run, usage))
    return answers
