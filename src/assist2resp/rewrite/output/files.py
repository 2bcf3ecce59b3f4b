"""Writing one file of the user's, whole or not at all: a temporary file beside it takes its place in one step.

A write has two steps, so that several files can be made ready before the first of them changes: `stage`, then `commit`
or `discard`. Every failure is a `FileProblemError`, and the file is then as it was.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assist2resp.errors import Assist2RespError, ExitCode


class FileProblemError(Assist2RespError):
    """A file that could not be written; `problem` is a clause that follows its path."""

    exit_code = ExitCode.PARTIAL

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path, self.problem = path, problem


@dataclass(frozen=True)
class Staged:
    """New bytes of a file, safe on disk beside it, not yet in its place."""

    path: Path
    target: Path
    """Where the bytes go: the path itself, or what it links to."""
    temporary: Path
    before: bytes | None

    def commit(self) -> None:
        """Put the new bytes in place; refuses when the file changed since it was read."""
        try:
            _refuse_if_changed(self.path, self.target, self.before)
            with _translated(self.path):
                self.temporary.replace(self.target)
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove the temporary file, if it is still there."""
        with contextlib.suppress(OSError):
            self.temporary.unlink(missing_ok=True)


def stage(path: Path, before: bytes | None, after: bytes) -> Staged:
    """Write `after` beside `path`; `before` is what was read from it, or None where there was no file."""
    with _translated(path):
        target = path.resolve()
    _refuse_if_changed(path, target, before)
    if before is not None and not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise FileProblemError(path, "is read-only; make it writable, then run again.")
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(6)}.tmp")
    staged = Staged(path, target, temporary, before)
    try:
        with _translated(path):
            _write(temporary, after, target.stat() if before is not None else None)
    except BaseException:
        staged.discard()
        raise
    return staged


def write(path: Path, before: bytes | None, after: bytes) -> None:
    """Write one file whole or not at all."""
    stage(path, before, after).commit()


def remove(path: Path) -> None:
    """Remove a file that this run made."""
    with _translated(path):
        path.unlink(missing_ok=True)


def _write(temporary: Path, data: bytes, original: os.stat_result | None) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(data)
        file.flush()
        if original is not None:
            _keep_owner(temporary, original)
            temporary.chmod(stat.S_IMODE(original.st_mode))
        os.fsync(file.fileno())


def _keep_owner(temporary: Path, original: os.stat_result) -> None:
    made = temporary.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (original.st_uid, original.st_gid):
        with contextlib.suppress(PermissionError):
            os.chown(temporary, original.st_uid, original.st_gid)


def _refuse_if_changed(path: Path, target: Path, before: bytes | None) -> None:
    try:
        now = target.read_bytes()
    except FileNotFoundError:
        if before is None:
            return
        raise FileProblemError(path, "was removed while assist2resp worked; run again.") from None
    except OSError as error:
        raise FileProblemError(path, f"cannot be read again before writing: {_reason(error)}.") from error
    if before is None:
        raise FileProblemError(path, "exists already and would be overwritten; move it, then run again.")
    if now != before:
        raise FileProblemError(path, "changed while assist2resp worked, and is left as it is; run again.")


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileProblemError(path, f"cannot be written: {_reason(error)}; it is as it was.") from error
    except RuntimeError as error:  # Path.resolve() up to Python 3.12 on a loop of symbolic links
        raise FileProblemError(path, f"cannot be written: {error}; it is as it was.") from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
