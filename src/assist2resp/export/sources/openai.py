"""OpenAI's API, or any server that speaks its wire: what is listed, and threads by their ids.

OpenAI itself answers 404 to assistants and threads since 2026-08-26; servers that others wrote still have them, and
vector stores, files and models are alive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from assist2resp.errors import UsageError
from assist2resp.export.http import Http, NotFoundError, RefusedError
from assist2resp.export.pages import Page, id_of, walk
from assist2resp.export.source import (
    Absence,
    AbsentError,
    Capture,
    Content,
    FetchError,
    Found,
    Settings,
    SkippedError,
    Unit,
)
from assist2resp.export.verbatim import Piece, piece_of
from assist2resp.mapping.ledger import whole
from assist2resp.network.access import Access, access_of
from assist2resp.network.pace import Pace
from assist2resp.schema.moments import seconds_of, shown

_PAGE = 100
_FILES_PAGE = 10_000
_LISTED = ("assistants", "vector_stores", "files", "containers", "models")
_LIMITS: dict[str, tuple[dict[str, Any], ...]] = {
    "files": ({"limit": _FILES_PAGE, "order": "asc"}, {"limit": _PAGE, "order": "asc"}, {}),
    "models": ({},),
}
"""The queries of listings that are not like the others, the largest page first."""
_WITHIN = {"limit": _PAGE, "order": "asc"}
_TOO_LARGE = (400, 422)
"""How servers refuse a page that is too large for them."""
_INNER = {"files": "file_contents", "vector_stores": "vector_stores", "containers": "containers", "threads": "threads"}
"""What is fetched of each object of a listing."""


class OpenAISource:
    """Reads from a base URL; `listed` are the kinds that the server lists."""

    def __init__(self, name: str, settings: Settings, access: Access, listed: tuple[str, ...]) -> None:
        pace = Pace(settings.concurrency, settings.rate)
        self._http = Http(access, pace, patience=settings.patience)
        self._settings = settings
        self._listed = listed
        self.place = f"{name} {self._http.place}"
        self.concurrency = settings.concurrency
        self.wanted = _wish(settings.since)
        self._missing = 0

    async def units(self) -> AsyncIterator[Unit]:
        """The listings that are wanted, and the threads."""
        for kind in self._listed:
            if kind in self._settings.groups and not (kind == "threads" and self._settings.has_thread_ids):
                yield Unit(kind)
        if "threads" in self._settings.groups:
            for thread_id in self._settings.thread_ids or ():
                yield Unit("threads", thread_id)

    def fetch(self, unit: Unit) -> AsyncIterator[Found]:
        """What a unit holds."""
        if unit.id:
            by_id: dict[str, Callable[[str], AsyncIterator[Found]]] = {
                "threads": partial(_wanted, self._thread),
                "vector_stores": partial(_wanted, self._vector_store),
                "files": self._file,
                "containers": self._container,
                "container_contents": self._container_content,
                "file_contents": self._file_content,
            }
            if unit.kind not in by_id:
                raise FetchError("another source told of it; the command for that one tries it again")
            return by_id[unit.kind](unit.id)
        return self._listing(unit.kind)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def _listing(self, kind: str) -> AsyncIterator[Found]:
        try:
            async for pieces in self._all(kind):
                for piece in pieces:
                    found = id_of(piece.value)
                    if kind != "threads":
                        yield Capture(kind, whole(found), whole(found), piece.raw)
                    if kind in _INNER:
                        yield Unit(_INNER[kind], found)
        except NotFoundError as error:
            self._missing += 1
            if self._missing == len(self._listed):
                raise UsageError(
                    f"{self._http.place} speaks no wire of Assistants: every listing answers 404; check the base URL."
                ) from None
            raise AbsentError(_gone(kind, error)) from None
        except RefusedError as error:
            if kind != "threads":
                raise
            raise AbsentError(_gone(kind, error)) from None

    async def _all(self, kind: str) -> AsyncIterator[list[Piece]]:
        """A listing in pages as large as the server allows."""
        *larger, last = _LIMITS.get(kind, ({"limit": _PAGE, "order": "asc"},))
        for query in larger:
            try:
                first = await self._http.get(f"/{kind}", query, Page)
            except RefusedError as error:
                if error.status not in _TOO_LARGE:
                    raise
            else:
                async for pieces in self._pages(f"/{kind}", query, first):
                    yield pieces
                return
        async for pieces in self._pages(f"/{kind}", last):
            yield pieces

    async def _thread(self, thread_id: str) -> AsyncIterator[Found]:
        path = f"/threads/{quote(thread_id, safe='')}"
        thread = await self._http.get(path, {}, piece_of)
        owner, made = whole(thread_id), seconds_of(thread.value.get("created_at"))
        if self._settings.since is not None and made is not None and made < self._settings.since:
            raise SkippedError(self.wanted)
        yield Capture("threads", owner, owner, thread.raw)
        files = set(_referred(thread))
        messages = await self._list(f"{path}/messages")
        yield _in_order("messages", owner, messages)
        for piece in messages:
            files.update(_referred(piece))
        if "runs" in self._settings.groups:
            runs = await self._list(f"{path}/runs")
            yield _in_order("runs", owner, runs)
            for number, run in enumerate(_ascending(runs)):
                async for found in self._steps(path, owner, id_of(run.value), number, files):
                    yield found
        if "files" in self._settings.groups:
            for file_id in sorted(files):
                yield Unit("files", file_id)

    async def _steps(self, path: str, owner: str, run_id: str, number: int, files: set[str]) -> AsyncIterator[Found]:
        steps = await self._list(f"{path}/runs/{quote(run_id, safe='')}/steps")
        yield _in_order("steps", owner, steps, parent=whole(run_id), stamp=float(number))
        for step in steps:
            files.update(_referred(step))

    async def _vector_store(self, store_id: str) -> AsyncIterator[Found]:
        owner, path = whole(store_id), f"/vector_stores/{quote(store_id, safe='')}/files"
        files = await self._list(path)
        for capture in _in_order("vector_store_files", owner, files):
            yield capture
            try:
                content = await self._http.get(f"{path}/{quote(capture.id, safe='')}/content", {}, piece_of)
            except RefusedError as error:
                yield Absence("vector_store_file_contents", f"{owner}/{capture.id}", str(error))
            else:
                yield Capture("vector_store_file_contents", capture.id, owner, content.raw, parent=capture.id)

    async def _container(self, container_id: str) -> AsyncIterator[Found]:
        """The files of a container, which ends after minutes without use and takes them with it."""
        owner, path = whole(container_id), f"/containers/{quote(container_id, safe='')}/files"
        try:
            files = await self._list(path)
        except RefusedError as error:
            yield Absence("container_files", owner, str(error))
            return
        for capture in _in_order("container_files", owner, files):
            yield capture
            yield Unit("container_contents", f"{owner}/{capture.id}")

    async def _container_content(self, place: str) -> AsyncIterator[Found]:
        container_id, _, file_id = place.partition("/")
        path = f"/containers/{quote(container_id, safe='')}/files/{quote(file_id, safe='')}/content"
        yield Content(whole(file_id), partial(self._chunks, path))

    async def _file(self, file_id: str) -> AsyncIterator[Found]:
        file = await self._http.get(f"/files/{quote(file_id, safe='')}", {}, piece_of)
        yield Capture("files", whole(file_id), whole(file_id), file.raw)
        yield Unit("file_contents", file_id)

    async def _file_content(self, file_id: str) -> AsyncIterator[Found]:
        yield Content(whole(file_id), partial(self._chunks, f"/files/{quote(file_id, safe='')}/content"))

    async def _chunks(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file; many files may not be downloaded."""
        try:
            async for chunk in self._http.chunks(path):
                yield chunk
        except RefusedError as error:
            raise AbsentError(str(error)) from None

    async def _list(self, path: str) -> list[Piece]:
        """Everything that a listing within an object has."""
        return [piece async for pieces in self._pages(path, _WITHIN) for piece in pieces]

    async def _pages(
        self, path: str, query: Mapping[str, Any], first: Page | None = None
    ) -> AsyncIterator[list[Piece]]:
        async def page(after: str | None) -> Page:
            if after is None and first is not None:
                return first
            return await self._http.get(path, {**query, "after": after} if after else query, Page)

        async for pieces in walk(page, int(query.get("limit", _FILES_PAGE))):
            yield pieces


