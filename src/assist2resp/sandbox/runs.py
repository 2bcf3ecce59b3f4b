"""Runs of the Assistants API as applications handle them: made, answered, cancelled, and refused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from assist2resp.sandbox.app import World
from assist2resp.sandbox.attachments import resolve_resources
from assist2resp.sandbox.run_events import move, publish
from assist2resp.sandbox.run_work import active_run, messages_of, settle, work_on
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import check_message, make_message
from assist2resp.sandbox.wire import Json, WireError


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


def cancel(world: World, run: Record) -> None:
    """Ask a run to stop; it is cancelling until it has."""
    settle(world, run)
    status = run.body["status"]
    if status not in ("queued", "in_progress", "requires_action"):
        raise WireError(400, f"Cannot cancel run with status '{status}'.")
    move(world, run, "cancelling", required_action=None)
    if run.id not in world.working:
        work_on(world, run)


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
    run.private["kept"] = [len(steps.of(run.id)), len(messages_of(world, run))]
    move(world, run, "queued", required_action=None)
    work_on(world, run)
