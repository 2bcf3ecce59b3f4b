"""The files of an archive: readable by their owner only, written whole or not at all, named so that none leaves it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from assist2resp.errors import InputFileError, UsageError
from assist2resp.schema.archive import FileEntry
from assist2resp.schema.manifest import MANIFEST

STATE = "state.sqlite"
PARTIAL = ".partial"
_FOLDERS = ("source", "prompts", "conversations", "vector_stores", "files")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]|^\.")
_LONGEST = 120


def safe_name(name: str) -> str:
    """A file name for an id: other characters as %XX of their bytes, and a digest where it would be too long."""
    safe = _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in _bytes(found.group())), name)
    if safe and len(safe) <= _LONGEST:
        return safe
    return f"{safe[:_LONGEST]}%{hashlib.sha256(_bytes(name)).hexdigest()[:16]}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def prepare(folder: Path) -> None:
    """Make the folder of an archive, or take one that is empty or an archive already."""
    if folder.exists() and not folder.is_dir():
        raise InputFileError(folder, "is no folder.", hint="Give --out a folder.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {MANIFEST, STATE, *_FOLDERS}
        strange = [path.name for path in folder.iterdir() if not path.name.startswith(tuple(known))]
        if strange and not (folder / MANIFEST).exists():
            raise InputFileError(folder, f"is no archive: it holds {strange[0]}.", hint="Give --out a new folder.")
        folder.chmod(0o700)
        for name in _FOLDERS:
            (folder / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise InputFileError(folder, f"cannot be written: {error.strerror}.") from error


def need_space(folder: Path, size: int) -> None:
    """A UsageError where the disk has not so many bytes left."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise UsageError(
            f"{folder} needs about {size // 2**20:,} MiB more and the disk has {free // 2**20:,} MiB free; make room, "
            "then run the same command."
        )


def open_private(path: Path) -> BinaryIO:
    """A new file, or the old one emptied, that only its owner can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


class Draft:
    """A file while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        self.lines = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def write_lines(self, data: bytes, count: int) -> None:
        """Append so many lines."""
        self.write(data)
        self.lines += count

    def entry(self) -> FileEntry:
        """What the manifest says of it."""
        return FileEntry(sha256=self._digest.hexdigest(), size=self.size, lines=self.lines or None)


@contextmanager
def draft(path: Path) -> Iterator[Draft]:
    """Write a file that appears under its name only when it is complete and on the disk."""
    partial = path.with_name(path.name + PARTIAL)
    with open_private(partial) as file:
        yield Draft(file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_json(path: Path, text: str) -> FileEntry:
    """Write a file of one JSON value."""
    return write_whole(path, text.encode() + b"\n")


def write_whole(path: Path, data: bytes) -> FileEntry:
    """Write a file at once."""
    with draft(path) as file:
        file.write(data)
    return file.entry()


def sync_folders(folder: Path) -> None:
    """Have the names of all files on the disk too, where the system can do that."""
    for path in (folder, *(folder / name for name in _FOLDERS)):
        if os.name == "posix":
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def remove_others(folder: Path, listed: Iterable[str]) -> None:
    """Remove what an earlier or interrupted export left in the folders of the archive."""
    kept = set(listed)
    for name in _FOLDERS:
        for path in (folder / name).iterdir():
            if f"{name}/{path.name}" not in kept and path.is_file():
                path.unlink()
