"""Vector stores that expired or are gone, made again of their files, or of the text that was parsed from them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assist2resp.load.api import Api, Json, LostError, RefusedError, WriteError
from assist2resp.load.files import Files
from assist2resp.load.journal import Journal, Made, State
from assist2resp.load.reading import read_stores
from assist2resp.schema.archive import StoredFile, VectorStoreRecord

KIND = "vector_stores"
STORE_KEY = "assist2resp_vector_store"
_PAIRS = 16
_NEWEST = 100
_LOOKS = 40
"""Times that is asked whether the files of a store are indexed, ever more slowly."""


@dataclass(frozen=True)
class Outcome:
    """What became of a vector store; `new` is its old id where it lives."""

    old: str
    new: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()


class Stores:
    """The vector stores of an archive."""

    def __init__(self, folder: Path, api: Api, journal: Journal, files: Files) -> None:
        self._folder = folder
        self._api = api
        self._journal = journal
        self._files = files

    async def make(self) -> AsyncIterator[Outcome]:
        """Make each store that does not live, one after the other."""
        for record in read_stores(self._folder):
            notes: list[str] = []
            try:
                new = await self._living_or_made(record, notes)
            except WriteError as error:
                yield Outcome(record.id, reason=f"vector store: {error}")
            else:
                yield Outcome(record.id, new, notes=tuple(notes))

    async def _living_or_made(self, record: VectorStoreRecord, notes: list[str]) -> str:
        known = self._journal.made(KIND, record.id)
        if known is not None and known.state == State.DONE:
            return known.new
        if known is None and await self._lives(record.id):
            return record.id
        files = [(stored, await self._file(stored, notes)) for stored in record.files]
        if record.files and not any(file_id for _, file_id in files):
            raise WriteError("none of its files is left, neither on the server nor in the archive")
        if known is not None and known.state == State.MADE:
            new = known.new
        else:
            new = await self._make(record, was_begun=known is not None)
        for stored, file_id in files:
            if file_id:
                await self._add(new, stored, file_id)
        await self._wait(new, notes)
        await self._journal.keep_made(Made(KIND, record.id, State.DONE, new))
        return new

    async def _lives(self, store_id: str) -> bool:
        try:
            shown = await self._api.read(_path(store_id))
        except RefusedError:
            return False
        return shown.get("status") != "expired"

    async def _file(self, stored: StoredFile, notes: list[str]) -> str | None:
        old = str(stored.file.get("id"))
        new = await self._files.living(old, stored)
        if new is None:
            notes.append("a file of a vector store is gone, and so is its text")
        elif new != old:
            notes.append("a file of a vector store was uploaded again")
        return new

    async def _make(self, record: VectorStoreRecord, *, was_begun: bool) -> str:
        """Make an empty store; one whose making had no answer is found by its metadata."""
        new = await self._made_before(record.id) if was_begun else ""
        if not new:
            await self._journal.keep_made(Made(KIND, record.id, State.BEGUN))
            try:
                new = str((await self._api.write("/vector_stores", _described(record)))["id"])
            except LostError:
                new = await self._made_before(record.id)
                if not new:
                    raise
        await self._journal.keep_made(Made(KIND, record.id, State.MADE, new))
        return new

    async def _made_before(self, old: str) -> str:
        listing = await self._api.read("/vector_stores", {"order": "desc", "limit": _NEWEST})
        data = listing.get("data") or ()
        found = [store["id"] for store in data if (store.get("metadata") or {}).get(STORE_KEY) == old]
        return str(found[0]) if found else ""

    async def _add(self, store: str, stored: StoredFile, file_id: str) -> None:
        """Put a file into a store; one that is in it already may be put again."""
        body: Json = {"file_id": file_id}
        if stored.file.get("attributes"):
            body["attributes"] = stored.file["attributes"]
        if (stored.file.get("chunking_strategy") or {}).get("type") == "static":
            body["chunking_strategy"] = stored.file["chunking_strategy"]
        try:
            await self._api.write(f"{_path(store)}/files", body)
        except LostError:
            await self._api.read(f"{_path(store)}/files/{quote(file_id, safe='')}")

    async def _wait(self, store: str, notes: list[str]) -> None:
        """Wait until the files are indexed; what takes longer is told."""
        for attempt in range(_LOOKS):
            counts = (await self._api.read(_path(store))).get("file_counts") or {}
            if not counts.get("in_progress"):
                break
            await self._api.pause(min(attempt, 4))
        else:
            notes.append("a vector store was still being indexed when the load went on")
        if counts.get("failed"):
            notes.append(f"{counts['failed']} files of a vector store could not be indexed")


def _path(store_id: str) -> str:
    return f"/vector_stores/{quote(store_id, safe='')}"


def _described(record: VectorStoreRecord) -> Json:
    """The body that makes the store; it expires as the old one did."""
    old: dict[str, Any] = record.vector_store or {}
    metadata = {str(key): str(value) for key, value in (old.get("metadata") or {}).items()}
    body: Json = {"metadata": dict([*metadata.items()][: _PAIRS - 1]) | {STORE_KEY: record.id}}
    body |= {name: old[name] for name in ("name", "expires_after") if old.get(name)}
    return body
