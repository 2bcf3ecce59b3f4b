"""Reads what replay needs of an archive: its conversations, its prompts and the runs as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.archive import ConversationRecord, PromptRecord
from assist2resp.schema.versioned import first_problem

Model = TypeVar("Model", bound=BaseModel)


def conversations(folder: Path) -> Iterator[ConversationRecord]:
    """The conversations of an archive, in its order."""
    for path in sorted((folder / "conversations").glob("*.jsonl")):
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                yield _record(ConversationRecord, line, path, number)


def prompts(folder: Path) -> dict[str, PromptRecord]:
    """The assistants of an archive by their ids."""
    records = [
        _record(PromptRecord, path.read_text(encoding="utf-8"), path)
        for path in sorted((folder / "prompts").glob("*.json"))
    ]
    return {record.id: record for record in records}


def runs(folder: Path, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The runs of these ids as the old API showed them."""
    path, known = folder / "source" / "runs.jsonl", set(wanted)
    found: dict[str, dict[str, Any]] = {}
    if not path.exists():
        return found
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
                if row["id"] in known and isinstance(row["object"], dict):
                    found[row["id"]] = row["object"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputFileError(path, f"is damaged: {error}.", line=number, hint=_CHECK) from error
    return found


_CHECK = "`assist2resp verify` says what can be mended."


def _record(model: type[Model], text: str, path: Path, line: int | None = None) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InputFileError(path, f"is damaged: {first_problem(error)}.", line=line, hint=_CHECK) from error
