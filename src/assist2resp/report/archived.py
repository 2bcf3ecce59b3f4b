"""What an archive holds, what failed, and which fields found no place in the new API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.archive import ConversationRecord, Losses, PromptRecord
from assist2resp.schema.manifest import read_manifest
from assist2resp.schema.report import ArchiveSummary, LossRow
from assist2resp.schema.versioned import first_problem

SHOWN = 100
_Record = TypeVar("_Record", bound=BaseModel)
_Kind = Literal["assistant", "thread", "item"]


class Archived:
    """An archive, read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifest = read_manifest(folder)
        self.models: Counter[str] = Counter()
        """The assistants by the model that they name."""
        self._lost: Counter[tuple[_Kind, str, str]] = Counter()
        for name in sorted(self._manifest.files):
            self._read(name)

    def summary(self) -> ArchiveSummary:
        """The archive in numbers."""
        manifest = self._manifest
        failures = [f"{each.kind} {each.id}: {each.reason}" for each in manifest.failures]
        rows = sorted(self._lost.items(), key=lambda each: (-each[1], each[0]))
        return ArchiveSummary(
            name=self._folder.resolve().name,
            complete=manifest.complete,
            counts=manifest.counts,
            converted=manifest.converted,
            failures=tuple(failures[:SHOWN]),
            failure_count=len(failures),
            absence_count=len(manifest.absences),
            losses=tuple(LossRow(kind=kind, field=field, why=why, count=n) for (kind, field, why), n in rows[:SHOWN]),
        )

    def _read(self, name: str) -> None:
        path = self._folder / name
        if name.startswith("prompts/"):
            for line in _lines(path, whole=True):
                self._add_assistant(_record(PromptRecord, line, path, None))
        elif name.startswith("conversations/"):
            for number, line in enumerate(_lines(path, whole=False), 1):
                self._add_thread(_record(ConversationRecord, line, path, number))

    def _add_assistant(self, prompt: PromptRecord) -> None:
        model = prompt.assistant.get("model")
        if isinstance(model, str):
            self.models[model] += 1
        self._count("assistant", prompt.losses)

    def _add_thread(self, thread: ConversationRecord) -> None:
        self._count("thread", thread.losses)
        for item in thread.items:
            self._count("item", item.losses)

    def _count(self, kind: _Kind, losses: Losses) -> None:
        self._lost.update((kind, field, why) for field, why in losses.lost.items())


def _lines(path: Path, *, whole: bool) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            if whole:
                yield file.read()
            else:
                yield from file
    except OSError as error:
        problem = f"cannot be read: {(error.strerror or str(error)).lower()}."
        raise InputFileError(path, problem, hint="`assist2resp verify` says what else is damaged.") from error


def _record(model: type[_Record], line: bytes, path: Path, number: int | None) -> _Record:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        hint = "`assist2resp verify` says what else is damaged."
        raise InputFileError(path, f"is damaged: {first_problem(error)}.", line=number, hint=hint) from error
