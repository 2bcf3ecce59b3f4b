"""The checkpoint: what was fetched, what failed and what is still to do, in an SQLite file beside the archive.

What is committed is never fetched again. The file is locked as long as it is open, so that two processes never write
one archive.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from assist2resp.errors import InputFileError, UsageError
from assist2resp.export.folder import STATE, open_private
from assist2resp.export.source import Absence, Capture, Unit
from assist2resp.locked import open_locked
from assist2resp.schema.archive import FileBytes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS units (kind TEXT, id TEXT, state INTEGER, reason TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON units (state, kind, id);
CREATE TABLE IF NOT EXISTS objects (
    kind TEXT, owner TEXT, id TEXT, parent TEXT, stamp REAL, seq INTEGER, version INTEGER, raw TEXT,
    UNIQUE (owner, kind, id)
);
CREATE TABLE IF NOT EXISTS absences (kind TEXT, id TEXT, reason TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (id TEXT PRIMARY KEY, path TEXT, size INTEGER, sha256 TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sources (place TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_KEEP = """
INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner, kind, id) DO UPDATE SET
parent = excluded.parent, stamp = excluded.stamp, seq = excluded.seq, version = excluded.version, raw = excluded.raw
WHERE excluded.version >= version
"""
_WAITING, _DONE, _FAILED, _SKIPPED = 0, 1, 2, 3
_SINCE = "since"
_PAGE_SIZE = 16_384
"""Bytes: several messages a page, and a commit comes only now and then."""
_PAUSE = 0.25
"""Seconds between two commits."""


class Row(NamedTuple):
    """An object of the checkpoint."""

    owner: str
    kind: str
    id: str
    parent: str | None
    raw: str
    stamp: float = 0
    seq: int = 0


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The objects of one owner and kind in the order of their stamps, and then of their coming."""
    return sorted(rows, key=itemgetter(5, 6))


