"""What a conversation cannot hold of a thread, as the support module of a rewritten program keeps it.

`assist2resp.rewrite.support.parts.state` says what the rows are: kept(kind, id, parent, body).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from assist2resp.load.reading import Record, seconds_of

_ENDED = frozenset({"completed", "failed", "cancelled", "incomplete", "expired"})


class Kept(NamedTuple):
    """A row of the support module's state."""

    kind: str
    id: str
    parent: str
    body: str


def kept_of(
    record: Record, conversation: str, placed: Sequence[tuple[Record, str]], new_ids: Mapping[str, str]
) -> Iterator[Kept]:
    """The rows of a thread; `placed` says where each item comes from and which id it has now."""
    for origin, item_id in placed:
        if origin["kind"] == "message":
            yield _row("message", item_id, conversation, _message(origin, item_id, new_ids))
    for run in record["runs"]:
        yield _row(
            "run", run["id"], conversation, {"conversation": conversation, "shown": _run(run, record), "id": run["id"]}
        )
    resources = with_new_ids(record["tool_resources"], new_ids)
    created = seconds_of(record["created_at"])
    yield _row("thread", conversation, conversation, {"tool_resources": resources, "created_at": created})


def _row(kind: str, row_id: str, conversation: str, body: Mapping[str, Any]) -> Kept:
    return Kept(kind, row_id, conversation, orjson.dumps(body).decode())


def _message(origin: Record, item_id: str, new_ids: Mapping[str, str]) -> dict[str, Any]:
    ended = seconds_of(origin["completed_at"] or origin["incomplete_at"])
    details = origin["incomplete_details"] if isinstance(origin["incomplete_details"], dict) else {}
    return {
        "id": item_id,
        "created_at": seconds_of(origin["created_at"]) or 0,
        "ended_at": ended,
        "run_id": origin["run_id"],
        "assistant_id": origin["assistant_id"],
        "metadata": origin["metadata"],
        "attachments": with_new_ids(origin["attachments"], new_ids),
        **({"reason": details["reason"]} if details.get("reason") else {}),
    }


def _run(run: Record, record: Record) -> dict[str, Any]:
    """An ended run as the old API showed it; one that had not ended when it was exported has expired since."""
    status = run["status"] if run["status"] in _ENDED else "expired"
    created, completed = seconds_of(run["created_at"]) or 0, seconds_of(run["completed_at"])
    never = ("required_action", "incomplete_details", "expires_at", "cancelled_at", "failed_at", "instructions")
    limits = ("max_completion_tokens", "max_prompt_tokens", "temperature", "top_p")
    return {
        **dict.fromkeys((*never, *limits)),
        "id": run["id"],
        "object": "thread.run",
        "thread_id": record["thread_id"],
        "assistant_id": run["assistant_id"] or "",
        "status": status,
        "model": run["model"] or "",
        "created_at": created,
        "started_at": created,
        "completed_at": completed,
        "usage": run["usage"],
        "last_error": run["last_error"],
        "instructions": "",
        "tools": [],
        "metadata": {},
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "response_format": "auto",
        "truncation_strategy": {"type": "auto", "last_messages": None},
    }


def with_new_ids(value: Any, new_ids: Mapping[str, str]) -> Any:
    """A value whose ids of files and vector stores lead to what took their place."""
    if not new_ids:
        return value
    if isinstance(value, str):
        return new_ids.get(value, value)
    if isinstance(value, list):
        return [with_new_ids(entry, new_ids) for entry in value]
    if isinstance(value, dict):
        return {name: with_new_ids(entry, new_ids) for name, entry in value.items()}
    return value
