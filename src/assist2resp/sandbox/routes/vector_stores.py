"""Vector stores: create, retrieve, update, list, delete and search."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox import indexing, store_search
from assist2resp.sandbox.app import World
from assist2resp.sandbox.params import (
    array,
    boolean,
    choice,
    decimal,
    either,
    fields,
    integer,
    metadata,
    nullable,
    prefixed,
    string,
    wrong_type,
)
from assist2resp.sandbox.store_params import chunking_strategy
from assist2resp.sandbox.wire import page, read_json

EXPIRY = fields({"anchor": choice("last_active_at"), "days": integer(1, 365)}, "anchor", "days")
CREATE = fields(
    {
        "name": nullable(string(most=256)),
        "description": nullable(string(most=512)),
        "file_ids": nullable(array(prefixed("file"), most=500)),
        "expires_after": nullable(EXPIRY),
        "chunking_strategy": nullable(chunking_strategy),
        "metadata": nullable(metadata),
    }
)
UPDATE = fields({"name": nullable(string(most=256)), "expires_after": nullable(EXPIRY), "metadata": nullable(metadata)})


def comparison_or_compound(value: Any, path: str) -> None:
    """A filter over attributes, as deep as it goes."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    if value.get("type") in ("and", "or"):
        fields({"type": string(), "filters": array(comparison_or_compound)}, "filters")(value, path)
        return
    operators = choice("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or")
    single = either(
        "a string, number or boolean", (bool, boolean), (int, decimal()), (float, decimal()), (str, string())
    )
    listed = value.get("type") in ("in", "nin")
    fields({"type": operators, "key": string(), "value": array(single) if listed else single}, "type", "key", "value")(
        value, path
    )


SEARCH = fields(
    {
        "query": either(
            "a string or an array of strings", (str, string(least=1)), (list, array(string(least=1), least=1))
        ),
        "filters": nullable(comparison_or_compound),
        "max_num_results": integer(1, 50),
        "ranking_options": fields(
            {"ranker": choice("none", "auto", "default-2024-11-15"), "score_threshold": decimal(0, 1)}
        ),
        "rewrite_query": boolean,
    },
    "query",
)


async def create(world: World, request: Request) -> Response:
    """Make a vector store, with files if some are named."""
    body = await read_json(request)
    CREATE(body, "")
    chosen: dict[str, Any] = {key: body.get(key) for key in ("name", "description", "expires_after", "metadata")}
    record = indexing.make_store(world, body.get("file_ids") or [], chunking=body.get("chunking_strategy"), **chosen)
    return JSONResponse(indexing.store_body(world, record))


async def listing(world: World, request: Request) -> Response:
    """The vector stores, newest first."""
    rows = [indexing.store_body(world, record) for record in world.store.table("vector_stores").all()]
    return JSONResponse(page(rows, request.query_params))


async def retrieve(world: World, request: Request) -> Response:
    """One vector store."""
    return JSONResponse(indexing.store_body(world, indexing.store_record(world, request.path_params["store_id"])))


async def update(world: World, request: Request) -> Response:
    """Change name, expiry and metadata."""
    record = indexing.store_record(world, request.path_params["store_id"])
    body = await read_json(request)
    UPDATE(body, "")
    record.body.update({key: body[key] for key in ("name", "expires_after") if key in body})
    record.body["name"] = record.body["name"] or ""
    if "metadata" in body:
        record.body["metadata"] = body["metadata"] or {}
    if "expires_after" in body:
        indexing.touch(record, record.body["last_active_at"])
    world.store.table("vector_stores").save(record)
    return JSONResponse(indexing.store_body(world, record))


async def delete(world: World, request: Request) -> Response:
    """Delete a vector store; its files stay."""
    record = indexing.store_record(world, request.path_params["store_id"])
    for kind in ("vector_store_files", "vector_store_batches"):
        table = world.store.table(kind)
        for inner in table.of(record.id):
            table.delete(inner.id)
    world.store.table("vector_stores").delete(record.id)
    return JSONResponse({"id": record.id, "object": "vector_store.deleted", "deleted": True})


async def search(world: World, request: Request) -> Response:
    """Search a vector store."""
    record = indexing.store_record(world, request.path_params["store_id"])
    body = await read_json(request)
    SEARCH(body, "")
    indexing.used_store(world, record.id)
    query = body["query"]
    return JSONResponse(
        {
            "object": "vector_store.search_results.page",
            "search_query": [query] if isinstance(query, str) else query,
            "data": store_search.results(world, record, body),
            "has_more": False,
            "next_page": None,
        }
    )


ROUTES = [
    ("POST", "/vector_stores", create),
    ("GET", "/vector_stores", listing),
    ("GET", "/vector_stores/{store_id}", retrieve),
    ("POST", "/vector_stores/{store_id}", update),
    ("DELETE", "/vector_stores/{store_id}", delete),
    ("POST", "/vector_stores/{store_id}/search", search),
]
