"""What the sandbox holds: ordered tables of objects, in memory, written through to SQLite when a path is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Record:
    """One object: `body` is what the wire shows, `private` what only the sandbox knows of it."""

    id: str
    body: dict[str, Any]
    parent: str = ""
    private: dict[str, Any] = field(default_factory=dict)


class Table:
    """The objects of one kind in the order of their making, also by parent (a thread's messages)."""

    def add(self, record: Record) -> Record:
        """Add a new object."""
        raise NotImplementedError

    def get(self, object_id: str) -> Record | None:
        """The object with this id."""
        raise NotImplementedError

    def save(self, record: Record) -> None:
        """Keep a changed object (a no-op in memory, a write with SQLite)."""
        raise NotImplementedError

    def delete(self, object_id: str) -> None:
        """Remove the object."""
        raise NotImplementedError

    def of(self, parent: str) -> list[Record]:
        """The objects of one parent, oldest first."""
        raise NotImplementedError

    def all(self) -> list[Record]:
        """Every object, oldest first."""
        raise NotImplementedError


class Store:
    """The tables by name, and the bytes of files."""

    def __init__(self, path: Path | None = None) -> None:
        raise NotImplementedError

    def table(self, name: str) -> Table:
        """The table of this name: assistants, threads, messages, runs, steps, responses, conversations, items, files…"""
        raise NotImplementedError

    def write_bytes(self, file_id: str, data: bytes) -> None:
        """Keep the content of a file."""
        raise NotImplementedError

    def read_bytes(self, file_id: str) -> bytes:
        """The content of a file."""
        raise NotImplementedError

    def close(self) -> None:
        """Flush and close the database, if there is one."""
