"""Walks a listing page by page, whatever the server makes of cursors: repeated, overlapping, endless or cut short."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from assist2resp.export.source import FetchError
from assist2resp.export.verbatim import Piece, listing_of

Fetch = Callable[[str | None], Awaitable["Page"]]


class Page:
    """One page of a listing, as it was written."""

    def __init__(self, text: str) -> None:
        pieces, others = listing_of(text)
        if pieces is None:
            raise ValueError("a listing without 'data'")
        self.pieces = pieces
        self.has_more = bool(others.get("has_more"))


async def walk(fetch: Fetch, limit: int) -> AsyncIterator[list[Piece]]:
    """The objects of a listing, page by page, each once. `fetch` gets the page after an id.

    Servers are known whose `has_more` is always false, so a full page is followed by one more request; and others that
    repeat a page for ever, which is a FetchError, since nobody knows what the rest would be.
    """
    seen: set[str] = set()
    last: str | None = None
    while True:
        page = await fetch(last)
        fresh = {piece_id: piece for piece in page.pieces if (piece_id := id_of(piece.value)) not in seen}
        seen.update(fresh)
        yield list(fresh.values())
        if page.pieces and not fresh and page.has_more:
            raise FetchError(f"the listing repeats itself after {len(seen)} objects: there may be more")
        if not fresh or not (page.has_more or len(page.pieces) >= limit):
            return
        last = id_of(page.pieces[-1].value)


def id_of(value: Any) -> str:
    """The id of an object; a FetchError if it has none."""
    if isinstance(value, dict):
        found = value.get("id")
        if isinstance(found, str) and found:
            return found
    raise FetchError("the listing holds an object without an id")