async def _wanted(fetch: Callable[[str], AsyncIterator[Found]], wanted_id: str) -> AsyncIterator[Found]:
    """What is fetched of something that must be there: a 404 is its failure, and never an empty object."""
    try:
        async for found in fetch(wanted_id):
            yield found
    except NotFoundError as error:
        raise FetchError(f"{error} It may be deleted, of another project, or of an API that is gone.") from None


def _wish(since: float | None) -> str:
    return f"threads made before {shown(since)} UTC were not asked for" if since is not None else ""


def _gone(kind: str, error: RefusedError) -> str:
    reasons = {
        "assistants": "the API of assistants is gone since 2026-08-26",
        "threads": "the server does not list threads; give their ids with --threads",
    }
    return f"{reasons.get(kind, 'the server has no such listing')} ({error})"


def _in_order(
    kind: str, owner: str, pieces: Sequence[Piece], *, parent: str | None = None, stamp: float = 0
) -> list[Capture]:
    """The objects of an owner in the order of their making."""
    return [Capture(kind, whole(id_of(piece.value)), owner, piece.raw, parent, stamp) for piece in _ascending(pieces)]


def _ascending(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """As listed; or the other way round where the server gave the newest first though it was asked for the oldest."""
    times = [piece.value.get("created_at") for piece in pieces]
    if not (all(isinstance(time, int | float) for time in times) or all(isinstance(time, str) for time in times)):
        return pieces
    falls = [later < earlier for earlier, later in pairwise(times)]
    rises = [later > earlier for earlier, later in pairwise(times)]
    return list(reversed(pieces)) if any(falls) and not any(rises) else pieces


def _referred(piece: Piece) -> list[str]:
    """The ids of the files that an object refers to."""
    return _files_of(piece.value) if '"file_id' in piece.raw else []


def _files_of(value: Any) -> list[str]:
    """The ids of files that an object refers to anywhere."""
    if isinstance(value, list):
        return [file_id for entry in value for file_id in _files_of(entry)]
    if not isinstance(value, dict):
        return []
    found = [value["file_id"]] if isinstance(value.get("file_id"), str) else []
    ids = value.get("file_ids")
    found += [entry for entry in ids if isinstance(entry, str)] if isinstance(ids, list) else []
    return found + [file_id for name, entry in value.items() if name != "metadata" for file_id in _files_of(entry)]


def open_source(settings: Settings) -> OpenAISource:
    """The source `openai`."""
    access = access_of(settings.base_url, settings.api_key, user="the source openai")
    headers = {**access.headers, "openai-beta": "assistants=v2"}
    headers |= {"openai-project": settings.project} if settings.project else {}
    return OpenAISource("openai", settings, replace(access, headers=headers), _LISTED)
