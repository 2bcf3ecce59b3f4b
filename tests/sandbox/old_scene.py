"""Worlds for the tests of the Assistants wire: quick or held in time, with a model of the test's own if it gives one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI, OpenAI, Stream
from openai._base_client import BaseSyncPage

from assist2resp.sandbox.app import Settings, World
from assist2resp.sandbox.clock import Clock, ManualClock, WallClock
from assist2resp.sandbox.prompt import Answer, FunctionCall, Prompt, Text, Usage
from assist2resp.sandbox.server import Sandbox
from assist2resp.sandbox.store import Store

QUICK: dict[str, Any] = {"queued_seconds": 0, "step_seconds": 0, "poll_after_ms": 1}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def said(text: str, *, usage: tuple[int, int] = (7, 3), stop: Any = "end") -> Answer:
    """An answer in words, streamed in two deltas."""
    half = len(text) // 2
    return Answer((Text(text, (), (text[:half], text[half:])),), Usage(*usage), stop)


def called(*names: str, usage: tuple[int, int] = (11, 5)) -> Answer:
    """An answer that calls functions."""
    return Answer(tuple(FunctionCall(str(i), name, '{"city":"Oslo"}') for i, name in enumerate(names)), Usage(*usage))


class Play:
    """A model that gives these answers in turn, the last one for ever, and keeps its prompts."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.prompts: list[Prompt] = []

    def __call__(self, prompt: Prompt) -> Answer:
        self.prompts.append(prompt)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def world_of(
    model: Callable[[Prompt], Answer] | None = None,
    *,
    clock: Clock | None = None,
    state: Path | None = None,
    **settings: Any,
) -> Iterator[Sandbox]:
    """A sandbox in this process that must not fail inside; time passes at once unless a clock holds it."""
    timing = {} if clock is not None else QUICK
    world = World(Store(state), Settings(**{**timing, **settings}), clock or WallClock())
    if model is not None:
        world.model = model
    server = Sandbox(world)
    try:
        yield server
    finally:
        server.close()
    assert server.failures == []


def tick(server: Sandbox, clock: ManualClock, seconds: float = 0.02) -> None:
    """Move a held clock on as soon as something in the sandbox waits for it."""
    wait_until(server, lambda: clock.waiting > 0)
    clock.advance(seconds)


def wait_until(server: Sandbox, holds: Callable[[], bool]) -> None:
    """Let the sandbox's loop go round until `holds`."""
    for _ in range(10_000):
        if holds():
            return
        server._loop.call(asyncio.sleep(0))
    raise AssertionError("what was waited for did not happen")


class Caller:
    """Calls the SDK, sync or async, and gives what came of it."""

    def __init__(self, server: Sandbox, mode: str) -> None:
        options: Any = {"_strict_response_validation": True, "max_retries": 0}
        self._runner = asyncio.Runner() if mode == "async" else None
        self.client: OpenAI | AsyncOpenAI = (
            server.client(**options) if self._runner is None else server.async_client(**options)
        )

    def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """The result of `client.<method>(…)`; of a page or a stream, its items as a list."""
        target: Any = self.client
        for name in method.split("."):
            target = getattr(target, name)
        made = target(*args, **kwargs)
        if self._runner is not None:
            return self._runner.run(_collected(made))
        return list(made) if isinstance(made, BaseSyncPage | Stream) else made

    def close(self) -> None:
        if self._runner is not None:
            self._runner.run(self.client.close())
            self._runner.close()


async def _collected(made: Any) -> Any:
    if inspect.isawaitable(made):
        made = await made
    if hasattr(made, "__aiter__"):
        return [item async for item in made]
    return made
