"""The five routes of messages, which are items of a conversation now."""

from __future__ import annotations

import openai

from assist2resp.rewrite.support.parts.content import _message
from assist2resp.rewrite.support.parts.pages import _page
from assist2resp.rewrite.support.parts.run_record import _active_run
from assist2resp.rewrite.support.parts.state import _conversation, _mapped, _state
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _missing, _Refusal, _Work
from assist2resp.rewrite.support.parts.writing import _INCLUDE, _append


@_answers("POST /threads/{}/messages")
def _create_message(call: _Call, thread_id: str) -> _Work:
    conversation = _conversation(thread_id)
    active = yield from _active_run(call, conversation)
    if active:
        raise _Refusal(400, f"Can't add messages to {thread_id} while a run {active['id']} is active.")
    written = yield from _append(call, conversation, thread_id, [call.body])
    return written[0]


@_answers("GET /threads/{}/messages")
def _list_messages(call: _Call, thread_id: str) -> _Work:
    conversation = _conversation(thread_id)
    yield from _active_run(call, conversation)
    limit = int(call.query.get("limit", 20))
    kept = {row["id"]: row for row in _state.of("message", conversation)}
    items = yield from _message_items(call, conversation, kept, limit + 1)
    if any(item["id"] not in kept for item in items):
        thread = yield call.client.conversations.retrieve(conversation)
        kept = {item["id"]: {"created_at": int(thread.created_at)} for item in items if item["id"] not in kept} | kept
    rows = [_message(item, kept[item["id"]], thread_id) for item in items]
    return _page(rows, limit, backwards="before" in call.query)


def _message_items(call: _Call, conversation: str, kept: dict[str, Json], enough: int) -> _Work:
    """The items that are messages and that the query asks for: all before a cursor, or the first ones."""
    before, run_id = call.query.get("before"), call.query.get("run_id")
    asked: Json = {
        "include": _INCLUDE,
        "order": call.query.get("order", "desc"),
        "limit": min(100, max(20, 2 * enough)),
    }
    if "after" in call.query:
        asked["after"] = _mapped(call.query["after"]) or call.query["after"]
    found: list[Json] = []
    while True:
        page = yield call.client.conversations.items.list(conversation, **asked, **call.options)
        for item in page.data:
            if item.id == before:
                return found
            of_run = run_id is None or kept.get(item.id, {}).get("run_id") == run_id
            if item.type == "message" and item.role in ("user", "assistant") and of_run:
                found.append(item.to_dict())
        if not page.has_more or not page.data or (len(found) >= enough and not before):
            return found
        asked["after"] = page.data[-1].id


@_answers("GET /threads/{}/messages/{}")
def _retrieve_message(call: _Call, thread_id: str, message_id: str) -> _Work:
    conversation = _conversation(thread_id)
    item_id = _mapped(message_id) or message_id
    try:
        asked = {"conversation_id": conversation, "include": _INCLUDE, **call.options}
        item = yield call.client.conversations.items.retrieve(item_id, **asked)
    except openai.NotFoundError:
        raise _missing("message", message_id) from None
    kept = _state.get("message", item.id)
    if not kept:
        thread = yield call.client.conversations.retrieve(conversation)
        kept = {"created_at": int(thread.created_at)}
    return _message(item.to_dict(), kept, thread_id)


@_answers("POST /threads/{}/messages/{}")
def _update_message(call: _Call, thread_id: str, message_id: str) -> _Work:
    message = yield from _retrieve_message(call, thread_id, message_id)
    if "metadata" in call.body:
        message["metadata"] = call.body["metadata"] or {}
        kept = _state.get("message", message["id"]) or {"id": message["id"], "created_at": message["created_at"]}
        _state.put("message", message["id"], _conversation(thread_id), {**kept, "metadata": message["metadata"]})
    return message


@_answers("DELETE /threads/{}/messages/{}")
def _delete_message(call: _Call, thread_id: str, message_id: str) -> _Work:
    item_id = _mapped(message_id) or message_id
    conversation = _conversation(thread_id)
    try:
        yield call.client.conversations.items.delete(item_id, conversation_id=conversation, **call.options)
    except openai.NotFoundError:
        raise _missing("message", message_id) from None
    _state.drop("message", item_id)
    return {"id": message_id, "object": "thread.message.deleted", "deleted": True}
