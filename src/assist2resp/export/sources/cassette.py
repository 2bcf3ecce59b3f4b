"""Recorded HTTP traffic: cassettes of VCR for Python and Ruby, and HAR.

Every answer shows objects as they were at that moment; the last showing of each is kept.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from urllib.parse import unquote

from assist2resp.export.objects import Context, Finder
from assist2resp.export.recordings import SUFFIXES, Exchange, read_exchanges
from assist2resp.export.source import Absence, Content, FetchError, Found, Settings, Unit
from assist2resp.export.sources.dump import files_of
from assist2resp.export.verbatim import Piece, piece_of

_ROUTE = re.compile(r"/(assistants|threads|vector_stores|files|models)(?:/|$)")
_THREAD = re.compile(r"/threads/(?!runs(?:/|$))([^/]+)")
_RUN = re.compile(r"/threads/[^/]+/runs/([^/]+)")
_STORE = re.compile(r"/vector_stores/([^/]+)")
_STORE_FILE = re.compile(r"/vector_stores/[^/]+/files/([^/]+)")
_CONTENT = re.compile(r"^(?!.*/(?:vector_stores|containers)/).*/files/([^/]+)/content$")
_DATA = re.compile(r"^data: ?(\{.*)$", re.MULTILINE)
_VERSIONS = 10**9


class CassetteSource:
    """Reads files, in the order of their names."""

    concurrency = 1
    wanted = ""

    def __init__(self, settings: Settings) -> None:
        self._files = files_of(settings.inputs, SUFFIXES, "cassette")
        self._order = {name: number for number, name in enumerate(self._files)}
        self.place = f"cassette {', '.join(path.name for path in settings.inputs)}"

    async def units(self) -> AsyncIterator[Unit]:
        """The files."""
        for name in self._files:
            yield Unit("cassette", name)

    async def fetch(self, unit: Unit) -> AsyncIterator[Found]:
        """The objects of a recording."""
        path = self._files.get(unit.id)
        if path is None:
            raise FetchError("the file is no more among the inputs")
        finder = Finder(version=1 + self._order[unit.id] * _VERSIONS)
        try:
            for exchange in read_exchanges(path):
                for found in _found(exchange, finder):
                    yield found
        except ValueError as error:
            raise FetchError(f"it cannot be read: {error}") from None
        for name in sorted(finder.unknown):
            yield Absence("unknown", f"{path.name}: {name}", "an object of a kind that the archive does not know")

    async def close(self) -> None:
        """Nothing is open."""


def _found(exchange: Exchange, finder: Finder) -> Iterator[Found]:
    if not 200 <= exchange.status < 300 or not _ROUTE.search(exchange.path):
        return
    content = _CONTENT.search(exchange.path)
    if content:
        yield Content(unquote(content.group(1)), partial(_once, exchange.answer))
        return
    context = Context(*(_part(pattern, exchange.path) for pattern in (_THREAD, _RUN, _STORE, _STORE_FILE)))
    for piece in _pieces(exchange):
        if not _is_deletion(piece):
            yield from finder.captures(piece, context)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _part(pattern: re.Pattern[str], path: str) -> str | None:
    found = pattern.search(path)
    return unquote(found.group(1)) if found else None


def _pieces(exchange: Exchange) -> Iterator[Piece]:
    """The values of an answer: its own, or those of its events, deltas aside."""
    text = exchange.answer.decode("utf-8", "replace")
    if not exchange.is_stream:
        if text.strip():
            yield piece_of(text)
        return
    for found in _DATA.finditer(text):
        piece = piece_of(found.group(1))
        if not str(piece.value.get("object", "")).endswith(".delta"):
            yield piece


def _is_deletion(piece: Piece) -> bool:
    return isinstance(piece.value, dict) and str(piece.value.get("object", "")).endswith(".deleted")


def open_source(settings: Settings) -> CassetteSource:
    """The source `cassette`."""
    return CassetteSource(settings)
