"""Containers, in which the code interpreter runs, and their files. One that is idle too long expires for good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from assist2resp.sandbox import files
from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import Document
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError

IDLE_MINUTES = 20


def make(world: World, name: str, file_ids: Iterable[str], **options: Json | str | None) -> Record:
    """A new container that holds copies of these files."""
    now = world.seconds()
    body: Json = {
        "id": world.ids.new("cntr_", 48),
        "object": "container",
        "created_at": now,
        "status": "running",
        "expires_after": options.get("expires_after") or {"anchor": "last_active_at", "minutes": IDLE_MINUTES},
        "last_active_at": now,
        "memory_limit": options.get("memory_limit") or "1g",
        "name": name,
        "network_policy": options.get("network_policy") or {"type": "disabled"},
    }
    documents = [files.document(world, file_id, "file_ids") for file_id in file_ids]
    record = world.store.table("containers").add(Record(body["id"], body))
    for document in documents:
        copy_in(world, record, document)
    return record


def find(world: World, container_id: str) -> Record:
    """The container of this id, expired or not, its status brought up to date."""
    record = world.store.table("containers").get(container_id)
    if record is None:
        raise WireError(404, f"Container with id '{container_id}' not found.")
    idle = world.seconds() - record.body["last_active_at"]
    if record.body["status"] == "running" and idle >= record.body["expires_after"]["minutes"] * 60:
        record.body["status"] = "expired"
        world.store.table("containers").save(record)
    return record


def use(world: World, container_id: str) -> Record:
    """The container of this id, kept alive by its use; an expired one cannot be revived."""
    record = find(world, container_id)
    if record.body["status"] == "expired":
        raise WireError(400, "Container is expired.", code="container_expired")
    record.body["last_active_at"] = world.seconds()
    world.store.table("containers").save(record)
    return record


def copy_in(world: World, container: Record, document: Document) -> Record:
    """A copy of an uploaded file; its name in the container begins with its id."""
    data = world.store.read_bytes(document.file_id)
    path = f"/mnt/data/{document.file_id}-{document.filename}"
    return write(world, container, path, data, source="user", filename=document.filename)


def write(
    world: World, container: Record, path: str, data: bytes, *, source: str, filename: str = "", file_id: str = ""
) -> Record:
    """A file in a container, put there by the user or written by the model (the assistant); one of this path goes."""
    table = world.store.table("container_files")
    for old in table.of(container.id):
        if old.body["path"] == path:
            remove(world, old)
    body: Json = {
        "id": file_id or new_file_id(world),
        "object": "container.file",
        "created_at": world.seconds(),
        "bytes": len(data),
        "container_id": container.id,
        "path": path,
        "source": source,
    }
    world.store.write_bytes(body["id"], data)
    return table.add(Record(body["id"], body, container.id, {"filename": filename or path.rpartition("/")[2]}))


def new_file_id(world: World) -> str:
    """An id for a file of a container."""
    return world.ids.new("cfile_", 32)


def remove(world: World, file: Record) -> None:
    """Forget a file of a container."""
    world.store.table("container_files").delete(file.id)
    world.store.delete_bytes(file.id)


def documents(world: World, container: Record) -> tuple[Document, ...]:
    """What the user put into a container, as the interpreter finds it."""
    found = [
        Document(file.id, file.private["filename"], files.text_of(data), hashlib.sha256(data).hexdigest())
        for file in world.store.table("container_files").of(container.id)
        if file.body["source"] == "user"
        for data in (world.store.read_bytes(file.id),)
    ]
    return tuple(sorted(found, key=lambda one: (one.digest, one.filename)))
