"""The five routes of messages, which are items of a conversation now."""

from __future__ import annotations

import contextlib

import openai

from assist2resp.rewrite.support.parts.content import _citations, _message, _with_facts
from assist2resp.rewrite.support.parts.files import _remember_files
from assist2resp.rewrite.support.parts.pages import _page
from assist2resp.rewrite.support.parts.run_record import _active_run, _kept_run
from assist2resp.rewrite.support.parts.state import _conversation, _mapped, _state
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _missing, _Refusal, _Work
from assist2resp.rewrite.support.parts.writing import _INCLUDE, _append, _delete_item


@_answers("POST /threads/{}/messages")
def _create_message(call: _Call, thread_id: str) -> _Work:
    conversation = _conversation(thread_id)
    # region record
    active = yield from _active_run(call, conversation)
    if active:
        raise _Refusal(400, f"Can't add messages to {thread_id} while a run {active['id']} is active.")
    # endregion
    written = yield from _append(call, conversation, thread_id, [call.body])
    return written[0]


@_answers("GET /threads/{}/messages")
def _list_messages(call: _Call, thread_id: str) -> _Work:
    conversation = _conversation(thread_id)
    # region record
    yield from _active_run(call, conversation)
    if "run_id" in call.query:
        with contextlib.suppress(_Refusal):
            yield from _kept_run(call, thread_id, call.query["run_id"])
    # endregion
    # region facts
    kept = {row["id"]: row for row in _state.of("message", conversation)}
    # endregion
    limit = int(call.query.get("limit", 20))
    items = yield from _message_items(call, conversation, limit + 1)
    # region container_files
    for item in items:
        _remember_files(conversation, _citations(item))
    # endregion
    rows = [_message(item, thread_id) for item in items]
    # region facts
    if any(row["id"] not in kept for row in rows):
        thread = yield call.client.conversations.retrieve(conversation)
        kept = {row["id"]: {"created_at": int(thread.created_at)} for row in rows if row["id"] not in kept} | kept
    rows = [_with_facts(row, kept[row["id"]]) for row in rows]
    # endregion
    return _page(rows, limit, backwards="before" in call.query)


def _message_items(call: _Call, conversation: str, enough: int) -> _Work:
    """The items that are messages and that the query asks for: all before a cursor, or the first ones."""
    before = call.query.get("before")
    # region facts
    run_id = call.query.get("run_id")
    of_run = {row["id"] for row in _state.of("message", conversation) if row.get("run_id") == run_id}
    # endregion
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
            # region facts
            if run_id and item.id not in of_run:
                continue
            # endregion
            if item.type == "message" and item.role in ("user", "assistant"):
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
    # region container_files
    _remember_files(conversation, _citations(item.to_dict()))
    # endregion
    message = _message(item.to_dict(), thread_id)
    # region facts
    kept = _state.get("message", item.id)
    if not kept:
        thread = yield call.client.conversations.retrieve(conversation)
        kept = {"created_at": int(thread.created_at)}
    message = _with_facts(message, kept)
    # endregion
    return message


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
        yield from _delete_item(call, conversation, item_id)
    except openai.NotFoundError:
        raise _missing("message", message_id) from None
    # region facts
    _state.drop("message", item_id)
    # endregion
    return {"id": message_id, "object": "thread.message.deleted", "deleted": True}
