"""The search index of an archive: an SQLite file beside it, made anew when the archive has changed.

A text's row is its thread's number and its place in it: 0 for what is said of the thread itself, from 1 the items, from
`LEFT_OUT` what is no item. The texts themselves are not kept; they are read from the archive.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from assist2resp.browse.shelf import Line, Shelf
from assist2resp.browse.wording import searchable, text_of_item, texts_within
from assist2resp.errors import UsageError
from assist2resp.schema.moments import seconds_of

VERSION = 1
PLACES = 24
"""Bits of a row's number that are the place within its thread."""
LEFT_OUT = 1 << 23

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA page_size = 8192;
PRAGMA cache_size = -65536;
CREATE TABLE edition (sha256 TEXT);
CREATE TABLE threads (
    number INTEGER PRIMARY KEY, id TEXT, part TEXT, start INTEGER, size INTEGER, made REAL, latest REAL, title TEXT,
    items INTEGER, left_out INTEGER
);
CREATE TABLE files (id TEXT PRIMARY KEY, name TEXT, size INTEGER, purpose TEXT, made REAL, path TEXT) WITHOUT ROWID;
CREATE TABLE assistants (id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', columnsize = 0);
INSERT INTO words (words, rank) VALUES ('hashsize', 33554432);
INSERT INTO words (words, rank) VALUES ('automerge', 0);
"""
_FINISH = ("CREATE INDEX by_id ON threads (id)", "CREATE INDEX by_latest ON threads (latest DESC, number)")
_BATCH = 20_000
_TITLE = 140
_LONGEST = 2_000_000
"""Characters of a text that are indexed."""

Report = Callable[[int], None]


class Thread(NamedTuple):
    """A thread as the index knows it."""

    number: int
    id: str
    part: str
    start: int
    size: int
    made: float | None
    latest: float | None
    title: str
    items: int
    left_out: int


def place_beside(folder: Path) -> Path:
    """Where the index of an archive lies."""
    resolved = folder.resolve()
    return resolved.with_name(f"{resolved.name}.index.sqlite")


def prepare(shelf: Shelf, path: Path, report: Report | None = None) -> None:
    """Have an index of this edition of the archive at `path`; `report` gets the number of texts so far."""
    if not _is_current(shelf, path):
        build(shelf, path, report)


def _is_current(shelf: Shelf, path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            if database.execute("PRAGMA user_version").fetchone() != (VERSION,):
                return False
            found: bool = database.execute("SELECT sha256 FROM edition").fetchone() == (shelf.edition,)
            return found
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path} is no index of an archive; name another file with --index.") from error


def build(shelf: Shelf, path: Path, report: Report | None = None) -> None:
    """Make the index anew; it appears under its name when it is whole."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(partial, isolation_level=None)) as database:
            database.executescript(_SCHEMA)
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute("BEGIN")
            _Builder(database, report).fill(shelf)
            database.execute("COMMIT")
        partial.replace(path)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"the index {path} cannot be written ({error}); name another place with --index.") from error


class _Builder:
    def __init__(self, database: sqlite3.Connection, report: Report | None) -> None:
        self._database = database
        self._report = report or (lambda _texts: None)
        self._threads: list[Thread] = []
        self._texts: list[tuple[int, str]] = []
        self._count = 0

    def fill(self, shelf: Shelf) -> None:
        """Everything that the archive holds."""
        for number, line in enumerate(shelf.lines(), start=1):
            self._add(number, line)
            if len(self._texts) >= _BATCH:
                self._flush()
        self._flush()
        self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", _files(shelf))
        names = ((prompt.id, str(prompt.assistant.get("name") or "")) for prompt in shelf.prompts())
        self._database.executemany("INSERT OR REPLACE INTO assistants VALUES (?, ?)", names)
        for statement in _FINISH:
            self._database.execute(statement)
        self._database.execute("INSERT INTO edition VALUES (?)", (shelf.edition,))

    def _add(self, number: int, line: Line) -> None:
        record, first = line.value, number << PLACES
        items, left_out = record.get("items") or [], record.get("left_out") or []
        title, texts = "", self._texts
        about = [record["thread_id"], *texts_within(record.get("metadata"))]
        texts.append((first, searchable("\n".join(about))))
        for place, entry in enumerate(items, start=first + 1):
            item = entry["item"]
            text = text_of_item(item)
            if not title and item.get("role") == "user":
                title = " ".join(text[: 2 * _TITLE].split())[:_TITLE]
            texts.append((place, searchable(text[:_LONGEST])))
        for place, entry in enumerate(left_out, start=first + LEFT_OUT):
            text = "\n".join(texts_within(entry.get("tool_call")))
            texts.append((place, searchable(text[:_LONGEST])))
        made = seconds_of(record.get("created_at"))
        latest = next(
            (time for entry in reversed(items) if (time := seconds_of(entry["origin"].get("created_at")))), made
        )
        row = Thread(
            number,
            record["thread_id"],
            *line[:3],
            made,
            latest,
            title or record["thread_id"],
            len(items),
            len(left_out),
        )
        self._threads.append(row)

    def _flush(self) -> None:
        self._database.executemany(
            "INSERT INTO threads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _storable(self._threads)
        )
        self._database.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", self._texts)
        self._count += len(self._texts)
        self._threads, self._texts = [], []
        self._report(self._count)


def _storable(rows: list[Thread]) -> Iterator[Thread]:
    """The rows with their texts as UTF-8 can hold them."""
    return (row._replace(id=_utf8(row.id), title=_utf8(row.title)) for row in rows)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _files(shelf: Shelf) -> Iterator[tuple[Any, ...]]:
    for record in shelf.files():
        about = record.file or {}
        stored = record.bytes
        size = stored.size if stored else about.get("bytes")
        yield (
            _utf8(record.id),
            _utf8(str(about.get("filename") or "")),
            size if isinstance(size, int) and abs(size) < 2**60 else None,
            _utf8(str(about.get("purpose") or "")),
            seconds_of(about.get("created_at")),
            stored.path if stored else None,
        )
