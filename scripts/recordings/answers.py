"""What the model said in a recording, in the sandbox's neutral words, so that a script can say it again.

Text, refusals, function calls, searches and interpreter calls become neutral parts, which the sandbox renders by its
own code. An item that the neutral words do not cover (reasoning, web search, a text with links) is passed as it is.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    Document,
    FunctionCall,
    InterpreterCall,
    Item,
    Refusal,
    SearchCall,
    SearchResult,
    Text,
    Usage,
)
from recordings.reading import Interaction, json_of
from recordings.streams import Event, events, is_stream

Part: TypeAlias = SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item
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
    return finished(parts, body, usage_of(body.get("usage"), "input_tokens", "output_tokens"))


def finished(parts: Sequence[Part], body: dict[str, Any], usage: Usage) -> Answer:
    """The answer of these parts, ended as the body of a response or a run says."""
    failure = body.get("error") or body.get("last_error")
    if body.get("status") == "failed" and isinstance(failure, dict):
        return Answer(tuple(parts), usage, "error", (str(failure.get("code")), str(failure.get("message"))))
    reason = str((body.get("incomplete_details") or {}).get("reason", ""))
    if body.get("status") == "incomplete":
        return Answer(tuple(parts), usage, "content_filter" if reason == "content_filter" else "length")
    return Answer(tuple(parts), usage)


def usage_of(shown: Any, given: str, made: str) -> Usage:
    """The tokens of a body, whose keys for what was read and written these are."""
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
        results = tuple(search_result(row) for row in item.get("results") or ())
        yield SearchCall(tuple(map(str, item.get("queries") or ())), results)
    elif kind == "code_interpreter_call":
        yield interpreter_call(item.get("code"), item.get("outputs"))
    elif kind == "message" and isinstance(content, list) and len(content) == 1 and _is_neutral(item, content[0]):
        yield _message_part(content[0], cuts.get(str(item.get("id")), ()))
    else:
        yield Item(item)


def interpreter_call(code: Any, outputs: Any) -> InterpreterCall:
    """A call of the interpreter on either wire."""
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
    citations = tuple(
        Citation(int(row.get("index") or 0), document_of(row), "") for row in part.get("annotations") or ()
    )
    return Text(text, citations, deltas if "".join(deltas) == text else (text,))


def search_result(row: dict[str, Any]) -> SearchResult:
    """A result of a search on either wire."""
    text = str(row.get("text") or "".join(str(part.get("text", "")) for part in row.get("content") or ()))
    return SearchResult(document_of(row), float(row.get("score") or 0.0), text)


def document_of(row: dict[str, Any]) -> Document:
    """The document that a result or a citation names."""
    file_id = str(row.get("file_id", ""))
    return Document(file_id, str(row.get("filename") or row.get("file_name") or ""), "", file_id)
