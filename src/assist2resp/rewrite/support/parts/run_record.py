"""Runs as they are kept from request to request, and brought up to date with their responses."""

from __future__ import annotations

import time
from typing import Any

import openai

from assist2resp.rewrite.support.parts.content import _as_input, _citations, _function_calls
from assist2resp.rewrite.support.parts.files import _remember_files
from assist2resp.rewrite.support.parts.state import _conversation, _state
from assist2resp.rewrite.support.parts.wire import Json, _Call, _missing, _Work

_ANSWER_SECONDS = 600
_ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
_CODES = ("server_error", "rate_limit_exceeded", "invalid_prompt")


class _Run:
    """A run: what the old API showed of it (`shown`), the arguments of its responses, and what these took and gave."""

    def __init__(self, row: Json) -> None:
        self.shown: Json = row["shown"]
        self.conversation: str = row["conversation"]
        self.arguments: Json = row.get("arguments", {})
        self.responses: list[str] = row.get("responses", [])
        self.spent: list[int] = row.get("spent", [0, 0, 0, 0])
        """Tokens over all responses, in the order of `_tokens`."""
        self.turn: list[Json] = row.get("turn", [])
        """What was taken out of the conversation to be the input of a response that has not ended."""
        # region tools
        self.outputs: dict[str, str] = row.get("outputs", {})
        self.waiting: str = row.get("waiting", "")
        """The item with which the calls that wait began."""
        # endregion
        # region stream
        self.latest: list[int] = row.get("latest", [0, 0, 0, 0])
        """Tokens of the latest response."""
        # endregion
        # region last_messages
        self.window: list[Json] | None = row.get("window")
        """What a run that sees the last messages only was given, instead of the conversation."""
        # endregion

    @property
    def calls(self) -> list[Json]:
        """The calls of functions that wait for their outputs."""
        action = self.shown["required_action"]
        return action["submit_tool_outputs"]["tool_calls"] if action else []

    # region record
    def keep(self) -> None:
        _state.put("run", self.shown["id"], self.conversation, {**vars(self), "id": self.shown["id"]})

    # endregion
    def move(self, status: str, **changes: Any) -> None:
        """Change the status with what goes with it, and keep the run."""
        now = int(time.time())
        self.shown.update({"status": status, "required_action": None, **changes})
        if status not in _ACTIVE:
            self.shown.update(expires_at=None, usage=_usage(self.spent))
            self.arguments = {}
        if status in ("completed", "failed", "cancelled"):
            self.shown[f"{status}_at"] = now
        if status != "queued":
            self.shown["started_at"] = self.shown["started_at"] or now
        # region record
        self.keep()
        # endregion


def _tokens(usage: Json | None) -> list[int]:
    """Tokens of one response: input, output, and of these the cached and those of reasoning."""
    given = usage or {}
    cached = (given.get("input_tokens_details") or {}).get("cached_tokens", 0)
    reasoning = (given.get("output_tokens_details") or {}).get("reasoning_tokens", 0)
    return [given.get("input_tokens") or 0, given.get("output_tokens") or 0, cached or 0, reasoning or 0]


def _usage(spent: list[int]) -> Json:
    """Tokens as runs and steps showed them."""
    return {
        "prompt_tokens": spent[0],
        "completion_tokens": spent[1],
        "total_tokens": spent[0] + spent[1],
        "prompt_token_details": {"cached_tokens": spent[2]},
        "completion_tokens_details": {"reasoning_tokens": spent[3]},
    }


def _drop_unanswered(call: _Call, conversation: str) -> _Work:
    """Remove calls of functions that were left without an output, and the reasoning that led to them.

    A conversation that holds one refuses every further response. The old API had left them out of later runs.
    """
    page = yield call.client.conversations.items.list(conversation, order="desc", limit=100)
    items = [item.to_dict() for item in reversed(page.data)]
    answered = {item["call_id"] for item in items if item["type"] == "function_call_output"}
    gone: list[str] = []
    reasoning: list[str] = []
    for item in items:
        if item["type"] == "reasoning":
            reasoning.append(item["id"])
            continue
        if item["type"] == "function_call" and item["call_id"] not in answered:
            gone += [*reasoning, item["id"]]
        reasoning = []
    for item_id in gone:
        yield call.client.conversations.items.delete(item_id, conversation_id=conversation)


