"""A sandbox in this process, whose time stands still but when the replay moves it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx2

from assist2resp.sandbox.app import Settings, World, create_app
from assist2resp.sandbox.clock import ManualClock
from assist2resp.sandbox.prompt import Answer, Prompt
from recordings.reading import json_of
from recordings.streams import Event, events, is_stream

TICK = 0.005
PATIENCE = 5_000
"""So many ticks are waited for an answer."""
KEY = "sk-replayed"
WRONG_KEY = "sk-wrong"


class RefusedError(Exception):
    """The sandbox refused to make or show something that a replay needs."""


@dataclass(frozen=True)
class Answered:
    """What the sandbox answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON value, or None."""
        return json_of(self.body)

    def accepted(self) -> Any:
        """The body's JSON value, when the request was not refused."""
        if self.status >= 400:
            raise RefusedError(f"{self.status} {self.body[:300]!r}")
        return self.json

    @property
    def stream(self) -> list[Event] | None:
        """The body's events, or None when it is no stream."""
        return events(self.body) if is_stream(self.headers, self.body) else None


class Wire:
    """Sends requests to one fresh sandbox. Answers put into `script` are what its model says next."""

    def __init__(self, start: float) -> None:
        self.script: deque[Answer] = deque()
        self.clock = ManualClock(start, hold=True)
        self.world = World(settings=Settings(api_key=KEY), clock=self.clock, script=self._next_answer)
        transport = httpx2.ASGITransport(app=create_app(self.world), raise_app_exceptions=False)
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://sandbox")

    def _next_answer(self, _prompt: Prompt) -> Answer | None:
        return self.script.popleft() if self.script else None

    def on(self, day: date | None) -> None:
        """Let the sandbox's date be this day."""
        self.world.settings = replace(self.world.settings, today=day)

    def say(self, answers: Iterable[Answer]) -> None:
        """Script what the model says next, in place of what was left over."""
        self.script.clear()
        self.script.extend(answers)

    async def tick(self, seconds: float = TICK) -> None:
        """Let a little time pass."""
        self.clock.advance(seconds)
        await _settle()

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answered:
        """Send one request; time passes until it is answered."""
        sent = {"authorization": f"Bearer {KEY}", "openai-beta": "assistants=v2", **headers}
        request = asyncio.ensure_future(self._client.request(method, path, content=body, headers=sent))
        await _settle()
        for _ in range(PATIENCE):
            if request.done():
                break
            await self.tick()
        else:
            request.cancel()
            raise RefusedError(f"no answer to {method} {path}")
        response = await request
        return Answered(response.status_code, dict(response.headers), response.content)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Make something; the JSON that the sandbox answers, of a stream the response at its end."""
        content = httpx2.Request("POST", "http://sandbox", json=dict(body)).content
        answered = await self.send("POST", path, content, **{"content-type": "application/json"})
        if answered.stream is not None:
            return next((event.data["response"] for event in answered.stream[::-1] if "response" in event.data), None)
        return answered.accepted()

    async def get(self, path: str) -> Any:
        """Look at something; the JSON that the sandbox answers."""
        return (await self.send("GET", path)).json

    async def close(self) -> None:
        """Stop the sandbox."""
        await self._client.aclose()
        await self.world.close()


async def _settle() -> None:
    for _ in range(40):
        await asyncio.sleep(0)
