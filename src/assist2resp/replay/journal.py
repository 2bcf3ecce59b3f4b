"""What a run has so far, on the disk: one line for each track that was played, so that a killed run goes on."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from assist2resp.errors import InputFileError, UsageError
from assist2resp.schema.comparison import Answer

_SUFFIX = ".partial"


class Journal:
    """The answers of an unfinished run by track: for each repeat those to its turns."""

    def __init__(self, path: Path, settings: Any) -> None:
        self.path = path.with_name(path.name + _SUFFIX)
        self._print = sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()
        self._file: TextIO | None = None
        self._is_empty = True
        self.answers: dict[str, list[list[Answer]]] = {}

    def open(self, *, resume: bool) -> None:
        """Begin anew, or go on with what an earlier run left; never over it without being asked to."""
        try:
            left = self.path.exists() and self.path.stat().st_size > 0
            if left and not resume:
                raise UsageError(
                    f"{self.path} holds the answers of an unfinished run; --resume goes on with them, or remove the file."
                )
            good = self._read() if left else 0
            self._file = self.path.open("a", encoding="utf-8", newline="\n")
            self._file.truncate(good)
            self._is_empty = not good
        except OSError as error:
            raise InputFileError(self.path, f"cannot be written: {error.strerror}.") from error

    def add(self, track: str, repeats: list[list[Answer]]) -> None:
        """Keep the answers of a track; a killed process loses none of them."""
        self.answers[track] = repeats
        shown = [[answer.model_dump(mode="json", exclude_defaults=True) for answer in answers] for answers in repeats]
        self._write({"track": track, "answers": shown})

    def close(self) -> None:
        """Let go of the file, which stays if it holds anything."""
        if self._file is not None:
            self._file.close()
            if self._is_empty:
                self.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget everything, since the run itself is written."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _write(self, row: Any) -> None:
        assert self._file is not None
        if self._is_empty:
            self._file.write(json.dumps({"replay": self._print}) + "\n")
            self._is_empty = False
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()

    def _read(self) -> int:
        """Take what is whole; the length of it in bytes, since a kill may have cut the last line."""
        good = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file):
                try:
                    row = json.loads(line) if line.endswith(b"\n") else None
                    if row is None:
                        return good
                    if number:
                        repeats = [[Answer.model_validate(one) for one in answers] for answers in row["answers"]]
                        self.answers[row["track"]] = repeats
                    elif row["replay"] != self._print:
                        raise UsageError(
                            f"{self.path} is of a run with other cases or options; give the same, or remove the file."
                        )
                except (ValueError, KeyError, TypeError, ValidationError) as error:
                    problem = f"is damaged: {type(error).__name__}."
                    raise InputFileError(self.path, problem, line=number + 1, hint="Remove it.") from error
                good += len(line)
        return good
