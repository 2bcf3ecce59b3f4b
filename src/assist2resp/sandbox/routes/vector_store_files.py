"""The files of vector stores, one by one and in batches."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox import files, indexing
from assist2resp.sandbox.app import World
from assist2resp.sandbox.params import choice, invalid, missing
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.store_params import CREATE_BATCH, CREATE_FILE, UPDATE_FILE
from assist2resp.sandbox.wire import Json, WireError, page, read_json


def _store(world: World, request: Request) -> Record:
    return indexing.store_record(world, request.path_params["store_id"])


def _link(world: World, request: Request) -> Record:
    store, file_id = _store(world, request), request.path_params["file_id"]
    for link in indexing.links_of(world, store.id):
        if link.body["id"] == file_id:
            return link
    raise WireError(404, f"No file found with id '{file_id}' in vector store '{store.id}'.")


def _batch(world: World, request: Request) -> Record:
    store, batch_id = _store(world, request), request.path_params["batch_id"]
    if not batch_id.startswith("vsfb_"):
        text = f"Invalid 'batch_id': '{batch_id}'. Expected an ID that begins with 'vsfb_'."
        raise invalid("batch_id", text)
    batch = world.store.table("vector_store_batches").get(batch_id)
    if batch is None or batch.parent != store.id:
        raise WireError(404, f"No vector store file batch found with id '{batch_id}'.")
    return batch


def _page(links: list[Record], request: Request) -> Response:
    wanted = request.query_params.get("filter")
    if wanted is not None:
        choice(*indexing.COUNTED)(wanted, "filter")
    rows = [link.body for link in links if wanted in (None, link.body["status"])]
    return JSONResponse(page(rows, request.query_params))


async def create(world: World, request: Request) -> Response:
    """Attach a file."""
    store = _store(world, request)
    body = await read_json(request)
    CREATE_FILE(body, "")
    link = indexing.attach(
        world,
        indexing.used_store(world, store.id),
        body["file_id"],
        attributes=body.get("attributes"),
        chunking=body.get("chunking_strategy"),
    )
    return JSONResponse(link.body)


async def listing(world: World, request: Request) -> Response:
    """The files of a store, newest first, in one state if `filter` is given."""
    return _page(indexing.links_of(world, _store(world, request).id), request)


async def retrieve(world: World, request: Request) -> Response:
    """One file of a store."""
    return JSONResponse(_link(world, request).body, headers=_poll_header(world))


async def update(world: World, request: Request) -> Response:
    """Set a file's attributes."""
    link = _link(world, request)
    body = await read_json(request)
    UPDATE_FILE(body, "")
    link.body["attributes"] = body["attributes"] or {}
    world.store.table("vector_store_files").save(link)
    return JSONResponse(link.body)


async def delete(world: World, request: Request) -> Response:
    """Take a file out of a store; the file itself stays."""
    link = _link(world, request)
    world.store.table("vector_store_files").delete(link.id)
    return JSONResponse({"id": link.body["id"], "object": "vector_store.file.deleted", "deleted": True})


async def content(world: World, request: Request) -> Response:
    """The parsed text of an indexed file."""
    link = _link(world, request)
    text = files.document(world, link.body["id"]).text if link.body["status"] == "completed" else ""
    data = [{"type": "text", "text": text}] if text else []
    shape: Json = {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}
    return JSONResponse(shape)


async def create_batch(world: World, request: Request) -> Response:
    """Attach many files."""
    store = indexing.used_store(world, _store(world, request).id)
    body = await read_json(request)
    CREATE_BATCH(body, "")
    entries = _entries(body)
    for entry in entries:
        indexing.check_file(world, entry["file_id"], "file_ids")
    batch = Record(
        world.ids.new("vsfb_", 32),
        {
            "id": "",
            "object": "vector_store.files_batch",
            "created_at": world.seconds(),
            "status": "in_progress",
            "vector_store_id": store.id,
            "file_counts": indexing.counts([]),
        },
        store.id,
    )
    batch.body["id"] = batch.id
    for entry in entries:
        indexing.attach(
            world,
            store,
            entry["file_id"],
            attributes=entry.get("attributes"),
            chunking=entry.get("chunking_strategy"),
            batch=batch.id,
            param="file_ids",
        )
    world.store.table("vector_store_batches").add(batch)
    return JSONResponse(indexing.batch_body(world, batch))


def _entries(body: Json) -> list[Json]:
    """One entry per file, whichever of the two forms the request has."""
    if "files" in body and "file_ids" in body:
        raise invalid("files", "'files' and 'file_ids' are mutually exclusive.", "mutually_exclusive_parameters")
    if "files" in body:
        return list({entry["file_id"]: entry for entry in body["files"]}.values())
    if "file_ids" not in body:
        raise missing("file_ids")
    shared: Json = {key: body[key] for key in ("attributes", "chunking_strategy") if key in body}
    return [{"file_id": file_id, **shared} for file_id in dict.fromkeys(body["file_ids"])]


async def retrieve_batch(world: World, request: Request) -> Response:
    """How far a batch is."""
    return JSONResponse(indexing.batch_body(world, _batch(world, request)), headers=_poll_header(world))


def _poll_header(world: World) -> dict[str, str]:
    return {"openai-poll-after-ms": str(world.settings.poll_after_ms)}


async def cancel_batch(world: World, request: Request) -> Response:
    """Stop what of a batch is not done."""
    batch = _batch(world, request)
    waiting = [link for link in indexing.batch_links(world, batch) if link.body["status"] == "in_progress"]
    for link in waiting:
        link.body["status"] = "cancelled"
        world.store.table("vector_store_files").save(link)
    if waiting:
        batch.body["status"] = "cancelled"
        world.store.table("vector_store_batches").save(batch)
    return JSONResponse(indexing.batch_body(world, batch))


async def list_batch(world: World, request: Request) -> Response:
    """The files of a batch."""
    return _page(indexing.batch_links(world, _batch(world, request)), request)


ROUTES = [
    ("POST", "/vector_stores/{store_id}/files", create),
    ("GET", "/vector_stores/{store_id}/files", listing),
    ("GET", "/vector_stores/{store_id}/files/{file_id}", retrieve),
    ("POST", "/vector_stores/{store_id}/files/{file_id}", update),
    ("DELETE", "/vector_stores/{store_id}/files/{file_id}", delete),
    ("GET", "/vector_stores/{store_id}/files/{file_id}/content", content),
    ("POST", "/vector_stores/{store_id}/file_batches", create_batch),
    ("GET", "/vector_stores/{store_id}/file_batches/{batch_id}", retrieve_batch),
    ("POST", "/vector_stores/{store_id}/file_batches/{batch_id}/cancel", cancel_batch),
    ("GET", "/vector_stores/{store_id}/file_batches/{batch_id}/files", list_batch),
]
