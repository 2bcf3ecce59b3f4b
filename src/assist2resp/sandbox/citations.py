"""Citations as the Assistants API writes them: a marker within the text, and an annotation that spans it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assist2resp.sandbox.prompt import Text
from assist2resp.sandbox.wire import Json


@dataclass(frozen=True)
class Piece:
    """A stretch of the marked text with the annotations that end in it."""

    value: str
    annotations: list[Json] = field(default_factory=list)

    @property
    def is_marker(self) -> bool:
        """Whether this is a citation's marker, which is no part of what the model said."""
        return any(entry["type"] == "file_citation" for entry in self.annotations)


def mark(text: Text, files: Mapping[str, str]) -> list[Piece]:
    """The text with its markers, in the pieces that stream; `files` gives the ids of written files by name."""
    pieces: list[Piece] = []
    length = 0
    for piece in _pieces(text, files):
        pieces.append(Piece(piece.value, [_spanned(entry, length) for entry in piece.annotations]))
        length += len(piece.value)
    return pieces


def _pieces(text: Text, files: Mapping[str, str]) -> Iterator[Piece]:
    """The pieces; the start of each annotation is still an offset from the start of its own piece."""
    markers = [
        (
            min(citation.index, len(text.text)),
            0,
            _citation(f"【4:{number}†{citation.document.filename}】", citation.document.file_id),
        )
        for number, citation in enumerate(text.citations)
    ]
    links = [
        (path.end, 1, _path(text, path.start, path.end, files[path.filename]))
        for path in text.paths
        if path.filename in files
    ]
    waiting = sorted([*markers, *links], key=lambda entry: entry[:2])
    offset = 0
    for delta in text.deltas or (text.text,):
        rest = delta
        while waiting and waiting[0][0] <= offset + len(rest):
            place, kind, annotation = waiting.pop(0)
            cut = place - offset
            if kind == 0:
                if cut:
                    yield Piece(rest[:cut])
                yield Piece(annotation["text"], [annotation])
            else:
                yield Piece(rest[:cut], [{**annotation, "start_index": cut - len(annotation["text"])}])
            rest, offset = rest[cut:], place
        if rest:
            yield Piece(rest)
            offset += len(rest)


def _citation(marker: str, file_id: str) -> Json:
    return {"type": "file_citation", "text": marker, "start_index": 0, "file_citation": {"file_id": file_id}}


def _path(text: Text, start: int, end: int, file_id: str) -> Json:
    return {"type": "file_path", "text": text.text[start:end], "start_index": 0, "file_path": {"file_id": file_id}}


def _spanned(entry: Json, length: int) -> Json:
    start = entry["start_index"] + length
    kind = entry["type"]
    return {
        "type": kind,
        "text": entry["text"],
        "start_index": start,
        "end_index": start + len(entry["text"]),
        kind: entry[kind],
    }
