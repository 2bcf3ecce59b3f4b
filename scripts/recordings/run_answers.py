"""What the model said in a recorded run of the old wire, step by step, in the sandbox's neutral words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    FilePath,
    FunctionCall,
    InterpreterCall,
    OutputFile,
    Refusal,
    SearchCall,
    Text,
    Usage,
)
from recordings.answers import PNG, Part, bodies, document_of, finished, interpreter_call, search_result, usage_of
from recordings.reading import Interaction

NOT_RECORDED = "(not recorded)"


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
    usage = usage_of((run or {}).get("usage"), "prompt_tokens", "completion_tokens")
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
        yield interpreter_call(details.get("input"), details.get("outputs"))
    elif kind == "file_search":
        yield SearchCall((), tuple(search_result(row) for row in details.get("results") or ()))


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
            citations.append(Citation(start, document_of(row.get("file_citation") or {}), ""))
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
        answers.append(finished(pending, run, usage))
    return answers
