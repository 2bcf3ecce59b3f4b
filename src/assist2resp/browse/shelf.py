"""The records of an archive, read one at a time from where they lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.archive import ConversationRecord, FileRecord, Manifest, PromptRecord, VectorStoreRecord
from assist2resp.schema.manifest import MANIFEST, read_manifest
from assist2resp.schema.versioned import first_problem

Record = TypeVar("Record", bound=BaseModel)

_MEND = "`assist2resp verify` says what is damaged, and --repair mends it."


class Line(NamedTuple):
    """A conversation where it lies, unchecked."""

    part: str
    start: int
    size: int
    value: dict[str, Any]


@dataclass(frozen=True)
class Shelf:
    """An archive to be read."""

    folder: Path
    manifest: Manifest
    edition: str
    """Changes whenever the archive does."""

    def lines(self) -> Iterator[Line]:
        """Every conversation, in order."""
        for path in sorted((self.folder / "conversations").glob("part-*.jsonl")):
            start = 0
            with path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    yield Line(path.name, start, len(line), _value(path, line, number))
                    start += len(line)

    def conversation(self, part: str, start: int, size: int) -> ConversationRecord:
        """The conversation at a place."""
        path = self.folder / "conversations" / part
        with path.open("rb") as file:
            file.seek(start)
            return _record(ConversationRecord, path, file.read(size))

    def prompts(self) -> Iterator[PromptRecord]:
        """Every assistant."""
        return self._records("prompts", PromptRecord)

    def files(self) -> Iterator[FileRecord]:
        """Every file."""
        return self._records("files", FileRecord)

    def stores(self) -> Iterator[VectorStoreRecord]:
        """Every vector store."""
        return self._records("vector_stores", VectorStoreRecord)

    def bytes_of(self, path: str) -> Path | None:
        """Where the bytes of a file lie, if that is in the archive."""
        found = self.folder / path
        inside = path.startswith("files/") and found.resolve().is_relative_to(self.folder.resolve())
        return found if inside and found.is_file() else None

    def _records(self, folder: str, kind: type[Record]) -> Iterator[Record]:
        for path in sorted((self.folder / folder).glob("*.json")):
            yield _record(kind, path, path.read_bytes())


def open_shelf(folder: Path) -> Shelf:
    """An archive by its folder."""
    manifest = read_manifest(folder)
    return Shelf(folder.resolve(), manifest, sha256((folder / MANIFEST).read_bytes()).hexdigest())


def _value(path: Path, line: bytes, number: int) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputFileError(path, f"is damaged: {error}.", line=number, hint=_MEND) from error
    if not isinstance(value, dict) or not isinstance(value.get("thread_id"), str):
        raise InputFileError(path, "is damaged: the line is no conversation.", line=number, hint=_MEND)
    return value


def _record(kind: type[Record], path: Path, data: bytes) -> Record:
    try:
        return kind.model_validate(json.loads(data))
    except ValidationError as error:
        raise InputFileError(path, f"is damaged: {first_problem(error)}.", hint=_MEND) from error
    except (ValueError, RecursionError) as error:
        raise InputFileError(path, f"is damaged: {error}.", hint=_MEND) from error
