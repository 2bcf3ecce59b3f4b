"""Files and vector stores of threads and assistants."""

from __future__ import annotations

from typing import Any

from assist2resp.rewrite.support.parts.state import _state
from assist2resp.rewrite.support.parts.wire import Json, _Call, _Work

_WEEK = {"anchor": "last_active_at", "days": 7}


def _resolved(call: _Call, resources: Json | None) -> _Work:
    """Tool resources with the vector stores made that they describe."""
    resolved = {tool: dict(given) for tool, given in (resources or {}).items() if given is not None}
    search = resolved.get("file_search", {})
    for described in search.pop("vector_stores", None) or []:
        store = yield from _store(call, described)
        search["vector_store_ids"] = [store]
    return resolved


def _store(call: _Call, described: Json) -> _Work:
    """A new vector store whose files have been indexed."""
    files = described.get("file_ids") or []
    batch = {name: value for name, value in described.items() if name == "chunking_strategy"}
    given = {name: value for name, value in described.items() if name in ("metadata", "expires_after")}
    store = yield call.client.vector_stores.create(**given, **call.options)
    if files:
        yield call.client.vector_stores.file_batches.create_and_poll(store.id, file_ids=files, **batch)
    return store.id


def _thread_resources(conversation: str) -> Json:
    resources: Json = _state.get("thread", conversation).get("tool_resources") or {}
    return resources


def _keep_resources(conversation: str, resources: Json) -> None:
    kept = _state.get("thread", conversation)
    _state.put("thread", conversation, conversation, {**kept, "tool_resources": resources})


def _attach(call: _Call, conversation: str, attachments: list[Json]) -> _Work:
    """Give a thread's tools the files of a message, as attaching them to it always did."""
    resources = _thread_resources(conversation)
    for attachment in attachments:
        for tool in attachment.get("tools") or []:
            if tool["type"] == "code_interpreter":
                files = resources.setdefault("code_interpreter", {}).setdefault("file_ids", [])
                files.extend({attachment["file_id"]}.difference(files))
            else:
                search = resources.setdefault("file_search", {})
                yield from _add_to_search(call, search, [attachment["file_id"]], expires_after=_WEEK)
    _keep_resources(conversation, resources)


def _add_to_search(call: _Call, search: Json, file_ids: list[str], **new: Any) -> _Work:
    """Put files into the store of a search, which is made as `new` says if there is none, and wait for their index."""
    if search.get("vector_store_ids"):
        store = search["vector_store_ids"][0]
        for file_id in file_ids:
            yield call.client.vector_stores.files.create_and_poll(file_id, vector_store_id=store)
    else:
        store = yield from _store(call, {"file_ids": file_ids, **new})
        search["vector_store_ids"] = [store]


def _as_v2(tools: list[Json]) -> list[Json]:
    return [{"type": "file_search"} if tool["type"] == "retrieval" else tool for tool in tools]


def _with_files(call: _Call, tools: list[Json], resources: Json, file_ids: list[str]) -> _Work:
    """Tool resources that hold these files too, for every tool that reads files."""
    held = {tool: dict(given) for tool, given in resources.items()}
    for kind in {tool["type"] for tool in tools} if file_ids else ():
        if kind == "code_interpreter":
            names = held.setdefault(kind, {})
            names["file_ids"] = list(dict.fromkeys([*(names.get("file_ids") or []), *file_ids]))
        elif kind == "file_search":
            yield from _add_to_search(call, held.setdefault(kind, {}), file_ids)
    return held


def _united(*sources: Json) -> Json:
    """The files and stores of several tool resources."""
    united: Json = {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
    for tool, name in (("code_interpreter", "file_ids"), ("file_search", "vector_store_ids")):
        ids = [entry for source in sources for entry in (source.get(tool) or {}).get(name) or []]
        united[tool][name] = list(dict.fromkeys(ids))
    return united
