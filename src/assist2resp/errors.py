"""Every error that assist2resp raises on purpose, each with the exit code that the command line gives it.

    Assist2RespError                 exit 2 unless a subclass says otherwise
    ├── UsageError                   a wrong option, path, configuration or input file
    │   ├── InputFileError           a file of the user's that cannot be used; names file and line
    │   └── MissingExtraError        an optional part of the installation is absent
    ├── PartialFailureError          some items failed, the rest is done (exit 3)
    └── InterruptedRunError          stopped by the user, progress saved (exit 130)

Exit codes: 0 done, nothing left to do; 1 findings remain; 2 usage or configuration; 3 some items failed,
the rest is done; 130 interrupted, progress saved. 3 outranks 1.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    DONE = 0
    FINDINGS = 1
    USAGE = 2
    PARTIAL = 3
    INTERRUPTED = 130


class Assist2RespError(Exception):
    """An error for the user: one sentence that names the object and the next step."""

    exit_code: ExitCode = ExitCode.USAGE


class UsageError(Assist2RespError):
    """A wrong option, path, configuration or input file."""


class InputFileError(UsageError):
    """A file of the user's that cannot be used, with the line where that shows, if it shows in one."""

    def __init__(self, path: Path | str, problem: str, *, line: int | None = None, hint: str = "") -> None:
        place = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{place}: {problem}" + (f" {hint}" if hint else ""))
        self.path = Path(path)
        self.line = line


class MissingExtraError(UsageError):
    """An optional part of the installation is absent."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}': pip install 'assist2resp[{extra}]'")


class PartialFailureError(Assist2RespError):
    """Some items failed, the rest is done."""

    exit_code = ExitCode.PARTIAL


class InterruptedRunError(Assist2RespError):
    """Stopped by the user; what was acknowledged is saved."""

    exit_code = ExitCode.INTERRUPTED


def first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    """The first error of a group of tasks', however deep it lies."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
