"""How many requests may be under way, and when the next may begin: what the server says about itself decides.

Headers: https://platform.openai.com/docs/guides/rate-limits. The number of requests grows by one for each round without
a refusal, and is halved by each refusal.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

_START = 4
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class Pace:
    """Lets requests begin."""

    def __init__(self, most: int, rate: float | None = None) -> None:
        self._most = most
        self._limit = float(min(_START, most))
        self._interval = 1 / rate if rate else 0.0
        self._running = 0
        self._not_before = 0.0
        self._next_start = 0.0
        self._freed = asyncio.Event()

    @property
    def limit(self) -> int:
        """How many requests may be under way now."""
        return int(self._limit)

    def turn(self) -> Pace:
        """Wait until a request may begin; it counts as under way while the block runs (`async with`)."""
        return self

    async def __aenter__(self) -> None:
        while self._running >= self.limit:
            self._freed.clear()
            await self._freed.wait()
        self._running += 1
        try:
            await self._wait()
        except BaseException:
            self._end()
            raise

    async def __aexit__(self, *_error: object) -> None:
        self._end()

    def _end(self) -> None:
        self._running -= 1
        self._freed.set()

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        start = max(self._not_before, self._next_start)
        self._next_start = max(start, loop.time()) + self._interval
        if start > loop.time():
            await asyncio.sleep(start - loop.time())

    def answered(self, headers: Mapping[str, str]) -> None:
        """A request succeeded: allow more of them, unless the headers say that none is left."""
        self._limit = min(self._most, self._limit + 1 / self._limit)
        if headers.get("x-ratelimit-remaining-requests") == "0":
            self._rest(seconds_of(headers.get("x-ratelimit-reset-requests", "")))

    def refused(self, seconds: float) -> None:
        """The server has too much to do: allow fewer, and none before so many seconds have passed."""
        self._limit = max(1.0, self._limit / 2)
        self._rest(seconds)

    def _rest(self, seconds: float) -> None:
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + seconds)


def seconds_of(duration: str) -> float:
    """A duration such as `6m0s` or `20ms`; 0 for what is none."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a refusal asks to wait, if it does."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
