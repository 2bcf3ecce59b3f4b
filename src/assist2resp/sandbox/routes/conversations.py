"""Conversations and their items. Reading lists newest first; an item once added cannot be changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox import items, params, response_shapes
from assist2resp.sandbox.app import World
from assist2resp.sandbox.item_shapes import kind_of_item
from assist2resp.sandbox.response_context import append, check_unlocked, find_conversation, missing_object
from assist2resp.sandbox.routes.responses import included
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError, page, read_json


async def create(world: World, request: Request) -> Response:
    """Begin a conversation, with up to twenty items."""
    body = await read_json(request)
    response_shapes.create_conversation(body, "")
    new = _kept(world, body.get("items") or [])
    conversation: Json = {
        "id": world.ids.new("conv_", 48),
        "object": "conversation",
        "created_at": world.seconds(),
        "metadata": body.get("metadata") or {},
    }
    world.store.table("conversations").add(Record(conversation["id"], conversation))
    append(world, conversation["id"], new)
    return JSONResponse(conversation)


async def retrieve(world: World, request: Request) -> Response:
    """A conversation's object."""
    return JSONResponse(_find(world, request).body)


async def update(world: World, request: Request) -> Response:
    """Replace the metadata."""
    record = _find(world, request)
    body = await read_json(request)
    response_shapes.update_conversation(body, "")
    record.body["metadata"] = body["metadata"] or {}
    world.store.table("conversations").save(record)
    return JSONResponse(record.body)


async def delete(world: World, request: Request) -> Response:
    """Delete a conversation; its items stay, though nothing leads to them any more."""
    record = _find(world, request)
    world.store.table("conversations").delete(record.id)
    return JSONResponse({"id": record.id, "object": "conversation.deleted", "deleted": True})


async def create_items(world: World, request: Request) -> Response:
    """Add up to twenty items at the end."""
    record = _find(world, request)
    include = included(request)
    body = await read_json(request)
    response_shapes.create_items(body, "")
    check_unlocked(world, record.id)
    new = _kept(world, body["items"])
    append(world, record.id, new)
    data = [items.shown(item, include) for item in new]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
    return JSONResponse({"object": "list", "data": data, **ends, "has_more": False})


async def list_items(world: World, request: Request) -> Response:
    """The items, newest first."""
    record = _find(world, request)
    include = included(request)
    rows = [items.shown(item.body, include) for item in world.store.table("items").of(record.id)]
    return JSONResponse(page(rows, request.query_params, before=False))


async def retrieve_item(world: World, request: Request) -> Response:
    """One item."""
    item = _find_item(world, _find(world, request), request)
    return JSONResponse(items.shown(item.body, included(request)))


async def delete_item(world: World, request: Request) -> Response:
    """Remove an item; the answer is the conversation."""
    record = _find(world, request)
    item = _find_item(world, record, request)
    check_unlocked(world, record.id)
    world.store.table("items").delete(item.id)
    return JSONResponse(record.body)


def _kept(world: World, given: list[Json]) -> list[Json]:
    """The items in full, each under a new id."""
    for index, item in enumerate(given):
        if kind_of_item(item) == "item_reference":
            text = "Item references cannot be added to a conversation: give the item itself."
            raise WireError(400, text, param=f"items[{index}]")
    return [items.kept(world, item, keep_id=False) for item in given]


def _find(world: World, request: Request) -> Record:
    conversation_id = request.path_params["conversation_id"]
    params.prefixed("conv")(conversation_id, "conversation_id")
    return find_conversation(world, conversation_id)


def _find_item(world: World, conversation: Record, request: Request) -> Record:
    item = world.store.table("items").get(request.path_params["item_id"])
    if item is None or item.parent != conversation.id:
        raise missing_object("Item", request.path_params["item_id"])
    return item


ROUTES = [
    ("POST", "/conversations", create),
    ("GET", "/conversations/{conversation_id}", retrieve),
    ("POST", "/conversations/{conversation_id}", update),
    ("DELETE", "/conversations/{conversation_id}", delete),
    ("POST", "/conversations/{conversation_id}/items", create_items),
    ("GET", "/conversations/{conversation_id}/items", list_items),
    ("GET", "/conversations/{conversation_id}/items/{item_id}", retrieve_item),
    ("DELETE", "/conversations/{conversation_id}/items/{item_id}", delete_item),
]