class Checkpoint:
    """The open checkpoint of one archive."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / STATE
        if not self.path.exists():
            open_private(self.path).close()
        self._database = _opened(self.path)
        self._committed = time.monotonic()
        self._seq: int = self._database.execute("SELECT coalesce(max(seq), 0) FROM objects").fetchone()[0]

    @property
    def is_new(self) -> bool:
        """Whether no export has begun with it."""
        return not self.places()

    def clear(self) -> None:
        """Forget everything."""
        for table in ("units", "objects", "absences", "contents", "sources"):
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are ours
        self.commit()

    def begin(self, place: str, wanted: str = "") -> None:
        """Note the source and what of it is wanted; what failed, or was skipped by another wish, is tried again."""
        self._database.execute("INSERT OR IGNORE INTO sources VALUES (?)", (place,))
        self._database.execute("UPDATE units SET state = ? WHERE state = ?", (_WAITING, _FAILED))
        skipped = "UPDATE units SET state = ? WHERE state = ? AND reason != ?"
        self._database.execute(skipped, (_WAITING, _SKIPPED, wanted))
        self._database.execute("DELETE FROM absences WHERE kind = ?", (_SINCE,))
        if wanted:
            self.keep_absence(Absence(_SINCE, "", wanted))
        self.commit()

    def commit(self) -> None:
        """Acknowledge what was kept."""
        self._database.execute("COMMIT")
        self._database.execute("BEGIN")
        self._committed = time.monotonic()

    def forget(self) -> None:
        """Take back what was kept since it was last acknowledged."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        self._database.execute("BEGIN")

    def add_source(self, place: str) -> None:
        """Note a source that the archive has had before."""
        self._database.execute("INSERT OR IGNORE INTO sources VALUES (?)", (place,))

    def add_unit(self, unit: Unit, *, done: bool = False) -> bool:
        """Note work; whether it was not known already."""
        state = _DONE if done else _WAITING
        added = self._database.execute("INSERT OR IGNORE INTO units VALUES (?, ?, ?, NULL)", (*unit, state))
        return added.rowcount > 0

    def waiting(self, after: Unit | None, most: int) -> list[Unit]:
        """The next units to be fetched, in order."""
        rows = self._database.execute(
            "SELECT kind, id FROM units WHERE state = ? AND (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?",
            (_WAITING, *(after or ("", "")), most),
        )
        return [Unit(*row) for row in rows]

    def keep(self, captures: Iterable[Capture]) -> None:
        """Keep objects."""
        rows = [
            (kind, owner, object_id, parent, stamp, seq, version, raw)
            for seq, (kind, object_id, owner, raw, parent, stamp, version) in enumerate(captures, start=self._seq + 1)
        ]
        self._seq += len(rows)
        self._database.executemany(_KEEP, rows)

    def keep_absence(self, absence: Absence) -> None:
        """Keep that something is not to be had."""
        row = (absence.kind, absence.id, absence.reason)
        self._database.execute("INSERT OR REPLACE INTO absences VALUES (?, ?, ?)", row)

    def keep_content(self, file_id: str, content: FileBytes) -> None:
        """Keep that the bytes of a file are in the archive."""
        row = (file_id, content.path, content.size, content.sha256)
        self._database.execute("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)", row)

    def finish(self, unit: Unit, failure: str | None = None) -> None:
        """A unit is done, or failed; what was kept of a failed thread or store goes, lest it pass for the whole."""
        state = _DONE if failure is None else _FAILED
        self._database.execute("INSERT OR REPLACE INTO units VALUES (?, ?, ?, ?)", (*unit, state, failure))
        if failure is not None and unit.id:
            self._database.execute("DELETE FROM objects WHERE owner = ? AND version = 0", (unit.id,))
        if time.monotonic() - self._committed > _PAUSE:
            self.commit()

    def skip(self, unit: Unit, wanted: str) -> None:
        """A unit is not wanted; nothing is kept of it."""
        self._database.execute("INSERT OR REPLACE INTO units VALUES (?, ?, ?, ?)", (*unit, _SKIPPED, wanted))

    def rows(self) -> Iterator[Row]:
        """All objects, by owner and kind; within a kind as its index has them, so that nothing must be sorted here."""
        query = "SELECT owner, kind, id, parent, raw, stamp, seq FROM objects ORDER BY owner, kind, id"
        return map(Row._make, self._database.execute(query))

    def raw_of(self, kind: str, object_id: str) -> str | None:
        """An object that is its own owner."""
        query = "SELECT raw FROM objects WHERE owner = ? AND kind = ? AND id = ?"
        row = self._database.execute(query, (object_id, kind, object_id)).fetchone()
        return row[0] if row else None

    def has_thread(self, thread_id: str) -> bool:
        """Whether anything of a thread is kept."""
        query = "SELECT 1 FROM objects WHERE owner = ? AND kind IN ('threads', 'messages') LIMIT 1"
        return self._database.execute(query, (thread_id,)).fetchone() is not None

    def contents(self) -> dict[str, FileBytes]:
        """The files whose bytes are in the archive."""
        rows = self._database.execute("SELECT id, path, size, sha256 FROM contents ORDER BY id")
        return {file_id: FileBytes(path=path, size=size, sha256=sha256) for file_id, path, size, sha256 in rows}

    def failures(self) -> list[tuple[Unit, str]]:
        """The units that failed."""
        query = "SELECT kind, id, reason FROM units WHERE state = ? ORDER BY kind, id"
        return [(Unit(kind, unit_id), reason) for kind, unit_id, reason in self._database.execute(query, (_FAILED,))]

    def absences(self) -> list[Absence]:
        """What is not to be had."""
        rows = self._database.execute("SELECT kind, id, reason FROM absences ORDER BY kind, id")
        return [Absence(*row) for row in rows]

    def listings(self) -> list[str]:
        """The kinds whose listing is done."""
        rows = self._database.execute("SELECT kind FROM units WHERE id = '' AND state = ? ORDER BY kind", (_DONE,))
        return [kind for (kind,) in rows]

    def places(self) -> list[str]:
        """The sources of the archive."""
        return [place for (place,) in self._database.execute("SELECT place FROM sources ORDER BY place")]

    def counts(self) -> tuple[int, int, int]:
        """How many units are waiting, done and failed."""
        counted = dict(self._database.execute("SELECT state, count(*) FROM units GROUP BY state").fetchall())
        return counted.get(_WAITING, 0), counted.get(_DONE, 0), counted.get(_FAILED, 0)

    def close(self) -> None:
        """Acknowledge everything and let go of the file."""
        self._database.execute("COMMIT")
        self._database.close()

    def remove(self) -> None:
        """Close the checkpoint of a complete archive, and remove it."""
        self.close()
        self.path.unlink()


def _opened(path: Path) -> sqlite3.Connection:
    return open_locked(
        path,
        _SCHEMA,
        busy=lambda: UsageError(f"{path.parent} is being written by another export; wait for it to end."),
        broken=lambda why: InputFileError(path, f"is no checkpoint: {why}.", hint="Use --restart."),
        page_size=_PAGE_SIZE,
    )
