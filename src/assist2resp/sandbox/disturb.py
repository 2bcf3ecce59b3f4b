"""What a fault does to a request: answers instead of the sandbox, delays it, or cuts the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assist2resp.sandbox.faults import Fault, FaultPlan
from assist2resp.sandbox.wire import WireError

_TEXTS = {
    429: ("Rate limit reached for requests. Please try again later.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request. Sorry about that!", "server_error", None),
    503: ("The engine is currently overloaded, please try again later.", "server_error", None),
}


class Disturbed:
    """The application, hit by the faults of a plan."""

    def __init__(self, app: ASGIApp, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cuts: list[Fault] = []
        for fault in self._plan.strike(scope["method"], scope["path"]):
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            elif fault.status is not None:
                await _read_all(receive)
                await _answer(fault.status, fault).response()(scope, receive, send)
                return
            else:
                cuts.append(fault)
        if not cuts:
            await self._app(scope, receive, send)
        else:
            await Cutter(cuts, send).serve(self._app, scope, receive)


def _answer(status: int, fault: Fault) -> WireError:
    text, kind, code = _TEXTS.get(status, (f"The sandbox was told to answer {status}.", "server_error", None))
    headers = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
    return WireError(status, text, type=kind, code=code, headers=headers)


async def _read_all(receive: Receive) -> None:
    """Take the body off the connection, as the real servers do before they answer."""
    while (await receive()).get("more_body", False):
        pass


class HangupError(OSError):
    """The connection was cut on purpose."""


class Cutter:
    """Passes an answer on up to the point of the cut: half of a body, or some events of a stream."""

    def __init__(self, cuts: list[Fault], send: Send) -> None:
        self._cuts = {fault.kind: fault for fault in reversed(cuts)}
        self._send = send
        self._cut: Callable[[Message], Awaitable[None]] = send
        self._events_left = 0

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Serve the request; returning in mid-answer is what makes the server close the connection."""
        try:
            await app(scope, receive, self._pass_on)
        except (HangupError, ClientDisconnect):
            return

    async def _pass_on(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            await self._cut(message)
            return
        headers = dict(message["headers"])
        if headers.get(b"content-type", b"").startswith(b"text/event-stream"):
            if fault := self._cuts.get("cut-stream"):
                self._events_left, self._cut = fault.events, self._cut_stream
        elif "cut-body" in self._cuts:
            self._cut = self._cut_body
        await self._send(message)

    async def _cut_body(self, message: Message) -> None:
        body = message.get("body", b"")
        await self._send({**message, "body": body[: len(body) // 2], "more_body": True})
        raise HangupError

    async def _cut_stream(self, message: Message) -> None:
        *events, rest = message.get("body", b"").split(b"\n\n")
        if len(events) < self._events_left and message.get("more_body", False):
            self._events_left -= len(events)
            await self._send(message)
            return
        whole = b"".join(event + b"\n\n" for event in events[: self._events_left])
        await self._send({**message, "body": whole + rest[:8], "more_body": True})
        raise HangupError
