"""Files and vector stores as a model sees them: documents, by the digest of their bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import Document
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import WireError, not_found

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


def documents(world: World, store_ids: Iterable[str], param: str = "vector_store_ids") -> tuple[Document, ...]:
    """The indexed files of these vector stores, each once, in the order of their digests."""
    found = {
        link.body["id"]: document(world, link.body["id"])
        for store_id in store_ids
        for link in links_of(world, used_store(world, store_id, param).id)
        if link.body["status"] == "completed"
    }
    return tuple(sorted(found.values(), key=lambda one: (one.digest, one.filename)))


def store_record(world: World, store_id: str, param: str | None = None) -> Record:
    """The vector store of this id, expired or not; else a 404."""
    record = world.store.table("vector_stores").get(store_id)
    if record is None:
        raise WireError(404, not_found("vector store", store_id).message, param=param)
    note_expiry(world, record)
    return record


def used_store(world: World, store_id: str, param: str | None = None) -> Record:
    """The vector store of this id for use, which moves its expiry; 404 if there is none, 400 if it has expired."""
    record = store_record(world, store_id, param)
    if record.body["status"] == "expired":
        raise WireError(400, f"Vector store '{store_id}' has expired.", param=param)
    now = world.seconds()
    if record.body["last_active_at"] != now:
        touch(record, now)
        world.store.table("vector_stores").save(record)
    return record


def touch(record: Record, now: int) -> None:
    """Note that a vector store was used, and when it expires now."""
    after = record.body["expires_after"]
    record.body["last_active_at"] = now
    record.body["expires_at"] = None if after is None else now + after["days"] * 86_400


def note_expiry(world: World, record: Record) -> None:
    """Let a vector store expire when its time has come."""
    expires_at = record.body["expires_at"]
    if expires_at is not None and expires_at <= world.seconds() and record.body["status"] != "expired":
        record.body["status"] = "expired"
        world.store.table("vector_stores").save(record)


def links_of(world: World, store_id: str) -> list[Record]:
    """The files of a vector store, oldest first, as `vector_store.file` objects."""
    links = world.store.table("vector_store_files").of(store_id)
    for link in links:
        if link.body["status"] == "in_progress" and link.id not in world.working:
            finish_indexing(world, link)
    return links


def finish_indexing(world: World, link: Record) -> None:
    """End the indexing of a file: completed, or failed with the reason."""
    text = document(world, link.body["id"]).text
    if text.strip():
        link.body.update(status="completed", usage_bytes=len(text.encode()))
    else:
        reason = "The file could not be parsed because it is empty."
        link.body.update(status="failed", last_error={"code": "invalid_file", "message": reason})
    world.store.table("vector_store_files").save(link)


def text_of(data: bytes) -> str:
    """The text in a file's bytes: all of a UTF-8 file, the readable runs of any other."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return b"\n".join(READABLE.findall(data)).decode("ascii")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_over(world: World, record: Record) -> bool:
    """Whether a file has expired."""
    expires_at = record.body["expires_at"]
    return expires_at is not None and expires_at <= world.seconds()
