"""Reads the threads of an archive one after the other, those of them that are wanted."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.archive import ConversationRecord, VectorStoreRecord

Record = Mapping[str, Any]
"""A line of the conversations, a `ConversationRecord` as it is written: as such it is read in a fraction of the time."""

_MILLISECONDS = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds they would lie after the year 5100."""


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of all threads, counted from 1."""

    number: int = 1
    of: int = 1

    def holds(self, thread_id: str) -> bool:
        """Whether a thread is of this part, on every machine the same."""
        return zlib.crc32(thread_id.encode("utf-8", "surrogatepass")) % self.of == self.number - 1


@dataclass(frozen=True)
class Choice:
    """Which threads are wanted."""

    only: frozenset[str] | None = None
    since: int | None = None
    """Seconds since 1970: threads that were made, or last written to, before it are not wanted."""
    shard: Shard = field(default_factory=Shard)

    def wants(self, record: Record) -> bool:
        """Whether a thread is wanted."""
        if self.only is not None and record["thread_id"] not in self.only:
            return False
        return self.shard.holds(record["thread_id"]) and (self.since is None or _latest(record) >= self.since)


class Job(NamedTuple):
    """A thread to be loaded."""

    thread_id: str
    line: bytes
    """As it is written: many wait, and as values they would take several times the memory, and the time to walk it."""

    @property
    def digest(self) -> str:
        """Of its line, so that a thread that was exported again is known as another one."""
        return hashlib.sha256(self.line).hexdigest()[:16]

    def record(self) -> Record:
        """The thread."""
        return _record_of(self.line)


def read_jobs(folder: Path, choice: Choice) -> Iterator[Job]:
    """The wanted threads, in the order of the archive; an InputFileError names the line that is damaged."""
    for path in sorted((folder / "conversations").glob("part-*.jsonl")):
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    record = _record_of(line)
                except ValueError as error:
                    hint = "`assist2resp verify` says whether it can be mended."
                    raise InputFileError(path, f"is damaged: {error}.", line=number, hint=hint) from error
                if choice.wants(record):
                    yield Job(str(record["thread_id"]), line)


def unknown_threads(folder: Path, choice: Choice) -> list[str]:
    """The threads that were asked for by id and that the archive does not have, in order."""
    left = {name for name in choice.only or () if choice.shard.holds(name)}
    if left:
        left.difference_update(job.thread_id for job in read_jobs(folder, Choice(only=frozenset(left))))
    return sorted(left)


def read_stores(folder: Path) -> Iterator[VectorStoreRecord]:
    """The vector stores of an archive."""
    for path in sorted((folder / "vector_stores").glob("*.json")):
        try:
            yield VectorStoreRecord.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise InputFileError(path, f"is damaged: {error.errors()[0]['msg']}.") from error


def seconds_of(moment: Any) -> int | None:
    """A time in seconds since 1970; servers give seconds, milliseconds or ISO texts."""
    if isinstance(moment, bool):
        return None
    if isinstance(moment, int | float) and abs(moment) < _MILLISECONDS * 1000:
        return int(moment / 1000) if abs(moment) >= _MILLISECONDS else int(moment)
    if isinstance(moment, str):
        try:
            found = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return None


def _record_of(line: bytes) -> Record:
    """The thread of a line; a ValueError says what is wrong with it. Whole numbers may be longer than orjson takes."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = json.loads(line)
    if not isinstance(record, dict) or not record.keys() >= _NEEDED:
        raise ValueError("the line is no conversation of an archive")
    return record


_NEEDED = ConversationRecord.model_fields.keys()


def _latest(record: Record) -> int:
    times = [record["created_at"], *(entry["origin"]["created_at"] for entry in record["items"])]
    return max((found for moment in times if (found := seconds_of(moment)) is not None), default=0)
