"""The routes of runs: each is one response, or several when the program answers calls of functions in between."""

from __future__ import annotations

import functools
import itertools
import secrets
import time
import warnings

import openai

from assist2resp.rewrite.support.parts.arguments import _arguments
from assist2resp.rewrite.support.parts.content import _as_input
from assist2resp.rewrite.support.parts.conversations import _new_thread
from assist2resp.rewrite.support.parts.pages import _listed
from assist2resp.rewrite.support.parts.registry import _assistant
from assist2resp.rewrite.support.parts.resources import _thread_resources, _united
from assist2resp.rewrite.support.parts.run_record import (
    _ACTIVE,
    _ANSWER_SECONDS,
    _active_run,
    _drop_unanswered,
    _kept_run,
    _Run,
    _take_in,
)
from assist2resp.rewrite.support.parts.state import _conversation, _state
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _Refusal, _Work
from assist2resp.rewrite.support.parts.writing import _append, _unlocked

_RUN_SECONDS = 1800.0
_CHOSEN = ("model", "tools", "temperature", "top_p", "reasoning_effort", "response_format")


def _new_run(call: _Call, thread_id: str, own_resources: Json | None = None) -> _Work:
    """A run that is about to start, with the messages that its request adds written."""
    conversation = _conversation(thread_id)
    assistant = _assistant(call.body.get("assistant_id", ""))
    # region record
    active = yield from _active_run(call, conversation)
    if active:
        raise _Refusal(400, f"Thread {thread_id} already has an active run {active['id']}.")
    # endregion
    # region more_messages
    yield from _append(call, conversation, thread_id, call.body.get("additional_messages") or [])
    # endregion
    settings = _settings(call.body, assistant)
    # region limits
    if settings["max_prompt_tokens"]:
        warnings.warn("max_prompt_tokens has no counterpart in the Responses API: it is ignored.", stacklevel=2)
    # endregion
    resources = assistant["tool_resources"] if own_resources is None else own_resources
    # region files
    resources = _united(resources, _thread_resources(conversation))
    # endregion
    arguments = _arguments(settings, resources)
    if settings["metadata"]:
        arguments["metadata"] = settings["metadata"]
    shown = _shown_run(settings, assistant["id"], thread_id)
    run = _Run({"shown": shown, "conversation": conversation, "arguments": arguments})
    # region last_messages
    if settings["truncation_strategy"]["type"] == "last_messages":
        most = settings["truncation_strategy"]["last_messages"]
        run.window = yield from _last_messages(call, conversation, most)
    # endregion
    return run


def _settings(body: Json, assistant: Json) -> Json:
    """What holds for a run: what its request says, else what its assistant has."""
    given = {name: value for name, value in body.items() if value is not None}
    chosen = {name: given.get(name, assistant.get(name)) for name in _CHOSEN}
    base = given.get("instructions", assistant["instructions"])
    extra = given.get("additional_instructions")
    own = {
        "instructions": "\n\n".join(part for part in (base, extra) if part),
        "metadata": given.get("metadata", {}),
        "tool_choice": given.get("tool_choice", "auto"),
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
        "max_completion_tokens": given.get("max_completion_tokens"),
        "max_prompt_tokens": given.get("max_prompt_tokens"),
        "truncation_strategy": {"type": "auto", "last_messages": None, **given.get("truncation_strategy", {})},
    }
    return {**chosen, **own}


def _shown_run(settings: Json, assistant_id: str, thread_id: str) -> Json:
    now = int(time.time())
    none = ("started_at", "cancelled_at", "failed_at", "completed_at", "required_action", "last_error")
    return {
        "id": "",
        "object": "thread.run",
        "created_at": now,
        "assistant_id": assistant_id,
        "thread_id": thread_id,
        "status": "queued",
        "expires_at": now + _ANSWER_SECONDS,
        **dict.fromkeys(none),
        **settings,
        "tool_resources": {},
        "incomplete_details": None,
        "usage": None,
    }


def _last_messages(call: _Call, conversation: str, most: int) -> _Work:
    """The last messages of a conversation, and the answered calls of functions among them, oldest first."""
    found: list[Json] = []
    messages = 0
    asked: Json = {"order": "desc", "limit": 100}
    while True:
        page = yield call.client.conversations.items.list(conversation, **asked)
        for item in page.data:
            found.append(item.to_dict())
            messages += item.type == "message"
            if messages == most:
                return [given for given in map(_as_input, reversed(found)) if given]
        if not page.has_more:
            return [given for given in map(_as_input, reversed(found)) if given]
        asked["after"] = page.data[-1].id


def _request(run: _Run, outputs: list[Json]) -> Json:
    """The arguments of the run's next response: everything is sent again with the outputs of functions."""
    request = {**run.arguments, "conversation": run.conversation}
    # region last_messages
    if run.window is not None:
        del request["conversation"]
        request.update({"previous_response_id": run.responses[-1]} if run.responses else {"input": run.window})
    # endregion
    if outputs:
        request["input"] = outputs
    # region limits
    most = run.shown["max_completion_tokens"]
    if most is not None:
        request["max_output_tokens"] = max(most - run.spent[1], 16)
    # endregion
    return request


