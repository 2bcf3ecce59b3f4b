"""Runs of the Assistants API: making, driving, answering, cancelling and expiring them.

A run moves by time, not by being polled: queued, in_progress, then requires_action or one of the ends. What a kill
interrupted is taken up again when the run is next looked at; expiry, too, shows when it is looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from assist2resp.sandbox import library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.attachments import resolve_resources
from assist2resp.sandbox.prompt import Answer, Usage
from assist2resp.sandbox.run_events import (
    Interrupted,
    checkpoint,
    move,
    pause,
    publish,
    publish_run,
)
from assist2resp.sandbox.run_prompt import prompt_of
from assist2resp.sandbox.run_render import Renderer, usage_body
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import ACTIVE, check_message, make_message
from assist2resp.sandbox.wire import Json, WireError

ERROR_CODES = ("server_error", "rate_limit_exceeded", "invalid_prompt")


def active_run(world: World, thread: Record) -> Record | None:
    """The run that locks this thread, if one does."""
    run = world.store.table("runs").get(thread.private.get("active_run", ""))
    if run is None:
        return None
    settle(world, run)
    return run if run.body["status"] in ACTIVE else None


def refuse_messages_while_active(world: World, thread: Record) -> None:
    """Refuse a new message on a thread that a run has locked."""
    run = active_run(world, thread)
    if run is not None:
        raise WireError(400, f"Can't add messages to {thread.id} while a run {run.id} is active.")


def make_run(world: World, thread: Record, assistant: Record, request: Json) -> Record:
    """A queued run, which locks its thread; the request's additional messages are added first."""
    active = active_run(world, thread)
    if active is not None:
        raise WireError(400, f"Thread {thread.id} already has an active run {active.id}.")
    extra = request.get("additional_messages") or []
    for index, message in enumerate(extra):
        check_message(world, message, f"additional_messages[{index}].")
    body = _run_body(world, thread, assistant, request)
    said = [message.body["role"] for message in world.store.table("messages").of(thread.id)]
    if not body["instructions"] and "user" not in said + [message["role"] for message in extra]:
        text = "Run creation requires a Thread with a user message or an assistant with instructions."
        raise WireError(400, text, code="invalid_thread")
    for message in extra:
        make_message(world, thread, message)
    body["id"] = world.ids.new("run_")
    run = Record(body["id"], body, thread.id, _resources(thread, assistant, request, body["tools"]))
    world.store.table("runs").add(run)
    thread.private["active_run"] = run.id
    world.store.table("threads").save(thread)
    return run


def _run_body(world: World, thread: Record, assistant: Record, request: Json) -> Json:
    """A new run in the key order of the wire: what the request says, else what the assistant has."""
    now, base = world.seconds(), assistant.body

    def chosen(key: str, default: Any) -> Any:
        value = request.get(key)
        return base.get(key, default) if value is None else value

    return {
        "id": "",
        "object": "thread.run",
        "created_at": now,
        "assistant_id": assistant.id,
        "thread_id": thread.id,
        "status": "queued",
        "started_at": None,
        "expires_at": now + int(world.settings.action_seconds),
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": chosen("model", None),
        "instructions": _instructions(chosen("instructions", None), request.get("additional_instructions")),
        "tools": chosen("tools", []),
        "tool_resources": {},
        "metadata": request.get("metadata") or {},
        "temperature": chosen("temperature", 1.0),
        "top_p": chosen("top_p", 1.0),
        "reasoning_effort": chosen("reasoning_effort", None),
        "max_completion_tokens": request.get("max_completion_tokens"),
        "max_prompt_tokens": request.get("max_prompt_tokens"),
        "truncation_strategy": {"type": "auto", "last_messages": None, **(request.get("truncation_strategy") or {})},
        "incomplete_details": None,
        "usage": None,
        "response_format": chosen("response_format", "auto"),
        "tool_choice": request.get("tool_choice") or "auto",
        "parallel_tool_calls": request.get("parallel_tool_calls") is not False,
    }


def _instructions(instructions: str | None, additional: str | None) -> str:
    return "\n".join(part for part in (instructions, additional) if part)


