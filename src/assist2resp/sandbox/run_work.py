"""Runs of the Assistants API at work: from queued to an end, or to where they wait for outputs.

A run moves by time, not by being polled: queued, in_progress, then requires_action or one of the ends. What a kill
interrupted is taken up again when the run is next looked at; expiry, too, shows when it is looked at.
"""

from __future__ import annotations

from typing import Any

from assist2resp.sandbox import library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import Answer, Usage
from assist2resp.sandbox.run_events import Interrupted, checkpoint, move, pause, publish, publish_run
from assist2resp.sandbox.run_prompt import prompt_of
from assist2resp.sandbox.run_render import Renderer, usage_body
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import ACTIVE
from assist2resp.sandbox.wire import Json, WireError

ERROR_CODES = ("server_error", "rate_limit_exceeded", "invalid_prompt")


def active_run(world: World, thread: Record) -> Record | None:
    """The run that locks this thread, if one does."""
    run = world.store.table("runs").get(thread.private.get("active_run", ""))
    if run is None:
        return None
    settle(world, run)
    return run if run.body["status"] in ACTIVE else None


def start(world: World, run: Record) -> None:
    """Tell that the run was made and set it going."""
    publish_run(world, run, "created")
    publish_run(world, run)
    work_on(world, run)


def work_on(world: World, run: Record) -> None:
    """Go on with a run in the background."""
    world.working.add(run.id)
    world.spawn(_drive(world, run))


def settle(world: World, run: Record) -> None:
    """Bring a run that is looked at up to date: expire it when its time is over, go on with it after a restart."""
    status = run.body["status"]
    if status == "requires_action" and world.clock.now() >= run.body["expires_at"]:
        _close_open(world, run, "expired")
        _end(world, run, "expired", required_action=None)
    elif status in ("queued", "in_progress", "cancelling") and run.id not in world.working:
        work_on(world, run)


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
    for message in messages_of(world, run)[kept_messages:]:
        messages.delete(message.id)


def messages_of(world: World, run: Record) -> list[Record]:
    """The messages that a run wrote."""
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
    for message in messages_of(world, run):
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
