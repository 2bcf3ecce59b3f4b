"""The files of an assistant one by one, as Assistants v1 had them: each is at every tool that reads files."""

from __future__ import annotations

from typing import Any

import openai
from openai import AsyncOpenAI
from openai.pagination import AsyncCursorPage, SyncCursorPage

from assist2resp.rewrite.support.parts.pages import _listed
from assist2resp.rewrite.support.parts.registry import _assistant, _changing
from assist2resp.rewrite.support.parts.resources import _with_files
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _missing


def _file(assistant: Json, file_id: str) -> Json:
    if file_id not in assistant["file_ids"]:
        raise _missing("file", file_id)
    own = {"id": file_id, "object": "assistant.file", "assistant_id": assistant["id"]}
    return {**own, "created_at": assistant["created_at"]}


@_answers("POST /assistants/{}/files")
def _create_assistant_file(call: _Call, assistant_id: str) -> Any:
    assistant, file_id = _assistant(assistant_id), call.body["file_id"]
    resources = yield from _with_files(call, assistant["tools"], assistant["tool_resources"], [file_id])
    file_ids = list(dict.fromkeys([*assistant["file_ids"], file_id]))
    changed = {**assistant, "tool_resources": resources, "file_ids": file_ids}
    with _changing() as kept:
        kept[assistant_id] = changed
    return _file(changed, file_id)


@_answers("GET /assistants/{}/files")
def _list_assistant_files(call: _Call, assistant_id: str) -> Json:
    assistant = _assistant(assistant_id)
    return _listed([_file(assistant, file_id) for file_id in assistant["file_ids"]], call.query)


@_answers("GET /assistants/{}/files/{}")
def _retrieve_assistant_file(_call: _Call, assistant_id: str, file_id: str) -> Json:
    return _file(_assistant(assistant_id), file_id)


@_answers("DELETE /assistants/{}/files/{}")
def _delete_assistant_file(call: _Call, assistant_id: str, file_id: str) -> Any:
    assistant = _assistant(assistant_id)
    _file(assistant, file_id)
    resources = {tool: dict(given) for tool, given in assistant["tool_resources"].items()}
    for names in resources.values():
        if file_id in (names.get("file_ids") or []):
            names["file_ids"] = [other for other in names["file_ids"] if other != file_id]
        for store in names.get("vector_store_ids") or []:
            yield call.client.vector_stores.files.delete(file_id, vector_store_id=store)
    file_ids = [other for other in assistant["file_ids"] if other != file_id]
    with _changing() as kept:
        kept[assistant_id] = {**assistant, "tool_resources": resources, "file_ids": file_ids}
    return {"id": file_id, "object": "assistant.file.deleted", "deleted": True}


class AssistantFile(openai.BaseModel):
    """A file of an assistant; of one that was taken away, what that told."""

    id: str
    object: str
    assistant_id: str = ""
    created_at: int = 0
    deleted: bool = False


class _AssistantFiles:
    """What `client.beta.assistants.files` was until openai 1.20, on a client for the old API's classes."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._page = (AsyncCursorPage if isinstance(wire, AsyncOpenAI) else SyncCursorPage)[AssistantFile]

    def create(self, assistant_id: str, *, file_id: str) -> Any:
        return self._wire.post(f"/assistants/{assistant_id}/files", body={"file_id": file_id}, cast_to=AssistantFile)

    def retrieve(self, file_id: str, *, assistant_id: str) -> Any:
        return self._wire.get(f"/assistants/{assistant_id}/files/{file_id}", cast_to=AssistantFile)

    def list(self, assistant_id: str, **params: Any) -> Any:
        path, options = f"/assistants/{assistant_id}/files", {"params": params}
        return self._wire.get_api_list(path, model=AssistantFile, page=self._page, options=options)

    def delete(self, file_id: str, *, assistant_id: str) -> Any:
        return self._wire.delete(f"/assistants/{assistant_id}/files/{file_id}", cast_to=AssistantFile)