def _resources(thread: Record, assistant: Record, request: Json, tools: Sequence[Json]) -> Json:
    """What only the sandbox knows of a run: the files and stores of assistant and thread united, and what streams show."""
    own = request.get("tool_resources")
    sources = [own if own is not None else assistant.body["tool_resources"], thread.body["tool_resources"]]
    files = [source.get("code_interpreter") or {} for source in sources]
    stores = [source.get("file_search") or {} for source in sources]
    file_ids = dict.fromkeys(itertools.chain(*(entry.get("file_ids") or [] for entry in files)))
    store_ids = dict.fromkeys(itertools.chain(*(entry.get("vector_store_ids") or [] for entry in stores)))
    shown: Json = {"code_interpreter": {"file_ids": list(file_ids)}}
    if any(tool["type"] == "file_search" for tool in tools):
        shown["file_search"] = {"vector_store_ids": list(store_ids)}
    united = {"file_ids": list(file_ids), "vector_store_ids": list(store_ids)}
    return {"tool_resources": united, "shown_resources": shown, "spent": [0, 0], "kept": [0, 0]}


def check_resources(world: World, request: Json) -> None:
    """Refuse tool resources of a run that do not exist."""
    resolve_resources(world, request.get("tool_resources"))


def start(world: World, run: Record) -> None:
    """Tell that the run was made and set it going."""
    publish_run(world, run, "created")
    publish_run(world, run)
    _work_on(world, run)


def _work_on(world: World, run: Record) -> None:
    world.working.add(run.id)
    world.spawn(_drive(world, run))


def settle(world: World, run: Record) -> None:
    """Bring a run that is looked at up to date: expire it when its time is over, go on with it after a restart."""
    status = run.body["status"]
    if status == "requires_action" and world.clock.now() >= run.body["expires_at"]:
        _close_open(world, run, "expired")
        _end(world, run, "expired", required_action=None)
    elif status in ("queued", "in_progress", "cancelling") and run.id not in world.working:
        _work_on(world, run)


async def _drive(world: World, run: Record) -> None:
    try:
        await _progress(world, run)
    except Interrupted:
        await _cancel(world, run)
    except WireError as error:
        _fail(world, run, "invalid_prompt", error.message)
    except Exception:
        _fail(world, run, "server_error", "Sorry, something went wrong.")
        raise
    finally:
        world.working.discard(run.id)


async def _progress(world: World, run: Record) -> None:
    checkpoint(world, run)
    if run.body["status"] == "queued":
        await pause(world, run, world.settings.queued_seconds)
        move(world, run, "in_progress", started_at=world.seconds())
    await pause(world, run, world.settings.step_seconds)
    await library.until_indexed(world, run.private["tool_resources"]["vector_store_ids"])
    checkpoint(world, run)
    _forget_unfinished(world, run)
    answer = await world.answer(prompt_of(world, run))
    checkpoint(world, run)
    spent = run.private["spent"]
    run.private["spent"] = [spent[0] + answer.usage.input_tokens, spent[1] + answer.usage.output_tokens]
    most = run.body["max_prompt_tokens"]
    if answer.stop == "error":
        _fail(world, run, *(answer.error or ("server_error", "Sorry, something went wrong.")))
    elif most is not None and run.private["spent"][0] > most:
        _end(world, run, "incomplete", incomplete_details={"reason": "max_prompt_tokens"})
    else:
        _conclude(world, run, answer, await Renderer(world, run, answer).render())


def _conclude(world: World, run: Record, answer: Answer, calls: list[Json]) -> None:
    """Move the run on after an answer: to wait for outputs, or to its end."""
    most = run.body["max_completion_tokens"]
    if answer.stop == "content_filter":
        _end(world, run, "incomplete")
    elif answer.stop == "length" or (most is not None and calls and run.private["spent"][1] >= most):
        _close_open(world, run, "cancelled")
        _end(world, run, "incomplete", incomplete_details={"reason": "max_completion_tokens"})
    elif calls:
        asked = [{**call, "function": {key: call["function"][key] for key in ("name", "arguments")}} for call in calls]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
        move(world, run, "requires_action", required_action=action)
    else:
        _end(world, run, "completed")


def _forget_unfinished(world: World, run: Record) -> None:
    """Drop what an earlier process had written of the answer that is now made anew."""
    steps, messages = world.store.table("steps"), world.store.table("messages")
    kept_steps, kept_messages = run.private["kept"]
    for step in steps.of(run.id)[kept_steps:]:
        steps.delete(step.id)
    for message in _messages(world, run)[kept_messages:]:
        messages.delete(message.id)