def _take_in(call: _Call, run: _Run, response: Json) -> _Work:
    """Bring the run up to date with its latest response; one that does not say how it is has ended."""
    run.shown["id"] = run.shown["id"] or response["id"]
    if response["id"] not in run.responses:
        run.responses.append(response["id"])
    status = response.get("status") or ("failed" if response.get("error") else "completed")
    response.setdefault("output", [])
    # region background
    if status in ("queued", "in_progress"):
        run.move(status)
        return
    # endregion
    spent = _tokens(response.get("usage"))
    run.spent = [sum(pair) for pair in zip(run.spent, spent)]  # noqa: B905 - Python 3.9 has no strict
    # region stream
    run.latest = spent
    # endregion
    # region last_messages
    if run.window is not None and status != "failed":
        yield from _write_back(call, run, response["output"])
    # endregion
    if run.turn and status == "failed":
        yield call.client.conversations.items.create(run.conversation, items=run.turn)
    run.turn = []
    # region facts
    _remember(run, response)
    # endregion
    # region container_files
    for item in response["output"]:
        _remember_files(run.conversation, _citations(item))
    # endregion
    # region tools
    calls = _function_calls(response["output"])
    most = run.shown["max_completion_tokens"]
    if calls and status == "completed" and (most is None or run.spent[1] < most):
        run.waiting = next(item["id"] for item in response["output"] if item["type"] == "function_call")
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        run.move("requires_action", required_action=action)
        return
    if calls and status in ("completed", "incomplete"):
        yield from _drop_unanswered(call, run.conversation)
        status = "incomplete"
    # endregion
    if status == "incomplete":
        filtered = (response.get("incomplete_details") or {}).get("reason") == "content_filter"
        run.move(status, incomplete_details=None if filtered else {"reason": "max_completion_tokens"})
    else:
        error = response.get("error")
        code = error["code"] if error and error.get("code") in _CODES else "server_error"
        run.move(status, last_error=error and {"code": code, "message": error["message"]})


def _write_back(call: _Call, run: _Run, output: list[Json]) -> _Work:
    """Write what a response without the conversation said into the conversation; it goes on with the ids from there.

    Calls of functions are written with their outputs, once these are known.
    """
    run.window = [*(run.window or []), *filter(None, map(_as_input, output))]
    if not _function_calls(output):
        said = [item for item in output if item["type"] == "message"]
        answered = [item for item in run.window if item.get("call_id") in run.outputs]
        items = answered + [{**given, "content": given["content"]} for given in filter(None, map(_as_input, said))]
        added = yield call.client.conversations.items.create(run.conversation, items=items)
        for item, new in zip(said, added.data[len(answered) :]):  # noqa: B905 - Python 3.9 has no strict
            item["id"] = new.id


def _remember(run: _Run, response: Json) -> None:
    """Keep what an item cannot say: which run wrote a message, and when."""
    ended = {"ended_at": int(time.time()), "reason": _message_reason(response)}
    for item in response["output"]:
        if item["type"] != "message":
            continue
        own = {"id": item["id"], "run_id": run.shown["id"], "assistant_id": run.shown["assistant_id"]}
        row = {**own, "created_at": int(response["created_at"]), **ended}
        _state.put("message", item["id"], run.conversation, row)


def _message_reason(response: Json) -> str:
    reason = (response.get("incomplete_details") or {}).get("reason")
    return "content_filter" if reason == "content_filter" else "max_tokens"


def _latest(call: _Call, run: _Run) -> _Work:
    """Bring a run that may have moved on by itself up to date."""
    status = run.shown["status"]
    if status in ("queued", "in_progress", "cancelling"):
        try:
            response = yield call.client.responses.retrieve(run.responses[-1])
        except openai.NotFoundError:
            if time.time() >= run.shown["expires_at"]:
                run.move("expired")
        else:
            yield from _take_in(call, run, response.to_dict())
    # region tools
    if status == "requires_action" and time.time() >= run.shown["expires_at"]:
        yield from _drop_unanswered(call, run.conversation)
        run.move("expired")
    # endregion


def _active_run(call: _Call, conversation: str) -> _Work:
    """The run that still works on a conversation, or waits for its calls to be answered."""
    for row in _state.of("run", conversation):
        if row["shown"]["status"] in _ACTIVE:
            run = _Run(row)
            yield from _latest(call, run)
            if run.shown["status"] in _ACTIVE:
                return run.shown
    return None


def _kept_run(call: _Call, thread_id: str, run_id: str) -> _Work:
    row = _state.get("run", run_id)
    if not row:
        return (yield from _adopted(call, thread_id, run_id))
    if row["conversation"] != _conversation(thread_id):
        raise _missing("run", run_id)
    run = _Run(row)
    yield from _latest(call, run)
    return run


def _adopted(call: _Call, thread_id: str, run_id: str) -> _Work:
    """A run that was begun where another state file is kept, as far as its first response tells of it.

    Some servers do not say of which conversation a response is; then it is believed to be the thread's.
    """
    try:
        found = yield call.client.responses.retrieve(run_id)
    except (openai.NotFoundError, openai.BadRequestError):
        raise _missing("run", run_id) from None
    response = found.to_dict()
    conversation = _conversation(thread_id)
    told = response.get("conversation") or conversation
    if (told if isinstance(told, str) else told.get("id")) != conversation:
        raise _missing("run", run_id)
    shown = {name: response.get(name) for name in ("model", "instructions", "temperature", "top_p", "metadata")}
    none = ("started_at", "required_action", "last_error", "incomplete_details", "usage", "max_completion_tokens")
    own = {"id": run_id, "object": "thread.run", "thread_id": thread_id, "assistant_id": "", "tools": []}
    times = {"created_at": int(response["created_at"]), "expires_at": int(response["created_at"]) + _ANSWER_SECONDS}
    run = _Run({"shown": {**dict.fromkeys(none), **shown, **own, **times}, "conversation": conversation})
    again = ("model", "instructions", "tools", "tool_choice", "truncation", "parallel_tool_calls")
    run.arguments = {name: response[name] for name in again if response.get(name) is not None}
    yield from _take_in(call, run, response)
    return run
