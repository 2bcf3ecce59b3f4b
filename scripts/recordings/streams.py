"""Server-sent events: reading them, and collapsing runs of the same delta."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recordings.reading import json_of


@dataclass(frozen=True)
class Event:
    """One server-sent event: its name and its JSON, or the text `[DONE]`."""

    name: str
    data: Any


def is_stream(headers: Any, body: bytes) -> bool:
    """Whether an answer is a stream of events, by its type or, where that was not kept, by its first bytes."""
    return "text/event-stream" in headers.get("content-type", "") or body.lstrip()[:6] in (b"event:", b"data: ")


def events(body: bytes) -> list[Event]:
    """The events of a stream; a stream cut in the middle gives what had arrived whole."""
    found: list[Event] = []
    for block in body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        name, lines = "", []
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                lines.append(value.strip())
        text = "\n".join(lines)
        if text:
            data = text if text == "[DONE]" else json_of(text.encode())
            found.append(Event(name or _type_of(data), data))
    return found


def _type_of(data: Any) -> str:
    return str(data.get("type", "")) if isinstance(data, dict) else "done"


def collapsed(stream: Sequence[Event]) -> list[Event]:
    """The first event of each run of events of one name, where the name is a delta's."""
    return [
        event
        for name, run in itertools.groupby(stream, key=lambda event: event.name)
        for event in itertools.islice(run, 1 if name.endswith("delta") else None)
    ]
