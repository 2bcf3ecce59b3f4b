"""The outermost layer of the sandbox: logs each request, maps Azure's paths, and lets faults have their way."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assist2resp.sandbox import azure
from assist2resp.sandbox.disturb import Disturbed
from assist2resp.sandbox.faults import FaultPlan
from assist2resp.sandbox.requestlog import MOST, LoggedRequest, shown_headers

OWN_PATHS = "/sandbox/"


class Gate:
    """The ASGI application that a server serves. The sandbox's own pages are neither logged nor disturbed."""

    def __init__(self, app: ASGIApp, requests: list[LoggedRequest], faults: FaultPlan | None = None) -> None:
        self._requests = requests
        self._app = azure.Paths(app if faults is None else Disturbed(app, faults))
        self._plain = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OWN_PATHS):
            await self._plain(scope, receive, send)
            return
        entry = self._entry(scope)

        async def receive_and_keep() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                entry.content += message.get("body", b"")
            return message

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        is_form = entry.headers.get("content-type", "").startswith("multipart/")
        await self._app(scope, receive if is_form else receive_and_keep, send_and_note)

    def _entry(self, scope: Scope) -> LoggedRequest:
        query = scope["query_string"].decode("latin-1")
        entry = LoggedRequest(scope["method"], scope["path"], query, shown_headers(scope["headers"]))
        if len(self._requests) >= MOST:
            del self._requests[: MOST // 10]
        self._requests.append(entry)
        return entry
