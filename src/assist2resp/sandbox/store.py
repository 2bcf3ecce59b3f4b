"""What the sandbox holds: ordered tables of objects, in memory, written through to SQLite when a path is given."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assist2resp.errors import InputFileError

STATE_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, parent TEXT, body TEXT, private TEXT, UNIQUE (kind, id)
);
CREATE TABLE IF NOT EXISTS contents (file_id TEXT PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS counters (prefix TEXT PRIMARY KEY, count INTEGER);
"""


@dataclass
class Record:
    """One object: `body` is what the wire shows, `private` what only the sandbox knows of it (both plain JSON)."""

    id: str
    body: dict[str, Any]
    parent: str = ""
    private: dict[str, Any] = field(default_factory=dict)
    order: int = 0
    """The object's place in the making of all objects of the store, whatever their table."""


class Table:
    """The objects of one kind in the order of their making, also by parent (a thread's messages)."""

    def __init__(self, name: str, orders: Iterator[int], database: sqlite3.Connection | None = None) -> None:
        self._name = name
        self._orders = orders
        self._database = database
        self._rows: dict[str, Record] = {}
        self._children: dict[str, dict[str, Record]] = {}
        if database is not None:
            query = "SELECT id, body, parent, private, seq FROM objects WHERE kind = ? ORDER BY seq"
            for object_id, body, parent, private, order in database.execute(query, (name,)):
                self._keep(Record(object_id, json.loads(body), parent, json.loads(private), order))

    def add(self, record: Record) -> Record:
        """Add a new object."""
        record.order = next(self._orders)
        self._keep(record)
        self.save(record)
        return record

    def _keep(self, record: Record) -> None:
        self._rows[record.id] = record
        self._children.setdefault(record.parent, {})[record.id] = record

    def get(self, object_id: str) -> Record | None:
        """The object with this id."""
        return self._rows.get(object_id)

    def save(self, record: Record) -> None:
        """Keep a changed object (a no-op in memory, a write with SQLite; never one that was deleted meanwhile)."""
        if self._database is None or record.id not in self._rows:
            return
        self._database.execute(
            "INSERT INTO objects (kind, id, parent, body, private, seq) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, private = excluded.private",
            (self._name, record.id, record.parent, json.dumps(record.body), json.dumps(record.private), record.order),
        )

    def delete(self, object_id: str) -> None:
        """Remove the object."""
        record = self._rows.pop(object_id, None)
        if record is None:
            return
        self._children[record.parent].pop(object_id)
        if not self._children[record.parent]:
            del self._children[record.parent]
        if self._database is not None:
            self._database.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (self._name, object_id))

    def of(self, parent: str) -> list[Record]:
        """The objects of one parent, oldest first."""
        return list(self._children.get(parent, {}).values())

    def all(self) -> list[Record]:
        """Every object, oldest first."""
        return list(self._rows.values())


class Counters(dict[str, int]):
    """The counters of `wire.Ids`, each change passed on to `write`."""

    def __init__(self, kept: dict[str, int], write: Callable[[str, int], None]) -> None:
        super().__init__(kept)
        self._write = write

    def __setitem__(self, prefix: str, count: int) -> None:
        super().__setitem__(prefix, count)
        self._write(prefix, count)


class Store:
    """The tables by name, the counters of ids, and the bytes of files."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the state in `path`, or begin it there; without a path nothing is kept."""
        self._database = _open(path) if path is not None else None
        self._tables: dict[str, Table] = {}
        self._contents: dict[str, bytes] = {}
        kept, last = _resume(self._database) if self._database is not None else ({}, 0)
        self._orders = itertools.count(last + 1)
        self.counters = Counters(kept, self._write_counter)

    def table(self, name: str) -> Table:
        """The table of this name: assistants, threads, messages, runs, steps, responses, conversations, items, files…"""
        if name not in self._tables:
            self._tables[name] = Table(name, self._orders, self._database)
        return self._tables[name]

    def write_bytes(self, file_id: str, data: bytes) -> None:
        """Keep the content of a file."""
        if self._database is None:
            self._contents[file_id] = data
        else:
            self._database.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (file_id, data))

    def read_bytes(self, file_id: str) -> bytes:
        """The content of a file; KeyError if none was written."""
        if self._database is None:
            return self._contents[file_id]
        row = self._database.execute("SELECT data FROM contents WHERE file_id = ?", (file_id,)).fetchone()
        if row is None:
            raise KeyError(file_id)
        return bytes(row[0])

    def delete_bytes(self, file_id: str) -> None:
        """Forget the content of a file."""
        self._contents.pop(file_id, None)
        if self._database is not None:
            self._database.execute("DELETE FROM contents WHERE file_id = ?", (file_id,))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep on disk what the block writes only if it ends well."""
        if self._database is None:
            yield
            return
        self._database.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _write_counter(self, prefix: str, count: int) -> None:
        if self._database is not None:
            self._database.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (prefix, count))

    def close(self) -> None:
        """Close the database, if there is one."""
        if self._database is not None:
            self._database.close()


def _resume(database: sqlite3.Connection) -> tuple[dict[str, int], int]:
    """The kept counters, and the highest order that was given out."""
    counters = dict(database.execute("SELECT prefix, count FROM counters").fetchall())
    return counters, database.execute("SELECT coalesce(max(seq), 0) FROM objects").fetchone()[0]


def _open(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    except sqlite3.Error as error:
        raise InputFileError(path, f"cannot be opened as the sandbox's state ({error}).") from error
    try:
        _prepare(path, database)
    except sqlite3.Error as error:
        database.close()
        hint = "Another sandbox is using it." if "locked" in str(error) else "Name another --state file."
        raise InputFileError(path, f"cannot be used as the sandbox's state ({error}).", hint=hint) from error
    except InputFileError:
        database.close()
        raise
    return database


def _prepare(path: Path, database: sqlite3.Connection) -> None:
    """Take the file for this process alone, and make or check its tables."""
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if version != STATE_VERSION and (version or tables):
        raise InputFileError(path, "is a database, but not a state of this sandbox.", hint="Name another --state file.")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(SCHEMA)
    database.execute(f"PRAGMA user_version = {STATE_VERSION}")
