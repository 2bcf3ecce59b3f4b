"""What is written of a thread: its items in chunks that the API takes, and its metadata; pure.

Limits: at most 20 items in a request, https://platform.openai.com/docs/api-reference/conversations/create-items; sixteen
pairs of metadata with keys of 64 and values of 512 characters; `call_id` of 64.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assist2resp.load.reading import Record, seconds_of

Json = dict[str, Any]

CHUNK = 20
THREAD_KEY = "assist2resp_thread"
DATE_KEY = "assist2resp_created_at"
_HEAVIEST = 2**22
"""Characters of text in a request, a single group that is longer aside, so that memory stays flat."""
_PAIRS, _KEY, _VALUE, _CALL_ID = 16, 64, 512, 64


@dataclass(frozen=True)
class Plan:
    """A thread as it will be written."""

    thread_id: str
    metadata: dict[str, str]
    items: tuple[Json, ...]
    origins: tuple[Json, ...]
    """Where each item comes from: `Origin` as it is written."""
    ends: tuple[int, ...]
    """The number of items up to the end of each chunk."""
    notes: tuple[str, ...] = field(default=())
    """What is written otherwise than the archive has it."""

    def chunk(self, start: int) -> tuple[Json, ...]:
        """The items from `start` on that go into one request; none at the end."""
        end = next((end for end in self.ends if end > start), start)
        return self.items[start:end]


def plan_of(record: Record) -> Plan:
    """The plan of a thread."""
    notes: list[str] = []
    entries = [(_item(entry["item"], entry["origin"]), entry["origin"]) for entry in record["items"]]
    groups = list(_groups(entries, notes))
    ends: list[int] = []
    begun = total = weight = 0
    for group in groups:
        heavier = weight + sum(_weight(item) for item, _ in group)
        if total > begun and (total + len(group) - begun > CHUNK or heavier > _HEAVIEST):
            ends.append(total)
            begun, heavier = total, heavier - weight
        weight = heavier
        total += len(group)
    ordered = [entry for group in groups for entry in group]
    return Plan(
        record["thread_id"],
        metadata_of(record, notes),
        tuple(item for item, _ in ordered),
        tuple(origin for _, origin in ordered),
        (*ends, total) if total else (),
        tuple(notes),
    )


_Entry = tuple[Json, Json]


def _item(item: Json, origin: Json) -> Json:
    """An item as it is sent: an answer has the fields that answers of the API have, but for an id, which the server gives;
    a foreign call id that is too long is shortened.
    """
    if item["type"] == "message" and item["role"] == "assistant":
        status = "incomplete" if origin["status"] == "incomplete" else "completed"
        parts = [{**part, "logprobs": []} if part["type"] == "output_text" else part for part in item["content"]]
        return {**item, "content": parts, "status": status}
    if len(item.get("call_id", "")) > _CALL_ID:
        return {**item, "call_id": "call_" + hashlib.sha256(item["call_id"].encode()).hexdigest()[:32]}
    return item


def _weight(item: Json) -> int:
    """How long the texts of an item are."""
    if item["type"] == "message":
        return sum(len(part.get("text") or part.get("refusal") or "") for part in item["content"])
    return len(item.get("arguments") or "") + len(item.get("output") or "")


def _groups(entries: Sequence[_Entry], notes: list[str]) -> Iterator[list[_Entry]]:
    """Runs of items that may not be parted: calls, what stands between, and their outputs."""
    group: list[_Entry] = []
    waiting: set[str] = set()
    for entry in entries:
        group.append(entry)
        if entry[0]["type"] == "function_call":
            waiting.add(entry[0]["call_id"])
        elif entry[0]["type"] == "function_call_output":
            waiting.discard(entry[0]["call_id"])
        if not waiting:
            yield from _within_limit(group, notes)
            group = []
    if group:
        yield from _within_limit(group, notes)


def _within_limit(group: list[_Entry], notes: list[str]) -> Iterator[list[_Entry]]:
    """The group; one that is larger than a chunk as pairs, each call with its output right after it."""
    if len(group) <= CHUNK:
        yield group
        return
    notes.append("parallel calls are more than a request takes: each output follows its call")
    outputs = {item["call_id"]: (item, origin) for item, origin in group if item["type"] == "function_call_output"}
    for entry in group:
        if entry[0]["type"] == "function_call":
            output = outputs.pop(entry[0]["call_id"], None)
            yield [entry, output] if output else [entry]
        elif entry[0]["type"] != "function_call_output":
            yield [entry]


def metadata_of(record: Record, notes: list[str]) -> dict[str, str]:
    """The thread's metadata; and its id and date, as far as the sixteen pairs leave room."""
    found: dict[str, str] = {}
    for key, value in record["metadata"].items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(key) > _KEY or len(text) > _VALUE:
            notes.append("a pair of metadata was cut to what the API takes")
        found[key[:_KEY]] = text[:_VALUE]
    if len(found) > _PAIRS:
        notes += ["a pair of metadata is one more than the API takes, and left out"] * (len(found) - _PAIRS)
        found = dict(list(found.items())[:_PAIRS])
    created = seconds_of(record["created_at"])
    own = {THREAD_KEY: record["thread_id"][:_VALUE]} | ({} if created is None else {DATE_KEY: str(created)})
    for key, value in own.items():
        if len(found) < _PAIRS:
            found[key] = value
        else:
            notes.append(f"{key} has no room beside sixteen pairs of metadata")
    return found


def images_of(item: Mapping[str, Any]) -> list[Json]:
    """The images of an item."""
    content = item.get("content") if item["type"] == "message" else None
    return [part for part in content if part["type"] == "input_image"] if isinstance(content, list) else []


def with_images(item: Json, images: Mapping[str, str | None], *, unknown: bool = True) -> Json:
    """The item with the new ids of its images' files; a placeholder for a file that is None, and for all others
    unless `unknown` ones stay.
    """
    if not images_of(item):
        return item
    return {**item, "content": [_shown(part, images, unknown=unknown) for part in item["content"]]}


def _shown(part: Json, images: Mapping[str, str | None], *, unknown: bool) -> Json:
    if part["type"] != "input_image":
        return part
    name = part.get("file_id") or part.get("image_url")
    file_id = images.get(str(name), name if unknown else None)
    if file_id is None:
        return {"type": "input_text", "text": f"[image {name}]"}
    return {**part, "file_id": file_id} if part.get("file_id") else part


def without_annotations(item: Json) -> Json:
    """The item without its citations, for a server that refuses them."""
    if item["type"] != "message":
        return item
    parts = [{**part, "annotations": []} if part.get("annotations") else part for part in item["content"]]
    return {**item, "content": parts}
