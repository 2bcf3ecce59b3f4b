"""What a recording uses without having made it.

The rule: an id that stands in a request (in its path, or in its body at a key that names an object) or in a row of a
recorded list, and that no earlier answer of the same recording gave, is made first, with what the recording shows of
the object anywhere, unless the recorded answer says that it does not exist (404). Nothing else is made, but one older
object where a recorded list says that it has more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recordings.routes import Place

BODY_KEYS = {
    "assistant_id": "assistant",
    "thread_id": "thread",
    "previous_response_id": "response",
    "conversation": "conversation",
    "file_id": "file",
    "file_ids": "file",
    "vector_store_id": "vector_store",
    "vector_store_ids": "vector_store",
    "container": "container",
}
ROWS = {
    "/assistants": "assistant",
    "/threads/{thread}/messages": "message",
    "/threads/{thread}/runs": "run",
    "/conversations/{conversation}/items": "item",
    "/vector_stores": "vector_store",
    "/vector_stores/{vector_store}/files": "vector_store_file",
    "/vector_stores/{vector_store}/search": "found_file",
    "/files": "file",
    "/containers": "container",
    "/containers/{container}/files": "container_file",
}
"""The kind of the rows of each list."""


@dataclass(frozen=True)
class Need:
    """An object that must exist: its kind and recorded id."""

    kind: str
    id: str


@dataclass(frozen=True)
class Use:
    """The exchange that needs objects: where it is sent, its body, if it was answered well, and the list it answers."""

    place: Place
    body: Any
    succeeded: bool
    listed: Any = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the list in the order of their making."""
        rows = self.listed.get("data") if isinstance(self.listed, dict) else None
        return oldest_first(rows, self.place.query) if isinstance(rows, list) else []

    @property
    def has_more(self) -> bool:
        """Whether older rows than those listed are left."""
        more = isinstance(self.listed, dict) and self.listed.get("has_more")
        return bool(more) and "order=asc" not in self.place.query

    @property
    def parents(self) -> Mapping[str, str]:
        """The recorded ids of the path."""
        return self.place.ids

    def named(self) -> Iterator[Need]:
        """The objects that path and body name."""
        for kind, object_id in self.parents.items():
            if kind != "model":
                yield Need(kind, object_id)
        yield from body_needs(self.body)


def body_needs(body: Any, key: str = "") -> Iterator[Need]:
    """The objects that a request's body names."""
    if isinstance(body, dict):
        if key == "conversation" and isinstance(body.get("id"), str):
            yield Need("conversation", body["id"])
        if body.get("type") == "item_reference":
            yield Need("item", str(body.get("id")))
        for name, value in body.items():
            if name not in {"metadata", "parameters", "schema"}:
                yield from body_needs(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from body_needs(value, key)
    elif isinstance(body, str) and key in BODY_KEYS and body:
        yield Need(BODY_KEYS[key], body)


def oldest_first(rows: list[Any], query: str) -> list[dict[str, Any]]:
    """The rows of a list in the order of their making."""
    shown = [row for row in rows if isinstance(row, dict)]
    ordered = shown if "order=asc" in query else shown[::-1]
    return sorted(ordered, key=lambda row: row.get("created_at") or 0)


def unmade_calls(body: Any) -> list[dict[str, Any]]:
    """The function calls that a request for a response answers without giving them."""
    rows = body.get("input") if isinstance(body, dict) else None
    items = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    given = {row.get("call_id") for row in items if row.get("type") == "function_call"}
    return [
        {"type": "function_call", "call_id": row["call_id"], "name": "function", "arguments": "{}"}
        for row in items
        if row.get("type") == "function_call_output" and row.get("call_id") not in given
    ]


def purpose_of(body: Any, file_id: str) -> str:
    """For what a request uses this file, as its upload must have said."""
    if isinstance(body, dict):
        if body.get("file_id") == file_id:
            return {"input_image": "vision", "input_file": "user_data"}.get(str(body.get("type")), "assistants")
        for key, value in body.items():
            if key == "image_file" and isinstance(value, dict) and value.get("file_id") == file_id:
                return "vision"
            if (found := purpose_of(value, file_id)) != "assistants":
                return found
    for value in body if isinstance(body, list) else ():
        if (found := purpose_of(value, file_id)) != "assistants":
            return found
    return "assistants"
