"""The four routes of threads, which are conversations now."""

from __future__ import annotations

from typing import Any

from assist2resp.rewrite.support.parts.resources import _keep_resources, _resolved, _thread_resources
from assist2resp.rewrite.support.parts.state import _conversation, _state
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _Work
from assist2resp.rewrite.support.parts.writing import _append, _delete_item

_LOADED = "assist2resp_"
"""How the metadata begin that a loaded conversation has of its own."""


def _shown_thread(thread_id: str, conversation: Any) -> Json:
    resources: Json = {}
    # region files
    resources = _thread_resources(conversation.id)
    # endregion
    created, metadata = conversation.created_at, conversation.metadata or {}
    # region loaded_threads
    created = _state.get("thread", conversation.id).get("created_at") or created
    metadata = {name: value for name, value in metadata.items() if not name.startswith(_LOADED)}
    # endregion
    own = {"id": thread_id, "object": "thread", "created_at": int(created)}
    return {**own, "metadata": metadata, "tool_resources": resources}


def _new_thread(call: _Call, thread: Json) -> _Work:
    metadata = {"metadata": thread["metadata"]} if thread.get("metadata") else {}
    conversation = yield call.client.conversations.create(**metadata, **call.options)
    # region files
    resources = yield from _resolved(call, thread.get("tool_resources"))
    if resources:
        _keep_resources(conversation.id, resources)
    # endregion
    # region first_messages
    yield from _append(call, conversation.id, conversation.id, thread.get("messages") or [])
    # endregion
    return _shown_thread(conversation.id, conversation)


@_answers("POST /threads")
def _create_thread(call: _Call) -> _Work:
    return (yield from _new_thread(call, call.body))


@_answers("GET /threads/{}")
def _retrieve_thread(call: _Call, thread_id: str) -> _Work:
    conversation = yield call.client.conversations.retrieve(_conversation(thread_id), **call.options)
    return _shown_thread(thread_id, conversation)


@_answers("POST /threads/{}")
def _update_thread(call: _Call, thread_id: str) -> _Work:
    conversation_id = _conversation(thread_id)
    # region files
    resources = yield from _resolved(call, call.body.get("tool_resources"))
    if resources:
        _keep_resources(conversation_id, {**_thread_resources(conversation_id), **resources})
    # endregion
    if "metadata" in call.body:
        metadata = call.body["metadata"] or {}
        conversation = yield call.client.conversations.update(conversation_id, metadata=metadata, **call.options)
    else:
        conversation = yield call.client.conversations.retrieve(conversation_id, **call.options)
    return _shown_thread(thread_id, conversation)


@_answers("DELETE /threads/{}")
def _delete_thread(call: _Call, thread_id: str) -> _Work:
    """Delete the conversation, and its items first, since they would outlive it and a thread's messages did not."""
    conversation_id = _conversation(thread_id)
    while True:
        page = yield call.client.conversations.items.list(conversation_id, limit=100, **call.options)
        for item in page.data:
            yield from _delete_item(call, conversation_id, item.id)
        if not page.has_more:
            break
    yield call.client.conversations.delete(conversation_id, **call.options)
    # region kept
    _state.drop_all(conversation_id)
    # endregion
    return {"id": thread_id, "object": "thread.deleted", "deleted": True}
