"""Finds the API's objects in JSON of any shape, by what each says of itself: lists, dumps, answers, nested ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assist2resp.export.source import Absence, Capture
from assist2resp.export.verbatim import Piece, elements_of, members_of, one_line
from assist2resp.mapping.ledger import whole

KIND_OF = {
    "assistant": "assistants",
    "thread": "threads",
    "thread.message": "messages",
    "thread.run": "runs",
    "thread.run.step": "steps",
    "vector_store": "vector_stores",
    "vector_store.file": "vector_store_files",
    "vector_store.file_content.page": "vector_store_file_contents",
    "vector_store.files_batch": "vector_store_file_batches",
    "vector_store.file_batch": "vector_store_file_batches",
    "file": "files",
    "container": "containers",
    "container.file": "container_files",
    "model": "models",
}
"""The kind of an object by its `object`."""
_NESTED = ("steps", "messages", "runs")
"""What dumps put into an object that the API keeps apart."""
_DEEPEST = 12


@dataclass(frozen=True)
class Context:
    """What is known of an object from around it."""

    thread_id: str | None = None
    run_id: str | None = None
    vector_store_id: str | None = None
    file_id: str | None = None


@dataclass
class Finder:
    """Makes captures of what it finds, each newer than those before."""

    version: int = 1
    found: int = 0
    unknown: set[str] = field(default_factory=set)
    """The `object` of what has one that is not known."""

    def captures(self, piece: Piece, context: Context, depth: int = 0) -> Iterator[Capture | Absence]:
        """All objects within a value, in the order of their making as far as lists tell it."""
        value = piece.value
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for element in _oldest_first(list(elements_of(piece.raw))):
                yield from self.captures(element, context, depth + 1)
        elif isinstance(value, dict):
            yield from self._of_object(piece, context, depth)

    def _of_object(self, piece: Piece, context: Context, depth: int) -> Iterator[Capture | Absence]:
        value = piece.value
        name = value.get("object")
        kind = KIND_OF.get(name) if isinstance(name, str) else None
        inner = _within(value, kind, context)
        if kind is None:
            if isinstance(name, str) and name != "list":
                self.unknown.add(name)
            for _, member in members_of(piece.raw):
                yield from self.captures(member, inner, depth + 1)
            return
        yield self._capture(kind, piece, context)
        for key, member in members_of(piece.raw) if any(key in value for key in _NESTED) else ():
            if key in _NESTED:
                yield from self.captures(member, inner, depth + 1)

    def _capture(self, kind: str, piece: Piece, context: Context) -> Capture | Absence:
        value = piece.value
        object_id = context.file_id if kind == "vector_store_file_contents" else _text(value.get("id"))
        owner: str | None = object_id
        parent = None
        if kind in ("messages", "runs", "steps"):
            owner = _text(value.get("thread_id")) or context.thread_id
            parent = (_text(value.get("run_id")) or context.run_id) if kind == "steps" else None
        elif kind.startswith("vector_store_"):
            owner = _text(value.get("vector_store_id")) or context.vector_store_id
            parent = context.file_id if kind == "vector_store_file_contents" else None
        elif kind == "container_files":
            owner = _text(value.get("container_id"))
        if object_id is None or owner is None:
            lacks = "an id" if object_id is None else "the id of what it belongs to"
            return Absence(kind, object_id or "", f"an object was found that lacks {lacks}")
        self.version += 1
        self.found += 1
        made = value.get("created_at")
        stamp = float(made) if isinstance(made, int | float) and abs(made) < 2**60 else 0.0
        return Capture(kind, whole(object_id), whole(owner), one_line(piece.raw), whole(parent), stamp, self.version)


def _within(value: dict[str, Any], kind: str | None, context: Context) -> Context:
    """The context of what an object holds."""
    own = _text(value.get("id"))
    thread = value.get("thread")
    thread_id = _text(value.get("thread_id")) or (_text(thread.get("id")) if isinstance(thread, dict) else None)
    return Context(
        thread_id=own if kind == "threads" else thread_id or context.thread_id,
        run_id=own if kind == "runs" else _text(value.get("run_id")) or context.run_id,
        vector_store_id=own
        if kind == "vector_stores"
        else _text(value.get("vector_store_id")) or context.vector_store_id,
        file_id=context.file_id,
    )


def _oldest_first(pieces: list[Piece]) -> list[Piece]:
    """A list the other way round if it has the newest first, as the API lists unless it is asked otherwise."""
    times = [piece.value.get("created_at") for piece in pieces if isinstance(piece.value, dict)]
    numbers = [time for time in times if isinstance(time, int | float)]
    return pieces[::-1] if numbers and numbers[0] > numbers[-1] else pieces


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
