"""Content of messages: old blocks as the parts of a conversation's message, and old annotations as new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assist2resp.mapping.tools import Json

Filename = Callable[[str], str | None]


@dataclass(slots=True)
class Content:
    """The parts of a message, and what they cannot say."""

    parts: list[Json] = field(default_factory=list)
    annotations: list[Any] = field(default_factory=list)
    images: list[Any] = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def content_of(blocks: Any, role: str, filename: Filename) -> Content:
    """The parts of an old message's content; `filename` gives the name of a file by its id."""
    found = Content()
    if isinstance(blocks, str):
        blocks = [{"type": "text", "text": blocks}]
    for block in blocks if isinstance(blocks, list) else []:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            _text(block.get("text"), role, filename, found)
        elif kind in ("image_file", "image_url") and isinstance(block.get(kind), dict):
            _image(block, role, found)
        elif kind == "refusal":
            _say(str(block.get("refusal") or ""), role, found, refusal=True)
        else:
            found.lost[f"content.{kind}"] = "an unknown kind of content; a placeholder stands for it"
            _say(f"[content of type {kind}]", role, found)
    if found.images and not found.parts:
        _say(" ".join(f"[image {_name(image)}]" for image in found.images), role, found)
        found.changed["content.image"] = "a placeholder, since an assistant's message holds no image"
    return found


def _say(text: str, role: str, found: Content, *, refusal: bool = False, annotations: list[Json] | None = None) -> None:
    if not text or text.isspace():
        return
    if role != "assistant":
        found.parts.append({"type": "input_text", "text": text})
    elif refusal:
        found.parts.append({"type": "refusal", "refusal": text})
    else:
        found.parts.append({"type": "output_text", "text": text, "annotations": annotations or []})


def _text(text: Any, role: str, filename: Filename, found: Content) -> None:
    """A text block; servers that others wrote also give a bare string, or a list of such blocks."""
    if isinstance(text, list):
        for entry in text:
            _text(entry, role, filename, found)
        return
    value = text.get("value") if isinstance(text, dict) else text
    annotations = text.get("annotations") if isinstance(text, dict) else None
    annotations = annotations if isinstance(annotations, list) else []
    if not isinstance(value, str):
        if value is not None:
            found.lost["content.text"] = "a text that is no string"
        return
    if not annotations:
        _say(value, role, found)
        return
    found.annotations += annotations
    if role == "assistant":
        said, cited = _cited(value, annotations, filename, found)
        _say(said, role, found, annotations=cited)
    else:
        found.lost["content.annotations"] = "input has no annotations"
        _say(value, role, found)


def _cited(text: str, annotations: list[Any], filename: Filename, found: Content) -> tuple[str, list[Json]]:
    """The text without the markers of its citations, and the annotations at the places that they then have."""
    cited: list[Json] = []
    removed: list[tuple[int, int]] = []
    end = 0
    for annotation in sorted((entry for entry in annotations if isinstance(entry, dict)), key=_start):
        kind = annotation.get("type")
        file_id = _file_id(annotation, kind)
        if kind not in ("file_citation", "file_path") or file_id is None:
            found.lost[f"content.annotations.{kind}"] = "an unknown kind of annotation"
            continue
        place = _place(text, annotation, end)
        start = _start(annotation) if place is None else place
        index = max(0, min(start, len(text)) - sum(stop - begin for begin, stop in removed if stop <= start))
        if kind == "file_path":
            cited.append({"type": kind, "file_id": file_id, "index": index})
            found.changed["content.annotations.file_path"] = "`file_path` with one index; the link stays in the text"
            continue
        cited.append({"type": kind, "file_id": file_id, "filename": filename(file_id) or file_id, "index": index})
        found.changed["content.annotations.file_citation"] = "one index instead of a span; the marker left the text"
        if place is not None:
            end = place + len(annotation["text"])
            removed.append((place, end))
    return _without(text, removed), cited


def _start(annotation: Mapping[str, Any]) -> int:
    start = annotation.get("start_index")
    return start if isinstance(start, int) else 0


def _place(text: str, annotation: Mapping[str, Any], after: int) -> int | None:
    """Where the annotation's own text stands: at its index, or where it is found next, if it is in the text at all."""
    marker, start = annotation.get("text"), _start(annotation)
    if not isinstance(marker, str) or not marker:
        return None
    if start >= after and text.startswith(marker, start):
        return start
    found = text.find(marker, after)
    return found if found >= 0 else None


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, last = [], 0
    for start, end in spans:
        pieces.append(text[last:start])
        last = end
    return "".join([*pieces, text[last:]])


def _file_id(annotation: Mapping[str, Any], kind: Any) -> str | None:
    inner = annotation.get(kind) if isinstance(kind, str) else None
    file_id = inner.get("file_id") if isinstance(inner, dict) else None
    return file_id if isinstance(file_id, str) else None


def _image(block: Json, role: str, found: Content) -> None:
    image = block[block["type"]]
    if role == "assistant":
        found.images.append(block)
        found.lost["content.image"] = "an assistant's message holds no image; it is in the origin"
        return
    source = {"file_id": image.get("file_id")} if block["type"] == "image_file" else {"image_url": image.get("url")}
    found.parts.append({"type": "input_image", "detail": image.get("detail") or "auto", **source})


def _name(block: Json) -> str:
    image = block[block["type"]]
    return str(image.get("file_id") or image.get("url"))
