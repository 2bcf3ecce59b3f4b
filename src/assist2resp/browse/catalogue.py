"""Asks the index: which threads there are, which say something, and which files are at hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from assist2resp.browse.index import LEFT_OUT, PLACES, Thread
from assist2resp.browse.shelf import Shelf
from assist2resp.browse.wording import Excerpt, Question, excerpt_of, text_of_item, texts_within
from assist2resp.schema.archive import ConversationRecord

_SHOWN_HITS = 3
"""Places of a thread that a result shows."""


class FileEntry(NamedTuple):
    """A file as the index knows it."""

    id: str
    name: str
    size: int | None
    purpose: str
    made: float | None
    path: str | None


@dataclass(frozen=True)
class Hit:
    """A place in a thread that says what was searched for."""

    anchor: str
    excerpt: Excerpt


@dataclass(frozen=True)
class Result:
    """A thread that says what was searched for."""

    thread: Thread
    count: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Results:
    """A page of results."""

    threads: int
    texts: int
    results: tuple[Result, ...]


class Catalogue:
    """An open index, for one thread of execution."""

    def __init__(self, shelf: Shelf, index: Path) -> None:
        self.shelf = shelf
        self._database = sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        self.file = lru_cache(maxsize=1000)(self._file)
        self.assistant = lru_cache(maxsize=1000)(self._assistant)

    def close(self) -> None:
        """Let go of the index."""
        self._database.close()

    def __len__(self) -> int:
        count: int = self._database.execute("SELECT count(*) FROM threads").fetchone()[0]
        return count

    def threads(self, skip: int, most: int) -> list[Thread]:
        """Threads, those with the latest words first."""
        query = "SELECT * FROM threads ORDER BY latest DESC, number LIMIT ? OFFSET ?"
        return [Thread(*row) for row in self._database.execute(query, (most, skip))]

    def thread(self, number: int) -> Thread | None:
        """A thread by its number."""
        row = self._database.execute("SELECT * FROM threads WHERE number = ?", (number,)).fetchone()
        return Thread(*row) if row else None

    def thread_of_id(self, thread_id: str) -> Thread | None:
        """A thread by its old id."""
        row = self._database.execute("SELECT * FROM threads WHERE id = ?", (thread_id,)).fetchone()
        return Thread(*row) if row else None

    def record(self, thread: Thread) -> ConversationRecord:
        """All of a thread."""
        return self.shelf.conversation(thread.part, thread.start, thread.size)

    def files(self, skip: int, most: int) -> list[FileEntry]:
        """Files, by their ids."""
        rows = self._database.execute("SELECT * FROM files ORDER BY id LIMIT ? OFFSET ?", (most, skip))
        return [FileEntry(*row) for row in rows]

    def count_files(self) -> int:
        """The number of files."""
        count: int = self._database.execute("SELECT count(*) FROM files").fetchone()[0]
        return count

    def search(self, question: Question, skip: int, most: int) -> Results:
        """The threads that say something, those with the latest words first."""
        if not question.expression:
            return Results(0, 0, ())
        counts = self._counts(question)
        order = self._by_latest(counts)[skip : skip + most]
        results = tuple(self._result(number, counts[number], question) for number in order)
        return Results(len(counts), sum(counts.values()), results)

    def found(self, question: Question) -> Iterator[Thread]:
        """All threads that say something, those with the latest words first."""
        for number in self._by_latest(self._counts(question)):
            thread = self.thread(number)
            assert thread is not None
            yield thread

    def _counts(self, question: Question) -> dict[int, int]:
        """How many texts of each thread say it."""
        query = f"SELECT rowid >> {PLACES}, count(*) FROM words WHERE words MATCH ? GROUP BY 1"  # noqa: S608 - a number
        return dict(self._database.execute(query, (question.expression,)).fetchall())

    def _by_latest(self, numbers: dict[int, int]) -> list[int]:
        if len(numbers) * 4 > len(self):
            rows = self._database.execute("SELECT number FROM threads ORDER BY latest DESC, number")
            return [number for (number,) in rows if number in numbers]
        latest = "SELECT latest FROM threads WHERE number = ?"
        dated = ((self._database.execute(latest, (number,)).fetchone()[0] or 0.0, number) for number in numbers)
        return [number for _, number in sorted(dated, key=lambda each: (-each[0], each[1]))]

    def _result(self, number: int, count: int, question: Question) -> Result:
        thread = self.thread(number)
        assert thread is not None
        query = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?"
        span = (number << PLACES, ((number + 1) << PLACES) - 1, _SHOWN_HITS)
        rows = self._database.execute(query, (question.expression, *span)).fetchall()
        record = self.record(thread)
        hits = tuple(_hit(record, row & ((1 << PLACES) - 1), question) for (row,) in rows)
        return Result(thread, count, hits)

    def _file(self, file_id: str) -> FileEntry | None:
        row = self._database.execute("SELECT * FROM files WHERE id = ?", (file_id,)).fetchone()
        return FileEntry(*row) if row else None

    def _assistant(self, assistant_id: str) -> str:
        row = self._database.execute("SELECT name FROM assistants WHERE id = ?", (assistant_id,)).fetchone()
        return str(row[0]) if row else ""


def _hit(record: ConversationRecord, place: int, question: Question) -> Hit:
    if place == 0:
        text, anchor = "\n".join([record.thread_id, *texts_within(record.metadata)]), "about"
    elif place >= LEFT_OUT:
        text, anchor = "\n".join(texts_within(record.left_out[place - LEFT_OUT].tool_call)), f"x{place - LEFT_OUT}"
    else:
        text, anchor = text_of_item(record.items[place - 1].item), f"m{place - 1}"
    return Hit(anchor, excerpt_of(text, question.terms))
