"""The journal of a load, in an SQLite file within the archive: what was begun, before it is; what was made, once it is.

It is on the disk before the request that it tells of is sent. A conversation is made empty, and its id is in the journal
before any item is sent to it: so no item can be in a conversation that the journal does not know. The file is locked as
long as it is open. One target, and one part of a shared load, has one journal.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import orjson

from assist2resp.errors import InputFileError, UsageError
from assist2resp.load.batches import Batches
from assist2resp.load.reading import Shard
from assist2resp.locked import open_locked

_SCHEMA = """
CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, state INTEGER, conversation TEXT, digest TEXT, ids TEXT, note TEXT, lost INTEGER DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_state ON threads (state);
CREATE TABLE IF NOT EXISTS objects (kind TEXT, old TEXT, state INTEGER, new TEXT, PRIMARY KEY (kind, old)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_PAGE = 500


class State(IntEnum):
    """How far a thread or an object is."""

    BEGUN = 0
    """Its creation was about to be asked for."""
    MADE = 1
    """It has a new id; of a thread, items may be missing."""
    DONE = 2
    ELSEWHERE = 3
    """It was there already, not made by this load."""
    REMOVED = 4
    FAILED = 5
    """It could not be made; the next run tries again."""


@dataclass(frozen=True)
class Entry:
    """What the journal has of a thread."""

    thread_id: str
    state: State
    conversation: str = ""
    digest: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    """Old and new ids of its items, in their order."""
    note: str = ""
    is_kept: bool = False
    """Whether the journal has it already."""
    is_published: bool = False
    """Whether the id map has it already, so that programs may have gone on in the conversation."""
    lost: int = 0
    """How many creations had no answer; each may have left an empty conversation of which nobody knows the id."""


class Made(NamedTuple):
    """A file or vector store that was made, or found alive."""

    kind: str
    old: str
    state: State
    new: str = ""


def _prefix_of(target: str) -> str:
    """How the names begin of the journals of loads to one server."""
    return f"load.{hashlib.sha256(target.encode()).hexdigest()[:8]}"


def _path_of(folder: Path, target: str, shard: Shard) -> Path:
    return folder / f"{_prefix_of(target)}.{shard.number}-of-{shard.of}.sqlite"


@contextmanager
def loaded_before(folder: Path, target: str, shard: Shard) -> Iterator[Callable[[str], bool]]:
    """Asks, without a change, whether a thread is loaded; nothing is known of a load that is running now."""
    database = _read_only(_path_of(folder, target, shard))
    if database is None:
        yield lambda _name: False
        return
    query = f"SELECT 1 FROM threads WHERE id = ? AND state IN ({State.DONE:d}, {State.ELSEWHERE:d})"  # noqa: S608 - numbers
    with closing(database):
        yield lambda name: bool(database.execute(query, (name,)).fetchall())


class Journal:
    """The open journal of one load."""

    def __init__(self, folder: Path, target: str, shard: Shard) -> None:
        self.path = _path_of(folder, target, shard)
        paths = folder.glob(f"{_prefix_of(target)}.*-of-*.sqlite")
        others = [path for path in paths if f"-of-{shard.of}." not in path.name and not _is_rolled_back(path)]
        if others:
            parts = others[0].name.split("-of-")[1].removesuffix(".sqlite")
            raise UsageError(
                f"{folder} was begun to be loaded in {parts} parts; go on with --shard K/{parts}, or roll that back first."
                if parts != "1"
                else f"{folder} was begun to be loaded as a whole; go on without --shard, or roll that back first."
            )
        self._database = _opened(self.path)
        self._turn = Lock()
        self._batches: Batches[tuple[str, tuple[object, ...]]] = Batches(self._commit)
        self._set_fact("target", target)

    def entry(self, thread_id: str) -> Entry | None:
        """What is known of a thread."""
        rows = self._rows(f"{_SELECT} WHERE id = ?", thread_id)
        return _entry(rows[0]) if rows else None

    def entries(self, *states: State) -> Iterator[Entry]:
        """The threads in these states, by their ids; the journal may be written to meanwhile."""
        last = ""
        marks = ", ".join("?" * len(states))
        while True:
            query = f"{_SELECT} WHERE state IN ({marks}) AND id > ? ORDER BY id LIMIT {_PAGE}"
            rows = self._rows(query, *states, last)
            if not rows:
                return
            yield from map(_entry, rows)
            last = rows[-1][0]

    async def keep(self, entry: Entry) -> None:
        """Have what is known of a thread on the disk."""
        row = (
            entry.thread_id,
            int(entry.state),
            entry.conversation,
            entry.digest,
            orjson.dumps(entry.ids).decode(),
            entry.note,
            entry.lost,
        )
        await self._batches.keep(("INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?, ?, ?, ?)", row))

    def made(self, kind: str, old: str) -> Made | None:
        """What is known of a file or vector store."""
        query = "SELECT kind, old, state, new FROM objects WHERE kind = ? AND old = ?"
        return next(
            (Made(kind, old, State(state), new) for kind, old, state, new in self._rows(query, kind, old)), None
        )

    def all_made(self) -> list[Made]:
        """Every file and vector store, stores first."""
        rows = self._rows("SELECT kind, old, state, new FROM objects ORDER BY kind DESC, old")
        return [Made(kind, old, State(state), new) for kind, old, state, new in rows]

    async def keep_made(self, made: Made) -> None:
        """Have what is known of a file or vector store on the disk."""
        await self._batches.keep(("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", tuple(made)))

    def lost(self) -> int:
        """How many creations of conversations had no answer."""
        query = "SELECT coalesce(sum(state = ?), 0) + coalesce(sum(lost), 0) FROM threads"
        return int(self._rows(query, int(State.BEGUN))[0][0])

    def fact(self, name: str) -> str | None:
        """A single value."""
        rows = self._rows("SELECT value FROM facts WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def set_fact(self, name: str, value: str) -> None:
        """Keep a single value."""
        self._set_fact(name, value)

    async def close(self) -> None:
        """Let go of the file."""
        await self._batches.settle()
        with self._turn:
            self._database.execute("COMMIT")
            self._database.close()

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives; never while a thread commits, for which the connection has no patience."""
        with self._turn:
            return self._database.execute(query, values).fetchall()

    def _set_fact(self, name: str, value: str) -> None:
        self._commit([("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))])

    def _commit(self, changes: Iterable[tuple[str, tuple[object, ...]]]) -> None:
        with self._turn:
            for statement, row in changes:
                self._database.execute(statement, row)
            self._database.execute("COMMIT")
            self._database.execute("BEGIN IMMEDIATE")


_SELECT = "SELECT id, state, conversation, digest, ids, note, lost FROM threads"


def _entry(row: tuple[str, int, str, str, str, str, int]) -> Entry:
    ids = tuple((old, new) for old, new in orjson.loads(row[4]))
    return Entry(row[0], State(row[1]), row[2], row[3], ids, row[5], is_kept=True, lost=row[6])


def _is_rolled_back(path: Path) -> bool:
    """Whether nothing is left of what a journal tells of; one that another process holds tells of something."""
    database = _read_only(path)
    if database is None:
        return False
    with closing(database):
        query = "SELECT state FROM threads UNION SELECT state FROM objects"
        return all(state == State.REMOVED for (state,) in database.execute(query))


def _read_only(path: Path) -> sqlite3.Connection | None:
    """A journal to be read; None where there is none, or another process holds it."""
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
    except sqlite3.Error:
        return None
    try:
        database.execute("SELECT 1 FROM threads, objects LIMIT 1")
    except sqlite3.Error:
        database.close()
        return None
    return database


def _opened(path: Path) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as error:
        hint = "The journal of a load lies in the archive; copy the archive to where it can be written."
        raise InputFileError(path, f"cannot be written: {error.strerror}.", hint=hint) from error
    return open_locked(
        path,
        _SCHEMA,
        busy=lambda: UsageError(f"{path.parent} is being loaded by another process; wait for it to end."),
        broken=lambda why: InputFileError(path, f"is no journal of a load: {why}."),
    )