def _messages(world: World, run: Record) -> list[Record]:
    written = world.store.table("messages").of(run.body["thread_id"])
    return [message for message in written if message.body["run_id"] == run.id]


def _end(world: World, run: Record, status: str, **changes: Any) -> None:
    """Move the run to an end, with the usage of all its steps, and unlock its thread."""
    thread = world.store.table("threads").get(run.body["thread_id"])
    if thread is not None and thread.private.get("active_run") == run.id:
        del thread.private["active_run"]
        world.store.table("threads").save(thread)
    usage = usage_body(Usage(*run.private["spent"]))
    completed_at = world.seconds() if status in ("completed", "incomplete") else None
    move(world, run, status, expires_at=None, usage=usage, completed_at=completed_at, **changes)


def _fail(world: World, run: Record, code: str, message: str) -> None:
    _close_open(world, run, "failed")
    error = {"code": code if code in ERROR_CODES else "server_error", "message": message}
    _end(world, run, "failed", failed_at=world.seconds(), last_error=error)


async def _cancel(world: World, run: Record) -> None:
    """Finish a cancellation; of a run that was deleted nothing remains to be finished."""
    if world.store.table("runs").get(run.id) is run:
        await world.clock.sleep(world.settings.step_seconds)
        _close_open(world, run, "cancelled")
        _end(world, run, "cancelled", cancelled_at=world.seconds(), required_action=None)


def _close_open(world: World, run: Record, status: str) -> None:
    """End the message and the steps that are still in progress as the run ends."""
    now = world.seconds()
    for message in _messages(world, run):
        if message.body["status"] == "in_progress":
            reason = {"reason": f"run_{status}"}
            message.body.update(status="incomplete", incomplete_at=now, incomplete_details=reason)
            world.store.table("messages").save(message)
            publish(world, run.id, "thread.message.incomplete", message.body)
    for step in world.store.table("steps").of(run.id):
        if step.body["status"] == "in_progress":
            stamp = {} if status == "expired" else {f"{status}_at": now}
            error = {"code": "server_error", "message": "The run failed."} if status == "failed" else None
            step.body.update(status=status, last_error=error, **stamp)
            world.store.table("steps").save(step)
            publish(world, run.id, f"thread.run.step.{status}", step.body)


def cancel(world: World, run: Record) -> None:
    """Ask a run to stop; it is cancelling until it has."""
    settle(world, run)
    status = run.body["status"]
    if status not in ("queued", "in_progress", "requires_action"):
        raise WireError(400, f"Cannot cancel run with status '{status}'.")
    move(world, run, "cancelling", required_action=None)
    if run.id not in world.working:
        _work_on(world, run)


def check_outputs(world: World, run: Record, outputs: Sequence[Json]) -> None:
    """Refuse outputs that the run does not wait for, or that leave a call unanswered."""
    settle(world, run)
    status = run.body["status"]
    if status != "requires_action":
        raise WireError(400, f'Runs in status "{status}" do not accept tool outputs.')
    wanted = [call["id"] for call in run.body["required_action"]["submit_tool_outputs"]["tool_calls"]]
    got = [output.get("tool_call_id", "") for output in outputs]
    if sorted(wanted) != sorted(got):
        raise WireError(400, f"Expected tool outputs for call_ids {wanted}, got {got}")


def submit(world: World, run: Record, outputs: Sequence[Json]) -> None:
    """Give the waiting calls their outputs and queue the run again; `check_outputs` has passed them."""
    given = {output["tool_call_id"]: output.get("output") or "" for output in outputs}
    steps = world.store.table("steps")
    for step in steps.of(run.id):
        if step.body["status"] == "in_progress":
            for call in step.body["step_details"]["tool_calls"]:
                call["function"]["output"] = given[call["id"]]
            usage = step.private["usage"]
            step.body.update(status="completed", completed_at=world.seconds(), usage=usage)
            steps.save(step)
            publish(world, run.id, "thread.run.step.completed", step.body)
    run.private["kept"] = [len(steps.of(run.id)), len(_messages(world, run))]
    move(world, run, "queued", required_action=None)
    _work_on(world, run)
