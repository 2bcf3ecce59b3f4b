"""Small functions for code that calls `client.responses` itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from openai import BaseModel
from openai.types.beta.threads import Message, Text
from openai.types.responses import Response

from assist2resp.rewrite.support.parts.archive import _load_now
from assist2resp.rewrite.support.parts.content import _annotated, _citations, _message
from assist2resp.rewrite.support.parts.files import _remember_files
from assist2resp.rewrite.support.parts.resources import _thread_resources
from assist2resp.rewrite.support.parts.state import _conversation
from assist2resp.rewrite.support.parts.wire import Json, _Refusal


def run_status(response: Response) -> str:
    """The status of a response in the words of a run: `requires_action` while function calls wait for their outputs."""
    status = response.status or "completed"
    waits = status == "completed" and any(item.type == "function_call" for item in response.output)
    return "requires_action" if waits else status


def completed_at(response: Response) -> int:
    """When a response was completed, in seconds since 1970; now, if the server does not say."""
    return int(getattr(response, "completed_at", None) or time.time())


def pending_calls(response: Response) -> Json:
    """The function calls that wait for their outputs, as a run's required action was dumped: under `tool_calls`."""
    calls = [
        {
            "id": item.call_id,
            "function": {"arguments": item.arguments, "name": item.name},
            "type": "function",
        }
        for item in response.output
        if item.type == "function_call"
    ]
    return {"tool_calls": calls}


def output_items(tool_outputs: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Tool outputs, as `tool_call_id` and `output`, as the input of the response that goes on."""
    return [
        {"type": "function_call_output", "call_id": given["tool_call_id"], "output": given.get("output") or ""}
        for given in tool_outputs
    ]


def same_settings(response: Response) -> Json:
    """The arguments that a response was told, for the one that goes on with it; no conversation keeps them."""
    told: Json = {**response.to_dict(exclude_none=True, warnings=False)}
    names = ("model", "instructions", "tools", "reasoning", "truncation", "max_output_tokens", "metadata")
    again: Json = {name: told[name] for name in names if told.get(name)}
    again.update({name: told[name] for name in ("temperature", "top_p") if told.get(name, 1) != 1})
    if told.get("parallel_tool_calls") is False:
        again["parallel_tool_calls"] = False
    if told.get("text", {}).get("format", {"type": "text"})["type"] != "text":
        again["text"] = {"format": told["text"]["format"]}
    if any(tool["type"] == "code_interpreter" for tool in again.get("tools", ())):
        again["include"] = ["code_interpreter_call.outputs"]
    return again


def going_on(response: Response) -> Json:
    """The arguments of the response that goes on with one: its settings and conversation, or itself if it names none."""
    held = response.conversation
    return {**same_settings(response), **({"conversation": held.id} if held else {"previous_response_id": response.id})}


def cited_text(part: BaseModel) -> Text:
    """The text of a part as a message showed it: with markers of what it cites, and the citations with their places."""
    said: Json = part.to_dict()
    # region container_files
    _remember_files("", said.get("annotations") or [])
    # endregion
    *_, block = _annotated({**said, "annotations": said.get("annotations") or []}, [])
    return Text.model_validate(block["text"])


def with_thread_files(settings: Mapping[str, Any], thread_id: str) -> Json:
    """The arguments that an assistant stands for, with the files and stores of a thread beside its own.

    A search that has no stores, not even the thread's, is left out, since the API refuses it.
    """
    given = _thread_resources(_conversation(thread_id))
    tools = [_with_files_of(tool, given) for tool in settings.get("tools", ())]
    told = {name: value for name, value in settings.items() if name != "tools"}
    offered = [tool for tool in tools if tool["type"] != "file_search" or tool["vector_store_ids"]]
    return {**told, "tools": offered} if offered else told


def _with_files_of(tool: Json, given: Json) -> Json:
    if tool["type"] == "file_search":
        stores = (given.get("file_search") or {}).get("vector_store_ids") or []
        return {**tool, "vector_store_ids": list(dict.fromkeys([*tool["vector_store_ids"], *stores]))}
    files = (given.get("code_interpreter") or {}).get("file_ids") or []
    if tool["type"] != "code_interpreter" or not files:
        return tool
    container = tool["container"]
    held = list(dict.fromkeys([*container.get("file_ids", ()), *files]))
    return {**tool, "container": {**container, "file_ids": held}}


def run_messages(response: Response) -> list[Message]:
    """The messages that a response wrote, the newest first, as a thread showed them: with the markers of citations."""
    held = response.conversation
    found = []
    for item in reversed(response.output):
        if item.type == "message":
            message = _message(item.to_dict(), held.id if held else "")
            own = {
                "run_id": response.id,
                "created_at": int(response.created_at),
                "completed_at": int(response.created_at),
            }
            found.append(Message.construct(**{**message, **own}))
        # region container_files
        if item.type == "message" and held:
            _remember_files(held.id, _citations(item.to_dict()))
        # endregion
    return found


def conversation_id(thread_id: str) -> str:
    """The conversation that holds a thread: the id itself if it is one already, else what the id map says."""
    try:
        # region archive
        _load_now(thread_id)
        # endregion
        return _conversation(thread_id)
    except _Refusal as refusal:
        raise refusal.error() from None
