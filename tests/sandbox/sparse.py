"""The sandbox as a server that says no more than it must: optional fields are absent, or null, in all that it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assist2resp.sandbox import serving
from assist2resp.sandbox.app import Settings
from assist2resp.sandbox.seed import Source
from assist2resp.sandbox.server import Sandbox, sandbox

_OPTIONAL = frozenset({
    "background", "billing", "completed_at", "conversation", "incomplete_details", "logprobs", "max_output_tokens",
    "max_tool_calls", "moderation", "parallel_tool_calls", "phase", "previous_response_id", "prompt", "prompt_cache_key",
    "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier", "status", "store", "top_logprobs",
    "truncation", "usage", "user",
})  # fmt: skip
"""What OpenAI's answers say beside what they are about; the status of items, not of responses, is among it."""
_OFTEN_EMPTY = frozenset({"annotations", "metadata"})


@dataclass(frozen=True)
class Sparse:
    """The ASGI application, with the JSON and the events that it sends made sparse."""

    app: ASGIApp
    as_null: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[bytes] = []
        start: Message = {}

        async def send_sparse(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if self._kind(start) == "other":
                    await send(message)
                return
            kind, body = self._kind(start), message.get("body", b"")
            if kind == "other":
                await send(message)
            elif kind == "json":
                held.append(body)
                if not message.get("more_body"):
                    await self._send(send, start, self._json(b"".join(held)))
            else:
                if not held:
                    held.append(b"")
                    await send(start)
                await send({**message, "body": b"\n".join(map(self._line, body.split(b"\n")))})

        await self.app(scope, receive, send_sparse if scope["type"] == "http" else send)

    @staticmethod
    def _kind(start: Message) -> str:
        kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
        kind = kinds[0] if kinds and start["status"] < 400 else b""
        return "json" if b"json" in kind else "events" if b"event-stream" in kind else "other"

    @staticmethod
    async def _send(send: Send, start: Message, body: bytes) -> None:
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def _json(self, body: bytes) -> bytes:
        return json.dumps(self.sparse(json.loads(body))).encode() if body else body

    def _line(self, line: bytes) -> bytes:
        name, _, data = line.partition(b": ")
        return b"data: " + self._json(data) if name == b"data" and data.startswith(b"{") else line

    def sparse(self, value: Any) -> Any:
        """The value without what is optional."""
        if isinstance(value, list):
            return [self.sparse(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        told = value.get("object") or value.get("type")
        kept = {
            name: inner if name == "metadata" else self.sparse(inner)
            for name, inner in value.items()
            if not _is_dropped(name, inner, told)
        }
        return {**kept, **dict.fromkeys(value.keys() - kept.keys())} if self.as_null else kept


def _is_dropped(name: str, value: Any, told: str | None) -> bool:
    if name == "status":
        return told in ("message", "function_call", "function_call_output")
    return name in _OPTIONAL or (name in _OFTEN_EMPTY and not value)


@contextmanager
def sparse_sandbox(settings: Settings, seed: Source | None, *, as_null: bool) -> Iterator[Sandbox]:
    """A sandbox that listens and answers sparsely."""
    with serving.listener("127.0.0.1", 0) as listener, sandbox(settings=settings, seed=seed, in_process=True) as server:
        server._app = Sparse(server._app, as_null)  # type: ignore[assignment]
        server.listen(listener)
        yield server