def _respond(call: _Call, run: _Run, outputs: list[Json]) -> _Work:
    """Ask for the run's next response, in the background unless the program waits for the run to end."""
    mode: Json = {"timeout": _RUN_SECONDS}
    # region background
    if not call.waits:
        mode = {"background": True}
    # endregion
    try:
        response = yield from _create(call, run, {**_request(run, outputs), **call.options, **mode})
    except openai.RateLimitError as error:
        run.shown["id"] = run.shown["id"] or f"run_{secrets.token_hex(12)}"
        run.move("failed", last_error={"code": "rate_limit_exceeded", "message": error.message})
        return run.shown
    yield from _take_in(call, run, response.to_dict())
    return run.shown


def _create(call: _Call, run: _Run, request: Json) -> _Work:
    """Create a response; if it is refused, once more without calls of functions that nobody answered, or with input."""
    create = functools.partial(call.client.responses.create, **request)
    try:
        return (yield from _unlocked(call, create, f"Thread {run.shown['thread_id']} already has an active run."))
    except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
        # region tools
        if "No tool output found" in error.message:
            yield from _drop_unanswered(call, run.conversation)
            return (yield call.client.responses.create(**request))
        # endregion
        if "input" not in error.message or "input" in request:
            raise
    run.turn = yield from _take_turn(call, run.conversation)
    return (yield call.client.responses.create(**request, input=run.turn))


def _take_turn(call: _Call, conversation: str) -> _Work:
    """Take what was written since the last answer out of a conversation, for a server that wants it as input."""
    page = yield call.client.conversations.items.list(conversation, order="desc", limit=100)
    turn = list(itertools.takewhile(lambda item: item.type == "message" and item.role != "assistant", page.data))
    for item in turn:
        yield call.client.conversations.items.delete(item.id, conversation_id=conversation)
    return [_as_input(item.to_dict()) for item in reversed(turn)]


@_answers("POST /threads/{}/runs")
def _create_run(call: _Call, thread_id: str) -> _Work:
    run = yield from _new_run(call, thread_id)
    return (yield from _respond(call, run, []))


@_answers("POST /threads/runs")
def _create_thread_and_run(call: _Call) -> _Work:
    thread = yield from _new_thread(call, call.body.get("thread") or {})
    run = yield from _new_run(call, thread["id"], call.body.get("tool_resources"))
    return (yield from _respond(call, run, []))


@_answers("GET /threads/{}/runs")
def _list_runs(call: _Call, thread_id: str) -> _Work:
    conversation = _conversation(thread_id)
    yield from _active_run(call, conversation)
    return _listed([row["shown"] for row in _state.of("run", conversation)], call.query)


@_answers("GET /threads/{}/runs/{}")
def _retrieve_run(call: _Call, thread_id: str, run_id: str) -> _Work:
    run = yield from _kept_run(call, thread_id, run_id)
    return run.shown


@_answers("POST /threads/{}/runs/{}")
def _update_run(call: _Call, thread_id: str, run_id: str) -> _Work:
    run = yield from _kept_run(call, thread_id, run_id)
    run.shown["metadata"] = call.body.get("metadata") or {}
    run.keep()
    return run.shown


@_answers("POST /threads/{}/runs/{}/cancel")
def _cancel_run(call: _Call, thread_id: str, run_id: str) -> _Work:
    """Cancel the run; it shows as cancelling once, as before, and as cancelled whenever it is looked at again."""
    run = yield from _kept_run(call, thread_id, run_id)
    status = run.shown["status"]
    if status not in _ACTIVE:
        raise _Refusal(400, f"Cannot cancel run with status '{status}'.")
    if status != "requires_action":
        yield call.client.responses.cancel(run.responses[-1], **call.options)
    # region tools
    else:
        yield from _drop_unanswered(call, run.conversation)
    # endregion
    run.move("cancelled")
    return {**run.shown, "status": "cancelling", "cancelled_at": None}


def _answers_to(call: _Call, run: _Run) -> list[Json]:
    """The outputs of functions that a request brings, as input, once they are all there."""
    if run.shown["status"] != "requires_action":
        raise _Refusal(400, f'Runs in status "{run.shown["status"]}" do not accept tool outputs.')
    wanted = [waiting["id"] for waiting in run.calls]
    given = {output.get("tool_call_id", ""): output.get("output") or "" for output in call.body["tool_outputs"]}
    if sorted(wanted) != sorted(given):
        raise _Refusal(400, f"Expected tool outputs for call_ids {wanted}, got {list(given)}")
    run.outputs.update(given)
    outputs = [{"type": "function_call_output", "call_id": key, "output": value} for key, value in given.items()]
    # region last_messages
    if run.window is not None:
        run.window += outputs
    # endregion
    return outputs


@_answers("POST /threads/{}/runs/{}/submit_tool_outputs")
def _submit_tool_outputs(call: _Call, thread_id: str, run_id: str) -> _Work:
    run = yield from _kept_run(call, thread_id, run_id)
    outputs = _answers_to(call, run)
    run.shown.update(status="queued", required_action=None)
    return (yield from _respond(call, run, outputs))
