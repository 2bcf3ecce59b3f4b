"""Vector stores: made, filled, expired, and what their objects show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from assist2resp.sandbox import files
from assist2resp.sandbox.app import World
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError, not_found

COUNTED = ("in_progress", "completed", "failed", "cancelled")
DEFAULT_CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
SEARCHABLE = frozenset(
    [
        ".c",
        ".cpp",
        ".cs",
        ".css",
        ".doc",
        ".docx",
        ".go",
        ".html",
        ".java",
        ".js",
        ".json",
        ".md",
        ".pdf",
        ".php",
        ".pptx",
        ".py",
        ".rb",
        ".sh",
        ".tex",
        ".ts",
        ".txt",
    ]
)


def make_store(
    world: World, file_ids: Iterable[str], *, chunking: Json | None = None, param: str = "file_ids", **fields: Any
) -> Record:
    """A new vector store with these files; `fields` are name, description, expires_after and metadata."""
    wanted = list(dict.fromkeys(file_ids))
    for file_id in wanted:
        check_file(world, file_id, param)
    now = world.seconds()
    body: Json = {
        "id": world.ids.new("vs_", 32),
        "object": "vector_store",
        "created_at": now,
        "name": fields.get("name") or "",
        "description": fields.get("description"),
        "usage_bytes": 0,
        "file_counts": counts([]),
        "status": "completed",
        "expires_after": fields.get("expires_after"),
        "expires_at": None,
        "last_active_at": now,
        "metadata": fields.get("metadata") or {},
    }
    record = Record(body["id"], body)
    touch(record, now)
    world.store.table("vector_stores").add(record)
    for file_id in wanted:
        attach(world, record, file_id, chunking=chunking, param=param)
    return record


def check_file(world: World, file_id: str, param: str = "file_id") -> None:
    """Refuse a file that is not there, or of a kind that cannot be searched."""
    filename = files.document(world, file_id, param).filename
    extension = PurePosixPath(filename).suffix.lower()
    if extension and extension not in SEARCHABLE:
        text = f"Files with extensions [{extension}] are not supported for retrieval. See "
        link = "https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
        raise WireError(400, text + link, param=param, code="unsupported_file")


def attach(
    world: World,
    store: Record,
    file_id: str,
    *,
    attributes: Json | None = None,
    chunking: Json | None = None,
    batch: str = "",
    param: str = "file_id",
) -> Record:
    """Put a file into a vector store, and begin to index it."""
    check_file(world, file_id, param)
    body: Json = {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": world.seconds(),
        "vector_store_id": store.id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": _effective(chunking),
        "attributes": attributes or {},
    }
    links = world.store.table("vector_store_files")
    links.delete(f"{store.id}/{file_id}")
    record = links.add(Record(f"{store.id}/{file_id}", body, store.id, {"batch": batch}))
    world.working.add(record.id)
    world.spawn(_index(world, record))
    return record


async def _index(world: World, link: Record) -> None:
    try:
        await world.clock.sleep(world.settings.step_seconds)
    finally:
        world.working.discard(link.id)
    attached = world.store.table("vector_store_files").get(link.id) is link
    if attached and files.is_there(world, link.body["id"]) and link.body["status"] == "in_progress":
        finish_indexing(world, link)


def _effective(chunking: Json | None) -> Json:
    if chunking is None or chunking["type"] == "auto":
        return {**DEFAULT_CHUNKING}
    return {"type": "static", "static": chunking["static"]}


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
    """The files of a vector store, oldest first, as `vector_store.file` objects; without files that have expired."""
    table = world.store.table("vector_store_files")
    for link in table.of(store_id):
        if not files.is_there(world, link.body["id"]):
            table.delete(link.id)
        elif link.body["status"] == "in_progress" and link.id not in world.working:
            finish_indexing(world, link)
    return table.of(store_id)


def finish_indexing(world: World, link: Record) -> None:
    """End the indexing of a file: completed, or failed with the reason."""
    text = files.document(world, link.body["id"]).text
    if text.strip():
        link.body.update(status="completed", usage_bytes=len(text.encode()))
    else:
        reason = "The file could not be parsed because it is empty."
        link.body.update(status="failed", last_error={"code": "invalid_file", "message": reason})
    world.store.table("vector_store_files").save(link)


def counts(links: Iterable[Record]) -> dict[str, int]:
    """How many of these files are in which state."""
    found = Counter(link.body["status"] for link in links)
    return {**{state: found[state] for state in COUNTED}, "total": found.total()}


def store_body(world: World, record: Record) -> Json:
    """A vector store as the wire shows it now."""
    note_expiry(world, record)
    links = links_of(world, record.id)
    status = record.body["status"]
    if status != "expired" and any(link.body["status"] == "in_progress" for link in links):
        status = "in_progress"
    usage = sum(link.body["usage_bytes"] for link in links)
    return {**record.body, "status": status, "usage_bytes": usage, "file_counts": counts(links)}


def batch_links(world: World, batch: Record) -> list[Record]:
    """The files of a batch that are still in its store."""
    return [link for link in links_of(world, batch.parent) if link.private["batch"] == batch.id]


def batch_body(world: World, batch: Record) -> Json:
    """A batch as the wire shows it now."""
    file_counts = counts(batch_links(world, batch))
    status = batch.body["status"]
    if status == "in_progress" and not file_counts["in_progress"]:
        status = "completed"
    return {**batch.body, "status": status, "file_counts": file_counts}
