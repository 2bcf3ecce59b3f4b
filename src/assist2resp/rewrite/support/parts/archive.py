"""Threads of an archive, loaded into conversations at their first use.

ASSISTANTS_ARCHIVE names the folder that `assist2resp export` made. Whoever comes first claims a thread in the id map;
the others wait. A claim whose holder died is taken over, with the conversation that it had begun. The thread is in the
id map once its conversation is whole.
"""

from __future__ import annotations

import inspect
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import openai

from assist2resp.rewrite.support.parts.entry import _own_client
from assist2resp.rewrite.support.parts.state import _beside, _database, _mapped, _state
from assist2resp.rewrite.support.parts.wire import Json, _answers, _finished, _Refusal, _Work

_STALE_AFTER = 120
"""Seconds without progress after which a holder counts as dead; longer than one request of `_bare` may take."""
_LOAD_SECONDS = 90
_LOAD_PAUSE = 0.25
_TRIES = 4


@_answers("BEFORE /threads/{}")
def _with_thread(call: Any, handler: Callable[..., Any], *groups: str) -> _Work:
    """Answer a request about a thread once that is loaded."""
    yield from _loaded(call, groups[0])
    answer = handler(call, *groups)
    return (yield from answer) if inspect.isgenerator(answer) else answer


def _load_now(thread_id: str) -> None:
    """Load a thread where no client is at hand: with one that the environment configures."""
    folder = os.environ.get("ASSISTANTS_ARCHIVE")
    if folder and not thread_id.startswith("conv_") and not _mapped(thread_id):
        with _own_client() as client:
            _finished(_loaded(SimpleNamespace(client=client, sleep=time.sleep), thread_id))


def _loaded(call: Any, thread_id: str) -> _Work:
    """Load a thread, unless it is loaded already, or wait until another process has done it."""
    folder = os.environ.get("ASSISTANTS_ARCHIVE")
    if not folder or thread_id.startswith("conv_") or _mapped(thread_id):
        return
    record = _archived(Path(folder), thread_id)
    if record is None:
        return
    claim = _Claim(thread_id)
    until = time.monotonic() + _LOAD_SECONDS
    while not _mapped(thread_id):
        if claim.take():
            try:
                yield from _filled(call, claim, record)
            finally:
                claim.leave()
        elif time.monotonic() > until:
            raise _Refusal(409, f"{thread_id} is being loaded from the archive; try again.")
        else:
            yield call.sleep(_LOAD_PAUSE)


class _Claim:
    """The right to load a thread, kept in the id map: `conversation` is what this or an earlier holder began."""

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        self.conversation = ""
        self._holder = secrets.token_hex(8)

    def take(self) -> bool:
        """Claim the thread if nobody living holds it and it is not loaded."""
        values = (self.thread_id, self._holder, time.time(), self.thread_id, time.time() - _STALE_AFTER)
        with _id_map() as database:
            database.execute("CREATE TABLE IF NOT EXISTS ids (old TEXT PRIMARY KEY, new TEXT)")
            database.execute(
                "CREATE TABLE IF NOT EXISTS claims (old TEXT PRIMARY KEY, new TEXT, holder TEXT, at DOUBLE PRECISION)"
            )
            database.execute(
                "INSERT INTO claims SELECT ?, '', ?, ? WHERE NOT EXISTS (SELECT 1 FROM ids WHERE old = ?)"
                " ON CONFLICT (old) DO UPDATE SET holder = excluded.holder, at = excluded.at WHERE claims.at < ?",
                values,
            )
            row = database.execute("SELECT new, holder FROM claims WHERE old = ?", (self.thread_id,)).fetchone()
        if row is None or row[1] != self._holder:
            return False
        self.conversation = row[0]
        return True

    def keep(self) -> None:
        """Show that this holder lives, and what it began; a Refusal if another one has taken over."""
        if not self._change("UPDATE claims SET new = ?, at = ?", self.conversation, time.time()):
            raise _Refusal(409, f"{self.thread_id} is being loaded from the archive by another process; try again.")

    def leave(self) -> None:
        """Let the next holder go on at once."""
        self._change("UPDATE claims SET at = ?", 0)

    def publish(self, ids: list[tuple[str, str]]) -> None:
        """Enter the loaded thread into the id map, and end the claim."""
        with _id_map() as database:
            database.executemany("INSERT OR REPLACE INTO ids VALUES (?, ?)", ids)
            database.execute("DELETE FROM claims WHERE old = ?", (self.thread_id,))

    def _change(self, statement: str, *values: Any) -> bool:
        with _id_map() as database:
            where = " WHERE old = ? AND holder = ?"
            changed = database.execute(statement + where, (*values, self.thread_id, self._holder)).rowcount
        return bool(changed)


