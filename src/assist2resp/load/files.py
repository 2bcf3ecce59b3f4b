"""Files of an archive on the target: whether they live there, and if not, uploaded again where the archive has bytes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.load.api import Api, LostError, RefusedError
from assist2resp.load.journal import Journal, Made, State
from assist2resp.schema.archive import FileRecord, StoredFile

KIND = "files"
_PURPOSE = "user_data"
_NEWEST = 100


class Files:
    """The files that threads and vector stores refer to."""

    def __init__(self, folder: Path, api: Api, journal: Journal) -> None:
        self._folder = folder
        self._api = api
        self._journal = journal
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def living(self, file_id: str, parsed: StoredFile | None = None) -> str | None:
        """The id under which a file lives on the target; None if it is gone and can not be made again.

        `parsed` may hold the text that a vector store had of it, which stands for its bytes where those are lost.
        """
        async with self._locks[file_id]:
            known = self._journal.made(KIND, file_id)
            if known is not None and known.state in (State.DONE, State.ELSEWHERE):
                return known.new or None
            made = await self._found_or_made(file_id, parsed, was_begun=known is not None)
            if made is not None:
                await self._journal.keep_made(made)
        self._locks.pop(file_id, None)
        return made.new if made else None

    async def _found_or_made(self, file_id: str, parsed: StoredFile | None, *, was_begun: bool) -> Made | None:
        try:
            shown = await self._api.read(f"/files/{quote(file_id, safe='')}")
        except RefusedError:
            pass
        else:
            return Made(KIND, file_id, State.ELSEWHERE, str(shown.get("id") or file_id))
        name, data = self._content(file_id, parsed)
        if data is None:
            return None
        new = await self._uploaded_before(name, len(data)) if was_begun else ""
        if not new:
            await self._journal.keep_made(Made(KIND, file_id, State.BEGUN))
            new = await self._upload(name, data)
        return Made(KIND, file_id, State.DONE, new)

    async def _upload(self, name: str, data: bytes) -> str:
        try:
            answer = await self._api.upload("/files", {"purpose": _PURPOSE}, name, data)
        except LostError:
            found = await self._uploaded_before(name, len(data))
            if not found:
                raise
            return found
        return str(answer["id"])

    async def _uploaded_before(self, name: str, size: int) -> str:
        """The newest file of this name and size that no other file of the archive is."""
        listing = await self._api.read("/files", {"order": "desc", "limit": _NEWEST, "purpose": _PURPOSE})
        taken = {made.new for made in self._journal.all_made() if made.kind == KIND}
        for file in listing.get("data") or ():
            if (file.get("filename"), file.get("bytes")) == (name, size) and file.get("id") not in taken:
                return str(file["id"])
        return ""

    def _content(self, file_id: str, parsed: StoredFile | None) -> tuple[str, bytes | None]:
        """The name and the bytes of a file, or the text that was parsed from it."""
        record = self._record(file_id)
        described = record.file if record is not None and record.file else {}
        name = str(described.get("filename") or f"{file_id}.txt")
        if record is not None and record.bytes is not None:
            return name, (self._folder / record.bytes.path).read_bytes()
        text = _text_of(parsed)
        return (name if name.endswith((".txt", ".md")) else f"{name}.txt"), text.encode() if text else None

    def _record(self, file_id: str) -> FileRecord | None:
        safe = "".join(sign if sign.isalnum() or sign in "-_" else "" for sign in file_id)
        path = self._folder / "files" / f"{safe}.json"
        if safe != file_id or not path.is_file():
            return None
        try:
            record = FileRecord.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise InputFileError(path, f"is damaged: {error.errors()[0]['msg']}.") from error
        if record.bytes is not None and record.bytes.path != f"files/{safe}.bin":
            raise InputFileError(path, "is damaged: its bytes are said to lie elsewhere.")
        return record


def _text_of(parsed: StoredFile | None) -> str:
    """The text that a vector store showed of a file."""
    content = parsed.content if parsed is not None else None
    pages = content.get("data") if isinstance(content, dict) else None
    texts = [page.get("text") for page in pages if isinstance(page, dict)] if isinstance(pages, list) else []
    return "\n".join(text for text in texts if isinstance(text, str))
