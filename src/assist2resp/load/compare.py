"""Compares what a conversation holds with what was written into it; pure.

Servers that others wrote give some of it back otherwise (a content as one string, annotations left out). What a
conversation says must be equal; how it is marked up may differ, which is told and no failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """What differs."""

    mismatch: str = ""
    """The first thing that is said otherwise, empty if there is none."""
    differences: tuple[str, ...] = ()
    """What is marked up otherwise, once for each place."""


def compared(written: Sequence[Json], found: Sequence[Json]) -> Comparison:
    """What differs between items as they were sent and as they are shown."""
    differences: list[str] = []
    for place, (sent, shown) in enumerate(zip(written, found, strict=False), start=1):
        if _is_alike(sent, shown):
            continue
        if said_by(sent) != said_by(shown):
            return Comparison(f"item {place} says something else than what was written")
        differences += _differences(sent, shown)
    if len(written) != len(found):
        return Comparison(f"{len(found)} items where {len(written)} were written")
    return Comparison(differences=tuple(differences))


def _is_alike(sent: Json, shown: Json) -> bool:
    """Whether an item is shown just as it was sent, which is seen quickly."""
    return sent.items() <= shown.items()


def said_by(item: Json) -> tuple[Any, ...]:
    """What an item says, whatever its form."""
    kind = item.get("type", "message")
    if kind == "message":
        return kind, item.get("role"), tuple(_parts(item.get("content")))
    if kind == "function_call":
        return kind, item.get("call_id"), item.get("name"), item.get("arguments")
    if kind == "function_call_output":
        return kind, item.get("call_id"), item.get("output")
    return (kind,)


def _parts(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, str):
        yield "text", content
        return
    for part in content or ():
        if part.get("type") == "refusal":
            yield "text", part.get("refusal")
        elif part.get("type") == "input_image":
            yield "image", part.get("file_id")
        else:
            yield "text", part.get("text")


def _differences(sent: Json, shown: Json) -> Iterator[str]:
    if sent["type"] != "message":
        return
    if not isinstance(shown.get("content"), list):
        yield "a content is shown as a text and not as parts"
        return
    for one, other in zip(sent["content"], shown["content"], strict=False):
        if one["type"] != other.get("type"):
            yield f"{one['type']} is shown as {other.get('type')}"
        if len(one.get("annotations") or ()) != len(other.get("annotations") or ()):
            yield "annotations are not kept"
    if sent.get("status") not in (None, "completed", shown.get("status")):
        yield "the status is not kept"