def _id_map() -> Any:
    return _database(_beside("ASSISTANTS_ID_MAP", "id_map.sqlite"), "ASSISTANTS_ID_MAP")


def _filled(call: Any, claim: _Claim, record: Json) -> _Work:
    """Bring the items that are missing into the thread's conversation, and then enter it into the id map.

    What the conversation has is counted, and never assumed: an answer that was lost is no item that was lost.
    """
    client = call.client.with_options(max_retries=0, timeout=60)
    if not claim.conversation:
        made = yield client.conversations.create(metadata=_metadata(record))
        claim.conversation = made.id
    items = [entry["item"] for entry in record["items"]]
    tries = _TRIES
    while True:
        claim.keep()
        there = yield from _item_ids(call, claim.conversation)
        chunk = items[len(there) : len(there) + 20]
        if not chunk:
            break
        try:
            yield client.conversations.items.create(claim.conversation, items=chunk)
        except (openai.BadRequestError, openai.NotFoundError):
            if chunk == [_without_images(item) for item in chunk]:
                raise
            items = [_without_images(item) for item in items]
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError):
            tries -= 1
            if not tries:
                raise
            yield call.sleep(_LOAD_PAUSE)
    placed = [(entry["origin"], new) for new, entry in zip(there, record["items"])]  # noqa: B905 - Python 3.9
    said = [(origin, new) for origin, new in placed if origin["kind"] == "message"]
    _state.put_all("message", claim.conversation, [_kept_message(new, origin) for origin, new in said])
    thread = {"tool_resources": record["tool_resources"], "created_at": _seconds(record["created_at"])}
    _state.put("thread", claim.conversation, claim.conversation, thread)
    claim.publish([*((origin["id"], new) for origin, new in said), (claim.thread_id, claim.conversation)])


def _metadata(record: Json) -> dict[str, str]:
    """The thread's own, with its id where sixteen pairs leave room."""
    own = {"assist2resp_thread": record["thread_id"], "assist2resp_created_at": str(_seconds(record["created_at"]))}
    given = {name: str(value) for name, value in record["metadata"].items()}
    return dict([*given.items(), *own.items()][:16])


def _item_ids(call: Any, conversation: str) -> _Work:
    """The ids of all items, oldest first."""
    found: list[str] = []
    while True:
        after = {"after": found[-1]} if found else {}
        page = yield call.client.conversations.items.list(conversation, order="asc", limit=100, **after)
        found += [item.id for item in page.data]
        if not page.has_more or not page.data:
            return found


def _without_images(item: Json) -> Json:
    """The item with a placeholder for each image, whose file or address may be gone."""
    if item["type"] != "message":
        return item
    parts = [
        {"type": "input_text", "text": f"[image {part.get('file_id') or part.get('image_url')}]"}
        if part["type"] == "input_image"
        else part
        for part in item["content"]
    ]
    return {**item, "content": parts}


def _kept_message(item_id: str, origin: Json) -> Json:
    """What the state keeps of a message that a conversation cannot hold."""
    ended = origin["completed_at"] or origin["incomplete_at"]
    same = {name: origin[name] for name in ("run_id", "assistant_id", "metadata", "attachments")}
    return {"id": item_id, "created_at": _seconds(origin["created_at"]), "ended_at": ended, **same}


def _seconds(moment: Any) -> int:
    return int(moment) if isinstance(moment, (int, float)) else 0


def _archived(folder: Path, thread_id: str) -> Json | None:
    """The record of a thread, found by halving, since an archive keeps its threads in the order of their ids."""
    for path in sorted((folder / "conversations").glob("part-*.jsonl")):
        with path.open("rb") as file:
            record = _record_in(file, thread_id, path.stat().st_size)
        if record is not None:
            return record
    return None


def _record_in(file: BinaryIO, thread_id: str, high: int) -> Json | None:
    """The line of a thread among those that begin from `low`, where a line begins, to `high`."""
    low = 0
    while low < high:
        middle = (low + high) // 2
        file.seek(max(low, middle - 1))
        if middle > low:
            file.readline()
        start = file.tell()
        if start >= high:
            high = middle
            continue
        record: Json = json.loads(file.readline())
        if record["thread_id"] == thread_id:
            return record
        if record["thread_id"] < thread_id:
            low = file.tell()
        else:
            high = middle
    return None
