"""The sandbox's time: the wall's, or one that a test moves."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the sandbox asks of time: when it is, and to wait."""

    def now(self) -> float:
        """Seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Wait as long."""


class WallClock:
    """The machine's time."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A time that stands still until `advance`. With `hold`, waiting ends by `advance` alone; else it is real."""

    def __init__(self, now: float = 1_787_000_000.0, *, hold: bool = False) -> None:
        self._now = now
        self._hold = hold
        self._waiting: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for `advance`."""
        return len(self._waiting)

    def now(self) -> float:
        """Seconds since 1970, as far as it was advanced."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has passed `seconds`; without `hold`, on the event loop as the wall clock does."""
        if not self._hold or seconds <= 0:
            await asyncio.sleep(seconds)
            return
        event = asyncio.Event()
        with self._lock:
            self._waiting.append((self._now + seconds, asyncio.get_running_loop(), event))
        await event.wait()

    def advance(self, seconds: float) -> None:
        """Move on and wake whoever is due; may be called from any thread."""
        with self._lock:
            self._now += seconds
            due = [waiter for waiter in self._waiting if waiter[0] <= self._now]
            self._waiting = [waiter for waiter in self._waiting if waiter[0] > self._now]
        for _, loop, event in due:
            loop.call_soon_threadsafe(event.set)
