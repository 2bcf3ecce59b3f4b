"""The text of a message while it streams, with the markers of its citations put where they belong."""

from __future__ import annotations

from assist2resp.rewrite.support.parts.content import _link, _marker, _spanned
from assist2resp.rewrite.support.parts.wire import Json


class _StreamedText:
    """Takes pieces of text and citations, which come after the text that they cite, and gives deltas of the old API.

    With `may_cite`, a piece is told when the next event has come: until then a citation may fall into it.
    """

    def __init__(self, *, may_cite: bool) -> None:
        self._may_cite = may_cite
        self._value = ""
        self._pending = ""
        self._told = 0
        self._marks = 0

    def add(self, piece: str) -> list[Json]:
        """The deltas to tell now that this piece has come."""
        told = self.rest()
        self._pending = piece
        return told if self._may_cite else told + self.rest()

    def rest(self) -> list[Json]:
        """The delta that was held back, if one was."""
        return self._tell(len(self._pending))

    def cite(self, cited: Json) -> list[Json]:
        """The deltas to tell of a citation; none where its place has been told already."""
        if cited["type"] == "file_citation" and cited.get("index", self._told) >= self._told:
            told = self._tell(min(cited.get("index", self._told) - self._told, len(self._pending)))
            marker = _marker(self._marks, cited)
            return [*told, self._delta(marker, _spanned("file_citation", marker, len(self._value), cited["file_id"]))]
        if cited["type"] == "container_file_citation":
            told = self.rest()
            link = _link(self._value, cited["filename"])
            if link:
                told.append(self._delta("", _spanned("file_path", link, self._value.rindex(link), cited["file_id"])))
            return told
        return []

    def _tell(self, length: int) -> list[Json]:
        piece, self._pending = self._pending[:length], self._pending[length:]
        self._told += len(piece)
        return [self._delta(piece)] if piece else []

    def _delta(self, value: str, annotation: Json | None = None) -> Json:
        delta: Json = {"value": value}
        if annotation:
            delta["annotations"] = [{"index": self._marks, **annotation}]
            self._marks += 1
        elif not self._value:
            delta["annotations"] = []
        self._value += value
        return delta
