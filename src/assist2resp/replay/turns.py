"""The turns of a conversation: what a user said, everything before it, and what the old API answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from assist2resp.schema.archive import ConversationItem, ConversationRecord, RunNote
from assist2resp.schema.comparison import Answer, Citation, ToolCall, Usage

Json = dict[str, Any]

_LONGEST_RUN = 86_400
"""Seconds; the old API ended runs after ten minutes, so that more shows times in another unit."""
_LENGTHS = ((0, "first turn"), (10, "up to 10 items"), (50, "up to 50 items"))


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn that can be asked again."""

    id: str
    thread: str
    input: tuple[Json, ...]
    """The turn itself, as items of the Responses API."""
    question: str
    old: Answer
    history: tuple[Json, ...] = ()
    """The items before it."""
    assistant: str | None = None
    run: str | None = None
    """The run that answered, by its id."""
    resources: Json = field(default_factory=dict)
    """The thread's own `tool_resources`."""
    arguments: Json = field(default_factory=dict)
    """Arguments of the request that the case itself gives."""
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A turn that is no case."""

    reason: str


def turns_of(record: ConversationRecord) -> Iterator[Turn | Unanswered]:
    """The turns of a thread in order; the user's messages in a row are one."""
    items = record.items
    runs = {run.id: run for run in record.runs}
    starts = [at for at in range(len(items)) if _is_users(items, at) and not _is_users(items, at - 1)]
    for number, (start, end) in enumerate(pairwise([*starts, len(items)]), start=1):
        reply = start + next((at for at in range(end - start) if not _is_users(items, start + at)), end - start)
        yield _turn(record, number, items[:start], items[start:reply], items[reply:end], runs)


def _is_users(items: Sequence[ConversationItem], at: int) -> bool:
    return at >= 0 and items[at].item.get("type") == "message" and items[at].item.get("role") != "assistant"


def _turn(
    record: ConversationRecord,
    number: int,
    before: Sequence[ConversationItem],
    asked: Sequence[ConversationItem],
    answered: Sequence[ConversationItem],
    runs: dict[str, RunNote],
) -> Turn | Unanswered:
    made_by = list(dict.fromkeys(item.origin.run_id for item in answered if item.origin.run_id))
    notes = [runs[name] for name in made_by if name in runs]
    if not any(item.item.get("type") == "message" for item in answered):
        failed = next((note.status for note in notes if note.status not in (None, "completed")), None)
        return Unanswered(f"its run ended as {failed}" if failed else "it has no recorded reply")
    kinds = {"function" for item in answered if item.item.get("type") == "function_call"}
    kinds |= _hosted(record, made_by)
    assistant = next((item.origin.assistant_id for item in reversed(answered) if item.origin.assistant_id), None)
    assistant = assistant or next((note.assistant_id for note in notes if note.assistant_id), None)
    return Turn(
        id=f"{record.thread_id}#{number}",
        thread=record.thread_id,
        input=tuple(item.item for item in asked),
        question="\n".join(_texts(asked)),
        old=_answer(answered, notes),
        history=tuple(item.item for item in before),
        assistant=assistant,
        run=made_by[-1] if made_by else None,
        resources=record.tool_resources,
        groups={
            "assistant": assistant or "unknown",
            "length": length_of(len(before)),
            "tools": "+".join(sorted(kinds)) or "none",
        },
    )


def length_of(items: int) -> str:
    """The group of a history of so many items."""
    return next((name for most, name in _LENGTHS if items <= most), "more than 50 items")


def _hosted(record: ConversationRecord, made_by: Sequence[str]) -> set[str]:
    return {
        str(left.tool_call.get("type"))
        for left in record.left_out
        if left.origin.run_id in made_by and isinstance(left.tool_call, dict) and left.tool_call.get("type")
    }


def _answer(answered: Sequence[ConversationItem], notes: Sequence[RunNote]) -> Answer:
    parts = [part for item in answered for part in _parts(item, "assistant")]
    refusals = [str(part.get("refusal")) for part in parts if part.get("type") == "refusal"]
    text, citations = joined(parts)
    return Answer(
        text=text,
        refusal="\n".join(refusals) or None,
        tool_calls=tuple(tool_calls([item.item for item in answered])),
        citations=citations,
        status=next((note.status for note in notes if note.status not in (None, "completed")), None) or "completed",
        model=notes[-1].model if notes else None,
        usage=_usage(notes),
        latency=_latency(notes),
    )


def joined(parts: Sequence[Json]) -> tuple[str, tuple[Citation, ...]]:
    """The texts of `output_text` parts as one, and their citations at the places that they have in it."""
    text, citations = "", []
    for part in parts:
        if part.get("type") != "output_text":
            continue
        text += "\n" if text else ""
        for note in part.get("annotations") or ():
            file = note.get("filename") or note.get("file_id") or note.get("url")
            index = note.get("index", note.get("start_index"))
            if file:
                place = len(text) + index if isinstance(index, int) else None
                citations.append(Citation(file=str(file), index=place))
        text += str(part.get("text") or "")
    return text, tuple(citations)


def tool_calls(items: Sequence[Json]) -> Iterator[ToolCall]:
    """The calls of functions among items, with their outputs."""
    outputs = {item.get("call_id"): item.get("output") for item in items if item.get("type") == "function_call_output"}
    for item in items:
        if item.get("type") == "function_call":
            output = outputs.get(item.get("call_id"))
            yield ToolCall(
                name=str(item.get("name")),
                arguments=str(item.get("arguments") or "{}"),
                output=output if isinstance(output, str) else None,
            )


def _parts(item: ConversationItem, role: str) -> list[Json]:
    if item.item.get("type") != "message" or item.item.get("role") != role:
        return []
    content = item.item.get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _texts(asked: Sequence[ConversationItem]) -> Iterator[str]:
    for item in asked:
        for part in _parts(item, str(item.item.get("role"))):
            if part.get("type") == "input_text":
                yield str(part.get("text"))


def _usage(notes: Sequence[RunNote]) -> Usage | None:
    """The tokens of all runs of the turn; None unless all of them say."""
    known = [note.usage for note in notes if isinstance(note.usage, dict)]
    numbers = [(usage.get("prompt_tokens"), usage.get("completion_tokens")) for usage in known]
    if not notes or len(known) < len(notes) or not all(isinstance(n, int) for pair in numbers for n in pair):
        return None
    return Usage(input=sum(pair[0] or 0 for pair in numbers), output=sum(pair[1] or 0 for pair in numbers))


def _latency(notes: Sequence[RunNote]) -> float | None:
    """The seconds from the making of the runs to their end; None unless all of them say."""
    spans = [
        note.completed_at - note.created_at
        for note in notes
        if isinstance(note.created_at, int | float) and isinstance(note.completed_at, int | float)
    ]
    if not spans or len(spans) < len(notes) or not all(0 <= span <= _LONGEST_RUN for span in spans):
        return None
    return float(sum(spans))
