"""What many tasks want to have kept, kept together: one commit for all that wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Batches(Generic[T]):
    """Hands entries to a function that runs in a thread, all that came while it ran before at once."""

    def __init__(self, keep: Callable[[list[T]], None]) -> None:
        self._keep = keep
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, entry: T) -> None:
        """Return once the entry is kept; raises what keeping it raised."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await future

    async def settle(self) -> None:
        """Return once nothing is being kept any more, also where that was cancelled."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            problem: Exception | None = None
            try:
                await asyncio.to_thread(self._keep, [entry for entry, _ in batch])
            except Exception as error:  # noqa: BLE001 - handed to everyone who waits
                problem = error
            for _, future in batch:
                if future.done():
                    continue
                if problem is None:
                    future.set_result(None)
                else:
                    future.set_exception(problem)
