"""A thread with its messages, runs and steps as the items of a conversation, each with its origin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from assist2resp.mapping.content import content_of
from assist2resp.mapping.ledger import REPLACED, Ledger, said_by, whole
from assist2resp.mapping.tools import Json
from assist2resp.schema.archive import ConversationItem, ConversationRecord, LeftOut, Losses, Origin, RunNote

_ORIGIN = "in the item's origin; items have no place for it"
_HOSTED = {
    "file_search": "its queries were never shown; the results are in source/steps.jsonl",
    "code_interpreter": "its container is gone; code and outputs are in source/steps.jsonl",
}
_ROLES = ("user", "assistant")
_UNANSWERED = "it was never answered, and an unanswered call makes every later request fail"

Entry = ConversationItem | LeftOut


@dataclass(frozen=True)
class Thread:
    """Everything that was fetched of one thread; messages, runs and steps in the order of their making."""

    id: str
    thread: Mapping[str, Any] | None = None
    messages: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Mapping[str, Any]] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    filenames: Mapping[str, str] = field(default_factory=dict)


def conversation_of(old: Thread) -> ConversationRecord:
    """The conversation that a thread becomes."""
    thread = whole(old.thread or {})
    old = replace(old, thread=thread, runs=whole(list(old.runs)), steps=whole(list(old.steps)))
    ledger = Ledger(thread)
    ledger.keep("metadata")
    ledger.change("in the record; a conversation has an id and a date of its own", "id", "object", "created_at")
    ledger.change("in the record; to be given with the tools of every request", "tool_resources")
    entries = list(_entries(old))
    return ConversationRecord(
        thread_id=old.id,
        created_at=thread.get("created_at"),
        metadata=_mapping(thread.get("metadata")),
        tool_resources=_mapping(thread.get("tool_resources")),
        items=tuple(entry for entry in entries if isinstance(entry, ConversationItem)),
        left_out=tuple(entry for entry in entries if isinstance(entry, LeftOut)),
        runs=tuple(_run_note(run) for run in old.runs),
        losses=ledger.close(),
    )


def message_entry(message: Mapping[str, Any], filenames: Mapping[str, str]) -> Entry:
    """A message as an item; one that says nothing is left out, since the API refuses it."""
    given, message = message, whole(message)
    said = message.get("role")
    role = "assistant" if message.get("role") == "assistant" else "user"
    content = content_of(message.get("content"), role, filenames)
    if given is not message:
        content.changed["content.surrogates"] = REPLACED
    origin = Origin(
        kind="message",
        id=str(message.get("id")),
        status=message.get("status"),
        metadata=_mapping(message.get("metadata")),
        attachments=tuple(_sequence(message.get("attachments"))),
        annotations=tuple(content.annotations),
        images=tuple(content.images),
        run_id=_text(message.get("run_id")),
        assistant_id=_text(message.get("assistant_id")),
        **{name: message.get(name) for name in _TIMES},
    )
    if isinstance(said, str) and said not in _ROLES:
        return LeftOut(origin=origin, reason=f"threads had no messages of role {said}; it is in source/messages.jsonl")
    if not content.parts:
        return LeftOut(origin=origin, reason="it says nothing, and the API refuses empty messages")
    item = {"type": "message", "role": role, "content": content.parts}
    losses = _message_losses(
        said_by(message), message.get("role") == role, tuple(content.changed.items()), tuple(content.lost.items())
    )
    return ConversationItem(item=item, origin=origin, losses=losses)


@lru_cache(maxsize=4096)
def _message_losses(
    said: tuple[str, ...], keeps_role: bool, changed: tuple[tuple[str, str], ...], lost: tuple[tuple[str, str], ...]
) -> Losses:
    """The account of a message; most messages share one."""
    ledger = Ledger(dict.fromkeys(said, True))
    ledger.keep("status")
    if keeps_role:
        ledger.keep("role")
    else:
        ledger.change("user", "role")
    ledger.change("parts of the new kinds", "content")
    ledger.change(_ORIGIN, *_MESSAGE_ORIGIN, "id", "object", "thread_id", "metadata", "attachments")
    for name, how in changed:
        ledger.change(how, name)
    for name, why in lost:
        ledger.lose(why, name)
    return ledger.close()


_TIMES = ("created_at", "completed_at", "incomplete_at", "incomplete_details")
_MESSAGE_ORIGIN = (*_TIMES, "run_id", "assistant_id")


def step_entries(step: Mapping[str, Any]) -> Iterator[Entry]:
    """The tool calls of a step: functions as calls and then their outputs, hosted tools left out with the reason."""
    calls = [call for call in _sequence(_mapping(step.get("step_details")).get("tool_calls")) if isinstance(call, dict)]
    functions = [call for call in calls if call.get("type") == "function"]
    answered = all(isinstance(_mapping(call.get("function")).get("output"), str) for call in functions)
    if functions and answered:
        yield from (_call_item(step, call) for call in functions)
        yield from (_output_item(step, call) for call in functions)
    for call in calls:
        if call.get("type") != "function" or not answered:
            kind = call.get("type")
            reason = _UNANSWERED if kind == "function" else _HOSTED.get(str(kind), f"an unknown tool: {kind}")
            yield LeftOut(origin=_call_origin(step, call), reason=reason, tool_call=call)


def _call_origin(step: Mapping[str, Any], call: Mapping[str, Any]) -> Origin:
    return Origin(
        kind="tool_call",
        id=str(call.get("id")),
        created_at=step.get("created_at"),
        completed_at=step.get("completed_at"),
        status=step.get("status"),
        step_id=_text(step.get("id")),
        run_id=_text(step.get("run_id")),
        assistant_id=_text(step.get("assistant_id")),
        metadata=_mapping(step.get("metadata")),
    )


def _call_item(step: Mapping[str, Any], call: Mapping[str, Any]) -> ConversationItem:
    function = _mapping(call.get("function"))
    arguments = function.get("arguments")
    item = {
        "type": "function_call",
        "call_id": str(call.get("id")),
        "name": str(function.get("name")),
        "arguments": arguments if isinstance(arguments, str) else "{}",
    }
    return ConversationItem(item=item, origin=_call_origin(step, call))


def _output_item(step: Mapping[str, Any], call: Mapping[str, Any]) -> ConversationItem:
    output = _mapping(call.get("function")).get("output")
    item = {"type": "function_call_output", "call_id": str(call.get("id")), "output": output}
    return ConversationItem(item=item, origin=_call_origin(step, call))


def _entries(old: Thread) -> Iterator[Entry]:
    """Everything in order: a step's calls stand before the message that its run made next, or after its run's last."""
    before, after, orphans = _placed_steps(old)
    waiting = sorted(orphans.items(), key=lambda entry: entry[0])
    for place, message in enumerate(old.messages):
        while waiting and waiting[0][0] <= place:
            yield from _calls(waiting.pop(0)[1])
        yield from _calls(before.get(str(message.get("id")), []))
        yield message_entry(message, old.filenames)
        yield from _calls(after.get(str(message.get("id")), []))
    for _, steps in waiting:
        yield from _calls(steps)


def _calls(steps: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    for step in steps:
        yield from step_entries(step)


_Steps = list[Mapping[str, Any]]


def _placed_steps(old: Thread) -> tuple[dict[str, _Steps], dict[str, _Steps], dict[int, _Steps]]:
    """Steps with calls: those before a message by its id, those after one, and those of runs without any by place."""
    known = {str(message.get("id")) for message in old.messages}
    of_run: dict[str, _Steps] = defaultdict(list)
    for step in old.steps:
        of_run[str(step.get("run_id"))].append(step)
    before: dict[str, _Steps] = defaultdict(list)
    after: dict[str, _Steps] = defaultdict(list)
    orphans: dict[int, _Steps] = defaultdict(list)
    for steps in of_run.values():
        pending: _Steps = []
        last = ""
        for step in steps:
            made = _mapping(_mapping(step.get("step_details")).get("message_creation")).get("message_id")
            if made in known:
                last = str(made)
                before[last] += pending
                pending = []
            else:
                pending.append(step)
        if pending and last:
            after[last] += pending
        elif pending:
            orphans[_place_of(pending[0], old.messages)] += pending
    return before, after, orphans


def _place_of(step: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> int:
    """Before the first message that its run made, or else the first that is younger than the step."""
    for place, message in enumerate(messages):
        if message.get("run_id") is not None and message.get("run_id") == step.get("run_id"):
            return place
    made = step.get("created_at")
    for place, message in enumerate(messages):
        if _is_later(message.get("created_at"), made):
            return place
    return len(messages)


def _is_later(one: Any, other: Any) -> bool:
    """Whether one time is after another; servers give seconds, milliseconds or ISO texts, each its own."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one > other
    return isinstance(one, str) and isinstance(other, str) and one > other


def _run_note(run: Mapping[str, Any]) -> RunNote:
    texts = {name: _text(run.get(name)) for name in ("assistant_id", "status", "model")}
    others = {name: run.get(name) for name in ("created_at", "completed_at", "usage", "last_error")}
    return RunNote(id=str(run.get("id")), **texts, **others)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
