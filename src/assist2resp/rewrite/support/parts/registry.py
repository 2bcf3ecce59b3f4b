"""The assistants, kept in a JSON file as the old API showed them, and their five routes."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assist2resp.rewrite.support.parts.arguments import _arguments
from assist2resp.rewrite.support.parts.pages import _listed
from assist2resp.rewrite.support.parts.resources import _as_v2, _resolved, _thread_resources, _united, _with_files
from assist2resp.rewrite.support.parts.state import _beside, _conversation
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _missing, _Refusal

_STALE_SECONDS = 30
_ASSISTANT: Json = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "reasoning_effort": None,
    "response_format": "auto",
}
_RESOURCES = {"code_interpreter": "file_ids", "file_search": "vector_store_ids"}


def _assistants_file() -> Path:
    return _beside("ASSISTANTS_FILE", "assistants.json")


def _registered() -> dict[str, Json]:
    """Every assistant by its id."""
    path = _assistants_file()
    if not path.exists():
        return {}
    kept: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def _assistant(assistant_id: str) -> Json:
    assistant = _registered().get(assistant_id)
    if assistant is None:
        raise _missing("assistant", assistant_id, f" Its settings belong into {_assistants_file()}.")
    # region v1_files
    assistant = {"file_ids": [], **assistant}
    # endregion
    return {**_ASSISTANT, "id": assistant_id, "object": "assistant", "created_at": 0, **assistant}


def request_arguments(
    assistant_id: str | None,
    *,
    # region files
    thread_id: str | None = None,
    # endregion
    additional_instructions: str | None = None,
    **overrides: Any,
) -> Json:
    """The arguments of `client.responses.create` that mean what this assistant meant, with a run's own settings.

    `overrides` are named and shaped as `runs.create` took them (`instructions`, `tools`, `response_format`, …).
    """
    try:
        assistant = _assistant(assistant_id or "")
    except _Refusal as refusal:
        raise refusal.error() from None
    settings = {**assistant, **{name: value for name, value in overrides.items() if value is not None}}
    if additional_instructions:
        settings["instructions"] = "\n\n".join(filter(None, (settings["instructions"], additional_instructions)))
    resources = assistant["tool_resources"]
    # region files
    if thread_id is not None:
        resources = _united(resources, _thread_resources(_conversation(thread_id)))
    # endregion
    return _arguments(settings, resources)


@contextlib.contextmanager
def _changing() -> Iterator[dict[str, Json]]:
    """The assistants for a change, which is written whole or not at all, one writer at a time."""
    path = _assistants_file()
    lock = path.with_name(path.name + ".lock")
    _take(lock)
    try:
        kept = _registered()
        yield kept
        written = path.with_name(path.name + ".new")
        written.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.replace(path)
    finally:
        lock.unlink()


def _take(lock: Path) -> None:
    """Make the lock file as soon as nobody else holds it; one left behind by a dead process does not count."""
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - lock.stat().st_mtime > _STALE_SECONDS:
                    lock.unlink()
            time.sleep(0.01)
        else:
            return


@_answers("POST /assistants")
def _create_assistant(call: _Call) -> Any:
    if not call.body.get("model"):
        raise _Refusal(400, "Missing required parameter: 'model'.", "model", "missing_required_parameter")
    resources: Json = {}
    # region files
    resources = yield from _resolved(call, call.body.get("tool_resources"))
    # endregion
    given = {name: value for name, value in call.body.items() if value is not None}
    # region v1_files
    given["tools"] = _as_v2(given.get("tools", []))
    resources = yield from _with_files(call, given["tools"], resources, given.get("file_ids", []))
    # endregion
    own: Json = {"id": f"asst_{secrets.token_hex(12)}", "object": "assistant", "created_at": int(time.time())}
    for tool in given.get("tools", []):
        if tool["type"] in _RESOURCES:
            resources.setdefault(tool["type"], {}).setdefault(_RESOURCES[tool["type"]], [])
    made = {**own, **_ASSISTANT, **given, "tool_resources": resources}
    # region v1_files
    made.setdefault("file_ids", [])
    # endregion
    with _changing() as kept:
        kept[own["id"]] = made
    return made


@_answers("GET /assistants")
def _list_assistants(call: _Call) -> Json:
    rows = [_assistant(assistant_id) for assistant_id in _registered()]
    return _listed(sorted(rows, key=lambda row: row["created_at"]), call.query)


@_answers("GET /assistants/{}")
def _retrieve_assistant(_call: _Call, assistant_id: str) -> Json:
    return _assistant(assistant_id)


@_answers("POST /assistants/{}")
def _update_assistant(call: _Call, assistant_id: str) -> Any:
    assistant = _assistant(assistant_id)
    resources: Json = {}
    # region files
    resources = yield from _resolved(call, call.body.get("tool_resources"))
    # endregion
    changes = {name: _ASSISTANT.get(name) if value is None else value for name, value in call.body.items()}
    # region v1_files
    tools = changes["tools"] = _as_v2(changes.get("tools") or assistant["tools"])
    if "file_ids" in changes:
        none: Json = {tool["type"]: {_RESOURCES[tool["type"]]: []} for tool in tools if tool["type"] in _RESOURCES}
        resources = yield from _with_files(call, tools, {**none, **resources}, changes["file_ids"] or [])
    # endregion
    changed = {**assistant, **changes, "tool_resources": {**assistant["tool_resources"], **resources}}
    with _changing() as kept:
        kept[assistant_id] = changed
    return changed


@_answers("DELETE /assistants/{}")
def _delete_assistant(_call: _Call, assistant_id: str) -> Json:
    _assistant(assistant_id)
    with _changing() as kept:
        kept.pop(assistant_id, None)
    return {"id": assistant_id, "object": "assistant.deleted", "deleted": True}
