"""Files: kept with their bytes, and read as the documents that a model opens."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import Document
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import WireError

READABLE = re.compile(rb"[\t\n\x20-\x7e]{4,}")


def add_file(
    world: World, filename: str, data: bytes, purpose: str, *, file_id: str | None = None, seconds: int | None = None
) -> Record:
    """Keep a new file, uploaded or made by a model; `seconds` is how long until it expires."""
    created = world.seconds()
    body: dict[str, Any] = {
        "object": "file",
        "id": file_id or world.ids.new("file-", 22),
        "purpose": purpose,
        "filename": filename,
        "bytes": len(data),
        "created_at": created,
        "expires_at": None if seconds is None else created + seconds,
        "status": "processed",
        "status_details": None,
    }
    world.store.write_bytes(body["id"], data)
    return world.store.table("files").add(Record(body["id"], body, private={"digest": _digest(data)}))


def is_there(world: World, file_id: str) -> bool:
    """Whether the file exists and has not expired."""
    record = world.store.table("files").get(file_id)
    return record is not None and not is_over(world, record)


def file_record(world: World, file_id: str) -> Record:
    """The file of this id, unless it has expired; else the 404 of the files' routes."""
    record = world.store.table("files").get(file_id)
    if record is None or is_over(world, record):
        raise WireError(404, f"No such File object: {file_id}", param="id")
    return record


def remove_file(world: World, file_id: str) -> None:
    """Forget a file, also in the vector stores that hold it."""
    world.store.table("files").delete(file_id)
    world.store.delete_bytes(file_id)
    links = world.store.table("vector_store_files")
    for link in links.all():
        if link.body["id"] == file_id:
            links.delete(link.id)


def document(world: World, file_id: str, param: str = "file_id") -> Document:
    """A file as a model opens it; a 404 that names `param` if there is none."""
    record = world.store.table("files").get(file_id)
    if record is None or is_over(world, record):
        raise WireError(404, f"No file found with id '{file_id}'.", param=param)
    data = world.store.read_bytes(file_id)
    return Document(file_id, record.body["filename"], text_of(data), _digest(data))


def text_of(data: bytes) -> str:
    """The text in a file's bytes: all of a UTF-8 file, the readable runs of any other."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return b"\n".join(READABLE.findall(data)).decode("ascii")


def is_over(world: World, record: Record) -> bool:
    """Whether a file has expired."""
    expires_at = record.body["expires_at"]
    return expires_at is not None and expires_at <= world.seconds()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
