"""Transports that carry the SDK's requests to the application in this process, without a socket.

The SDK stands on httpx (openai<3) or httpx2 (openai>=3), which have the same shapes under other names. The application
runs on the sandbox's own event loop, so its background work goes on whichever loop, if any, the caller has.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from assist2resp.sandbox.loop import LoopThread

_END: Message = {"type": "end"}
_HANGUP: Message = {"type": "hangup"}


class Exchange:
    """One request on its way through the application; what it answers goes to `deliver`, message by message."""

    def __init__(self, app: ASGIApp, scope: Scope, body: bytes, deliver: Callable[[Message], None]) -> None:
        self._app = app
        self._scope = scope
        self._body: bytes | None = body
        self._deliver = deliver
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Serve the request; what is left unfinished arrives as a hang-up."""
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            self._deliver(_HANGUP)

    def leave(self) -> None:
        """Tell the application that nobody listens any more."""
        self._gone.set()

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self._deliver(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._deliver(_END)


def _scope(request: Any) -> Scope:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (url.host, url.port or 80),
    }


def _read_timeout(request: Any) -> float | None:
    timeout: float | None = request.extensions.get("timeout", {}).get("read")
    return timeout


class _Sync:
    """The blocking transport of either library."""

    library: Any
    stream_class: type

    def __init__(self, app: ASGIApp, loop: LoopThread) -> None:
        self._app = app
        self._loop = loop

    def handle_request(self, request: Any) -> Any:
        """Send one request and return once the answer has begun."""
        if self._loop.is_closed:
            raise self.library.ConnectError("The sandbox is closed", request=request)
        messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        exchange = Exchange(self._app, _scope(request), request.read(), messages.put)
        self._loop.submit(exchange.run())
        stream = self.stream_class(self._loop, exchange, messages, request)
        start = stream.next_message()
        return self.library.Response(start["status"], headers=start["headers"], stream=stream, request=request)

    def close(self) -> None:
        """Nothing is held between requests."""


class _SyncBody:
    """The body of an answer, as its parts arrive."""

    library: Any

    def __init__(
        self, loop: LoopThread, exchange: Exchange, messages: queue.SimpleQueue[Message], request: Any
    ) -> None:
        self._loop = loop
        self._exchange = exchange
        self._messages = messages
        self._request = request

    def next_message(self) -> Message:
        """The next message; the library's own errors for a hang-up and for one that takes too long."""
        try:
            message = self._messages.get(timeout=_read_timeout(self._request))
        except queue.Empty:
            self.close()
            raise self.library.ReadTimeout("The read operation timed out", request=self._request) from None
        if message is _HANGUP:
            text = "peer closed connection without sending complete message body"
            raise self.library.RemoteProtocolError(text, request=self._request)
        return message

    def __iter__(self) -> Iterator[bytes]:
        while (message := self.next_message()) is not _END:
            yield message.get("body", b"")

    def close(self) -> None:
        """Stop listening."""
        self._loop.post(self._exchange.leave)


class _Async:
    """The transport of either library for asyncio."""

    library: Any
    stream_class: type

    def __init__(self, app: ASGIApp, loop: LoopThread) -> None:
        self._app = app
        self._loop = loop

    async def handle_async_request(self, request: Any) -> Any:
        """Send one request and return once the answer has begun."""
        if self._loop.is_closed:
            raise self.library.ConnectError("The sandbox is closed", request=request)
        messages: asyncio.Queue[Message] = asyncio.Queue()
        here = asyncio.get_running_loop()

        def deliver(message: Message) -> None:
            if not here.is_closed():
                here.call_soon_threadsafe(messages.put_nowait, message)

        exchange = Exchange(self._app, _scope(request), await request.aread(), deliver)
        self._loop.submit(exchange.run())
        stream = self.stream_class(self._loop, exchange, messages, request)
        start = await stream.next_message()
        return self.library.Response(start["status"], headers=start["headers"], stream=stream, request=request)

    async def aclose(self) -> None:
        """Nothing is held between requests."""


class _AsyncBody:
    """The body of an answer, as its parts arrive."""

    library: Any

    def __init__(self, loop: LoopThread, exchange: Exchange, messages: asyncio.Queue[Message], request: Any) -> None:
        self._loop = loop
        self._exchange = exchange
        self._messages = messages
        self._request = request

    async def next_message(self) -> Message:
        """The next message; the library's own errors for a hang-up and for one that takes too long."""
        try:
            message = await asyncio.wait_for(self._messages.get(), _read_timeout(self._request))
        except TimeoutError:
            await self.aclose()
            raise self.library.ReadTimeout("The read operation timed out", request=self._request) from None
        if message is _HANGUP:
            text = "peer closed connection without sending complete message body"
            raise self.library.RemoteProtocolError(text, request=self._request)
        return message

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self.next_message()) is not _END:
            yield message.get("body", b"")

    async def aclose(self) -> None:
        """Stop listening."""
        self._loop.post(self._exchange.leave)


def sync_transport(library: Any, app: ASGIApp, loop: LoopThread) -> Any:
    """A transport for `library.Client`, where `library` is the module httpx or httpx2."""
    body = type("InProcessBody", (_SyncBody, library.SyncByteStream), {"library": library})
    made = type("InProcess", (_Sync, library.BaseTransport), {"library": library, "stream_class": body})
    return made(app, loop)


def async_transport(library: Any, app: ASGIApp, loop: LoopThread) -> Any:
    """A transport for `library.AsyncClient`, where `library` is the module httpx or httpx2."""
    body = type("AsyncInProcessBody", (_AsyncBody, library.AsyncByteStream), {"library": library})
    made = type("AsyncInProcess", (_Async, library.AsyncBaseTransport), {"library": library, "stream_class": body})
    return made(app, loop)
