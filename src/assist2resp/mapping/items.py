"""A thread with its messages, runs and steps as the items of a conversation, each with its origin.

All is made of plain values, since of messages there are millions; `schema.archive.ConversationRecord` says their shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from assist2resp.mapping.calls import left_out, list_or_empty, mapping_or_empty, step_entries, text_or_none
from assist2resp.mapping.content import content_of
from assist2resp.mapping.ledger import REPLACED, Ledger, said_by, whole
from assist2resp.mapping.tools import Json
from assist2resp.schema.archive import Losses

_ORIGIN = "in the item's origin; items have no place for it"
_ROLES = ("user", "assistant")


def _nameless(_file_id: str) -> str | None:
    return None


@dataclass(frozen=True)
class Thread:
    """Everything that was fetched of one thread; messages, runs and steps in the order of their making."""

    id: str
    thread: Mapping[str, Any] | None = None
    messages: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Mapping[str, Any]] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    filename: Callable[[str], str | None] = _nameless
    """The name of a file by its id."""
    is_whole: bool = False
    """Whether it is known that no text holds half of a surrogate pair; otherwise that is looked for, which takes long."""


def conversation_of(old: Thread) -> Json:
    """The `ConversationRecord` that a thread becomes, as it is written."""
    thread = old.thread or {}
    if not old.is_whole:
        thread = whole(thread)
        old = replace(old, runs=whole(list(old.runs)), steps=whole(list(old.steps)))
    entries = list(_entries(old)) if old.steps else [_message_entry(message, old) for message in old.messages]
    return {
        "thread_id": old.id,
        "created_at": thread.get("created_at"),
        "metadata": mapping_or_empty(thread.get("metadata")),
        "tool_resources": mapping_or_empty(thread.get("tool_resources")),
        "items": [entry for entry in entries if "item" in entry],
        "left_out": [entry for entry in entries if "item" not in entry],
        "runs": [_run_note(run) for run in old.runs],
        "losses": _thread_losses(said_by(thread)),
    }


@lru_cache(maxsize=4096)
def _thread_losses(said: tuple[str, ...]) -> Json:
    """The account of a thread; most threads share one."""
    ledger = Ledger(dict.fromkeys(said, True))
    ledger.keep("metadata")
    ledger.change("in the record; a conversation has an id and a date of its own", "id", "object", "created_at")
    ledger.change("in the record; to be given with the tools of every request", "tool_resources")
    return _plain(ledger.close())


def _message_entry(given: Mapping[str, Any], old: Thread) -> Json:
    """A message as an item; one that says nothing is left out, since the API refuses it."""
    message = given if old.is_whole else whole(given)
    get = message.get
    said = get("role")
    role = "assistant" if said == "assistant" else "user"
    content = content_of(get("content"), role, old.filename)
    if given is not message:
        content.changed["content.surrogates"] = REPLACED
    origin = {
        "kind": "message",
        "id": str(get("id")),
        "created_at": get("created_at"),
        "completed_at": get("completed_at"),
        "incomplete_at": get("incomplete_at"),
        "incomplete_details": get("incomplete_details"),
        "status": get("status"),
        "run_id": text_or_none(get("run_id")),
        "step_id": None,
        "assistant_id": text_or_none(get("assistant_id")),
        "metadata": mapping_or_empty(get("metadata")),
        "attachments": list_or_empty(get("attachments")),
        "annotations": content.annotations,
        "images": content.images,
    }
    if said != role and isinstance(said, str) and said not in _ROLES:
        return left_out(origin, f"threads had no messages of role {said}; it is in source/messages.jsonl")
    if not content.parts:
        return left_out(origin, "it says nothing, and the API refuses empty messages")
    item = {"type": "message", "role": role, "content": content.parts}
    changed = tuple(content.changed.items()) if content.changed else ()
    lost = tuple(content.lost.items()) if content.lost else ()
    return {"item": item, "origin": origin, "losses": _message_losses(said_by(message), said == role, changed, lost)}


def _plain(losses: Losses) -> Json:
    return losses.model_dump(mode="json")


@lru_cache(maxsize=4096)
def _message_losses(
    said: tuple[str, ...], keeps_role: bool, changed: tuple[tuple[str, str], ...], lost: tuple[tuple[str, str], ...]
) -> Json:
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
    return _plain(ledger.close())


_TIMES = ("created_at", "completed_at", "incomplete_at", "incomplete_details")
_MESSAGE_ORIGIN = (*_TIMES, "run_id", "assistant_id")


def _entries(old: Thread) -> Iterator[Json]:
    """Everything in order: a step's calls stand before the message that its run made next, or after its run's last."""
    before, after, orphans = _placed_steps(old)
    waiting = sorted(orphans.items(), key=lambda entry: entry[0])
    for place, message in enumerate(old.messages):
        while waiting and waiting[0][0] <= place:
            yield from _calls(waiting.pop(0)[1])
        yield from _calls(before.get(str(message.get("id")), []))
        yield _message_entry(message, old)
        yield from _calls(after.get(str(message.get("id")), []))
    for _, steps in waiting:
        yield from _calls(steps)


def _calls(steps: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
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
            made = mapping_or_empty(mapping_or_empty(step.get("step_details")).get("message_creation")).get(
                "message_id"
            )
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


def _run_note(run: Mapping[str, Any]) -> Json:
    texts = {name: text_or_none(run.get(name)) for name in ("assistant_id", "status", "model")}
    others = {name: run.get(name) for name in ("created_at", "completed_at", "usage", "last_error")}
    return {"id": str(run.get("id")), **texts, **others}
