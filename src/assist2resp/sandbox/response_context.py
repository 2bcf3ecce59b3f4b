"""What a request continues: a conversation, an earlier response with all before it, and items that it refers to."""

from __future__ import annotations

from assist2resp.sandbox import items
from assist2resp.sandbox.app import World
from assist2resp.sandbox.item_shapes import kind_of_item
from assist2resp.sandbox.response_body import conversation_id
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError


def missing_object(kind: str, object_id: str) -> WireError:
    """The 404 of the routes of the new API, such as `Response with id 'resp_x' not found.`."""
    return WireError(404, f"{kind} with id '{object_id}' not found.")


def find_conversation(world: World, object_id: str) -> Record:
    """The conversation of this id."""
    record = world.store.table("conversations").get(object_id)
    if record is None:
        raise missing_object("Conversation", object_id)
    return record


def check_sources(request: Json) -> None:
    """Refuse a request that continues nothing and says nothing, or continues two things."""
    if request.get("conversation") is not None and request.get("previous_response_id") is not None:
        text = "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or 'conversation'."
        raise WireError(400, text, code="mutually_exclusive_parameters")
    if all(request.get(name) is None for name in ("input", "previous_response_id", "prompt", "conversation")):
        text = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided."
        raise WireError(400, text, code="missing_required_parameter")


def check_unlocked(world: World, conversation: str | None) -> None:
    """Refuse to touch a conversation that a response is working on."""
    if conversation in world.working:
        text = "Another process is currently operating on this conversation. Please retry in a few seconds."
        raise WireError(400, text, param="conversation", code="conversation_locked")


def before(world: World, request: Json) -> list[Json]:
    """The items that come before the request's own."""
    conversation = conversation_id(request)
    if conversation is not None:
        find_conversation(world, conversation)
        return [record.body for record in world.store.table("items").of(conversation)]
    return _chain(world, request.get("previous_response_id"))


def _chain(world: World, response_id: str | None) -> list[Json]:
    """The items of a response and of all that it continues, oldest first."""
    links: list[list[Json]] = []
    while response_id is not None:
        record = world.store.table("responses").get(response_id)
        if record is None:
            text = f"Previous response with id '{response_id}' not found."
            raise WireError(400, text, param="previous_response_id", code="previous_response_not_found")
        links.append([*record.private["input"], *record.body["output"]])
        if "conversation" in record.body:
            past = world.store.table("items").of(record.body["conversation"]["id"])
            links.append([item.body for item in past if item.order < record.order])
        response_id = record.body["previous_response_id"]
    return [item for link in reversed(links) for item in link]


def own_items(world: World, request: Json) -> list[Json]:
    """The request's own items in full; references are replaced by what they refer to."""
    return [
        _referred(world, given["id"])
        if kind_of_item(given) == "item_reference"
        else items.kept(world, given, keep_id=True)
        for given in items.input_items(request.get("input"))
    ]


def _referred(world: World, item_id: str) -> Json:
    found = world.store.table("items").get(item_id)
    if found is not None:
        return found.body
    for record in world.store.table("responses").all():
        for item in (*record.body["output"], *record.private["input"]):
            if item["id"] == item_id:
                return dict(item)
    text = f"Item with id '{item_id}' not found."
    raise WireError(404, text, param="input")


def append(world: World, conversation: str, new: list[Json]) -> None:
    """Put items at the end of a conversation, under new ids where theirs belong to another one already."""
    table = world.store.table("items")
    for item in new:
        item_id = items.new_id(world, item["type"]) if table.get(item["id"]) else item["id"]
        table.add(Record(item_id, {**item, "id": item_id}, conversation))
