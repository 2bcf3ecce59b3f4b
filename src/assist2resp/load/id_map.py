"""The id map: which conversation, item, file and vector store took the place of which old object.

    ids(old, new)                    read by the support module of a rewritten program
    claims(old, new, holder, at)     threads that are being loaded: by this load, by another part of it, or by a program
                                     that loads threads on demand
    target(name, place)              the server that the new ids are of
    kept(kind, id, parent, body)     the support module's state, in a file or database of its own or in the same

Places: a path or `sqlite:///PATH`; a path that ends with .csv, which is written from the journal when a load ends and
knows no claims; any URL of SQLAlchemy (extra `sql`).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from assist2resp.errors import UsageError
from assist2resp.load.database import open_database, path_of, shown
from assist2resp.load.kept import Kept

STATE_NAME = "assistants_compat.sqlite"
"""The file that the support module keeps its state in, by its usual name."""
_FOR_EVER = 9e9
"""The time of a load's claims: no program takes them over, since the load goes on when it is run again."""

_IDS = ("CREATE TABLE IF NOT EXISTS ids (old VARCHAR(255) PRIMARY KEY, new VARCHAR(255))",)
_OF_CLAIMS = "old VARCHAR(255) PRIMARY KEY, new VARCHAR(255), holder VARCHAR(64), at DOUBLE PRECISION"
_CLAIMS = (f"CREATE TABLE IF NOT EXISTS claims ({_OF_CLAIMS})",)
_TARGET = ("CREATE TABLE IF NOT EXISTS target (name VARCHAR(32) PRIMARY KEY, place VARCHAR(255))",)
_OF_KEPT = "kind VARCHAR(32), id VARCHAR(255), parent VARCHAR(255), body TEXT, PRIMARY KEY (kind, id)"
_KEPT = (
    f"CREATE TABLE IF NOT EXISTS kept ({_OF_KEPT})",
    "CREATE INDEX IF NOT EXISTS by_parent ON kept (kind, parent)",
)


class Loaded(NamedTuple):
    """What is published of one thread, or of one file or store."""

    thread_id: str
    ids: tuple[tuple[str, str], ...]
    kept: tuple[Kept, ...] = ()


class IdMap:
    """The open map and state. Every method may be called in any thread."""

    def __init__(self, place: str, state: str | None, target: str) -> None:
        """Open both; a UsageError says why that cannot be, or that the map is of another server."""
        self.place = shown(place)
        self.is_csv = place.endswith(".csv")
        self._csv = path_of(place) if self.is_csv else None
        self._ids = None if self.is_csv else open_database(place, (*_IDS, *_CLAIMS, *_TARGET))
        self._check_target(target)
        path = path_of(place)
        if state is None and path is not None:
            state = str(path.with_name(STATE_NAME))
        self.state_place = shown(state or place)
        self._kept = open_database(state or place, _KEPT)

    def _check_target(self, target: str) -> None:
        """Note the server that the ids are of."""
        if self._ids is None:
            return
        self._ids.insert_missing("target", "name", [{"name": "server", "place": target}])
        [(_, known)] = self._ids.pairs("SELECT name, place FROM target WHERE name = :name", [{"name": "server"}])
        if known != target:
            self._ids.close()
            raise UsageError(f"{self.place} has ids of {known}, and not of {target}; name another id map with --map.")

    def known(self, threads: Sequence[str]) -> dict[str, str]:
        """The conversations of the threads that are in the map."""
        if self._ids is None:
            return {}
        return dict(self._ids.pairs("SELECT old, new FROM ids WHERE old = :old", [{"old": name} for name in threads]))

    def claim_unknown(self, threads: Sequence[str], holder: str) -> tuple[dict[str, str], set[str]]:
        """The conversations of the threads that are in the map, and which of the others this holder may load.

        A thread that someone else finishes just before it is claimed is in the map by then, so that is asked again.
        """
        known = self.known(threads)
        mine = self.claim([name for name in threads if name not in known], holder)
        meanwhile = self.known(sorted(mine))
        self.release(list(meanwhile), holder)
        return known | meanwhile, mine - meanwhile.keys()

    def claim(self, threads: Sequence[str], holder: str) -> set[str]:
        """The threads that this holder may load; the others are being loaded by someone else."""
        if self._ids is None:
            return set(threads)
        rows = [{"old": name, "new": "", "holder": holder, "at": _FOR_EVER} for name in threads]
        self._ids.insert_missing("claims", "old", rows)
        query = "SELECT old, holder FROM claims WHERE old = :old"
        holders = dict(self._ids.pairs(query, [{"old": name} for name in threads]))
        return {name for name in threads if holders.get(name) == holder}

    def release(self, threads: Sequence[str], holder: str) -> None:
        """Give up claims."""
        if self._ids is not None:
            rows = [{"old": name, "holder": holder} for name in threads]
            self._ids.change([("DELETE FROM claims WHERE old = :old AND holder = :holder", rows)])

    def publish(self, loaded: Sequence[Loaded]) -> None:
        """Enter threads, first what their conversations cannot hold; then programs find them."""
        kept = [row._asdict() for one in loaded for row in one.kept]
        columns = ("kind", "id", "parent", "body")  # a row that is there stays: the program may have changed it since
        self._kept.change([(one, kept) for one in self._kept.putting("kept", columns, ("kind", "id"), replaces=False)])
        if self._ids is not None:
            ids = [{"old": old, "new": new} for one in loaded for old, new in dict(one.ids).items()]
            self._ids.change(
                [
                    *((one, ids) for one in self._ids.putting("ids", ("old", "new"), ("old",), replaces=True)),
                    ("DELETE FROM claims WHERE old = :old", [{"old": one.thread_id} for one in loaded]),
                ]
            )

    def withdraw(self, ids: Iterable[tuple[str, str]], conversation: str) -> None:
        """Take out what was published of a thread, unless it leads elsewhere by now."""
        if self._ids is not None:
            rows = [{"old": old, "new": new} for old, new in ids]
            self._ids.change([("DELETE FROM ids WHERE old = :old AND new = :new", rows)])
        self._kept.change([("DELETE FROM kept WHERE parent = :parent", [{"parent": conversation}])])

    def finish(self, pairs: Iterator[tuple[str, str]]) -> None:
        """Write the CSV, if the map is one."""
        if self._csv is not None:
            _write_csv(self._csv, pairs)

    def close(self) -> None:
        """Let go of files and connections."""
        for database in (self._ids, self._kept):
            if database is not None:
                database.close()


def _write_csv(path: Path, pairs: Iterator[tuple[str, str]]) -> None:
    partial = path.with_name(f"{path.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("old", "new"))
        writer.writerows(pairs)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
