"""Writing messages into conversations."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import openai

from assist2resp.rewrite.support.parts.content import _item, _message, _with_facts
from assist2resp.rewrite.support.parts.resources import _attach
from assist2resp.rewrite.support.parts.state import _state
from assist2resp.rewrite.support.parts.wire import Json, _Call, _Refusal, _Work

_LOCK_SECONDS = 5
_LOCK_PAUSE = 0.25
_INCLUDE = ["message.input_image.image_url"]


def _append(call: _Call, conversation: str, thread_id: str, messages: list[Json]) -> _Work:
    """Write messages into a conversation, which takes twenty at a time; what they become in the old API's words."""
    written: list[Json] = []
    items = [_item(message) for message in messages]
    for start in range(0, len(items), 20):
        chunk = items[start : start + 20]
        asked = {"items": chunk, "include": _INCLUDE, **call.options}
        create = functools.partial(call.client.conversations.items.create, conversation, **asked)
        added = yield from _unlocked(call, create, f"Can't add messages to {thread_id} while a run is active.")
        written.extend(item.to_dict() for item in added.data)
    shown: list[Json] = []
    for item, message in zip(written, messages):  # noqa: B905 - Python 3.9 has no strict
        made = _message(item, thread_id)
        # region facts
        given = {name: message.get(name) for name in ("metadata", "attachments")}
        kept = {"id": item["id"], "created_at": int(time.time()), **given}
        _state.put("message", item["id"], conversation, kept)
        made = _with_facts(made, kept)
        # endregion
        # region files
        if message.get("attachments"):
            yield from _attach(call, conversation, message["attachments"])
        # endregion
        shown.append(made)
    return shown


def _delete_item(call: _Call, conversation: str, item_id: str) -> _Work:
    """Delete an item; a response that was just cancelled holds its conversation for a moment."""
    asked = {"conversation_id": conversation, **call.options}
    delete = functools.partial(call.client.conversations.items.delete, item_id, **asked)
    return (yield from _unlocked(call, delete, f"Can't delete messages of {conversation} while a run is active."))


def _unlocked(call: _Call, request: Callable[[], Any], refusal: str) -> _Work:
    """Send a request that works on a conversation, and again while another one does; in the end, refuse it."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return (yield request())
        except openai.BadRequestError as error:
            if error.code != "conversation_locked":
                raise
            if time.monotonic() > until:
                raise _Refusal(400, refusal) from error
        yield call.sleep(_LOCK_PAUSE)
