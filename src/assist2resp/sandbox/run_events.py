"""How a run moves and tells of it: status changes, events to whoever streams, and the points where it may stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from assist2resp.sandbox.app import World
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, sse

PAUSES = frozenset({"completed", "incomplete", "failed", "cancelled", "expired", "requires_action"})
"""The statuses that end a stream of the run."""


class Interrupted(Exception):  # noqa: N818 - a turn of events, not an error
    """The run was cancelled or its thread deleted while it was at work."""


def listen(world: World, run_id: str) -> AsyncIterator[bytes]:
    """The events of a run from here on, as a stream that ends where the run pauses."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    world.listeners.setdefault(run_id, []).append(queue)
    return _drain(world, run_id, queue)


async def _drain(world: World, run_id: str, queue: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
    try:
        while (data := await queue.get()) is not None:
            yield data
    finally:
        queues = world.listeners.get(run_id, [])
        if queue in queues:
            queues.remove(queue)
        if not queues:
            world.listeners.pop(run_id, None)


def publish(world: World, run_id: str, event: str, data: Json) -> None:
    """Send an event to the run's streams."""
    queues = world.listeners.get(run_id)
    if queues:
        encoded = sse(event, data)
        for queue in queues:
            queue.put_nowait(encoded)


def hang_up(world: World, run_id: str) -> None:
    """End the run's streams."""
    for queue in world.listeners.pop(run_id, []):
        queue.put_nowait(sse("done", "[DONE]"))
        queue.put_nowait(None)


def publish_run(world: World, run: Record, event: str = "") -> None:
    """Send the run as it is now, by default as the event of its status. Streams show the tool resources in full."""
    shown = {**run.body, "tool_resources": run.private["shown_resources"]}
    publish(world, run.id, f"thread.run.{event or run.body['status']}", shown)


def move(world: World, run: Record, status: str, **changes: Any) -> None:
    """Change the run's status and fields, keep it, and tell."""
    run.body.update(status=status, **changes)
    world.store.table("runs").save(run)
    publish_run(world, run)
    if status in PAUSES:
        hang_up(world, run.id)


def checkpoint(world: World, run: Record) -> None:
    """Stop here if the run was cancelled or deleted meanwhile."""
    gone = world.store.table("runs").get(run.id) is not run
    if gone or run.body["status"] == "cancelling":
        raise Interrupted


async def pause(world: World, run: Record, seconds: float) -> None:
    """Wait, then stop here if the run was cancelled or deleted meanwhile."""
    await world.clock.sleep(seconds)
    checkpoint(world, run)
