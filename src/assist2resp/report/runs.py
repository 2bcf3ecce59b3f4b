"""A run as a file: what it says of itself is in memory, its cases are read one by one, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.report.reading import members, opened
from assist2resp.schema.comparison import RUN_VERSION, Case, Run
from assist2resp.schema.versioned import first_problem

_CASES = "cases"
_NEEDED = {"run_version", "tool_version", "source", "metrics", "verdicts"}
_HINT = "Give the file that `assist2resp replay --out` wrote."


class RunFile:
    """The run that `replay` wrote to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self.head = self._read_start()
        """The run without its cases; what the file says after them is known once they have been read."""

    def cases(self) -> Iterator[Case]:
        """Every case, in the order of the file."""
        found: dict[str, Any] = {}
        number = 0
        with opened(self.path) as file:
            for key, value in members(self.path, file, _CASES):
                if key == _CASES:
                    number += 1
                    yield self._case(number, value)
                else:
                    found[key] = value
        self.head = self._run(found)

    def _read_start(self) -> Run:
        """What stands before the cases, or all but them where that is not enough to judge a case by."""
        found: dict[str, Any] = {}
        with opened(self.path) as file:
            for key, value in members(self.path, file, _CASES):
                if key != _CASES:
                    found[key] = value
                    self._refuse_other_versions(found)
                elif found.keys() >= _NEEDED:
                    break
        return self._run(found)

    def _run(self, found: dict[str, Any]) -> Run:
        self._refuse_other_files(found)
        try:
            return Run.model_validate(found)
        except ValidationError as error:
            raise InputFileError(self.path, f"is no run: {first_problem(error)}.", hint=_HINT) from error

    def _case(self, number: int, value: Any) -> Case:
        try:
            return Case.model_validate(value)
        except ValidationError as error:
            raise InputFileError(self.path, f"its case {number} cannot be read: {first_problem(error)}.") from error

    def _refuse_other_versions(self, found: dict[str, Any]) -> None:
        version = found.get("run_version", RUN_VERSION)
        if isinstance(version, int) and version > RUN_VERSION:
            raise InputFileError(
                self.path, f"is of run version {version}, this tool knows {RUN_VERSION}.", hint="Upgrade assist2resp."
            )

    def _refuse_other_files(self, found: dict[str, Any]) -> None:
        if "run_version" in found:
            return
        other = next((what for mark, what in _OTHERS.items() if mark in found), "")
        raise InputFileError(self.path, f"is no run{other}.", hint=_HINT)


_OTHERS = {
    "findings_version": " but findings of `rewrite`: give it to --findings",
    "report_version": " but a report",
    "archive_version": " but a manifest: give its folder to --archive",
}
