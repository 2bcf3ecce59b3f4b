"""The old API's requests, as the SDK sends them, and the table of those who answer them."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any, TypeVar

import openai

Json = dict[str, Any]
_Handler = TypeVar("_Handler", bound=Callable[..., Any])
_Work = Generator[Any, Any, Any]
"""A handler's work: it yields calls of the client, which are awaited for it when the client is asynchronous."""

_BLOCKING = "x-wait-for-run"
_POLL_MS = "500"
_OWN_HEADERS = re.compile(
    r"x-stainless-.*|x-wait-for-run|openai-.*|authorization|idempotency-key|content-.*|accept.*|user-agent|host|connection"
)
_ROUTES: dict[str, Callable[..., Any]] = {}


class _Refusal(Exception):  # noqa: N818 - an answer of the old API, not an error of this module
    """An error as the old API answered it."""

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "type": "invalid_request_error", "param": param, "code": code}

    def error(self) -> openai.APIStatusError:
        """The same as the exception that the SDK raises."""
        response = _http.Response(self.status, request=_http.Request("GET", "http://assistants"))
        known = {400: openai.BadRequestError, 404: openai.NotFoundError}
        kind = known.get(self.status, openai.InternalServerError)
        return kind(f"Error code: {self.status} - {{'error': {self.body}}}", response=response, body=self.body)


def _missing(kind: str, object_id: str, hint: str = "") -> _Refusal:
    return _Refusal(404, f"No {kind} found with id '{object_id}'.{hint}")


class _Call:
    """One request of the old API, and the client that answers it."""

    def __init__(self, client: Any, request: Any, content: bytes, sleep: Callable[[float], Any]) -> None:
        self.client = client
        self.sleep = sleep
        self.body: Json = json.loads(content) if content else {}
        self.query: dict[str, str] = dict(request.url.params)
        method = "STREAM" if self.body.get("stream") else request.method
        self.route = f"{method} {request.url.path}"
        # region background
        self.waits = _BLOCKING in request.headers
        # endregion
        # region options
        self.options = _options(request)
        # endregion

    def work(self) -> Any:
        """The answer to this request, or the work that leads to it."""
        for route in sorted(_ROUTES, key=lambda name: name.count("{}")):
            match = re.fullmatch(route.replace("{}", "([^/]+)"), self.route)
            if match:
                # region archive
                if match.groups() and " /threads/" in route:
                    return _ROUTES["BEFORE /threads/{}"](self, _ROUTES[route], *match.groups())
                # endregion
                return _ROUTES[route](self, *match.groups())
        raise _Refusal(501, f"{__name__} was generated without what answers {self.route}.")


def _options(request: Any) -> Json:
    """The caller's own headers and timeout, for the calls that answer a request."""
    headers = {name: value for name, value in request.headers.items() if not _OWN_HEADERS.fullmatch(name.lower())}
    timeout = request.extensions.get("timeout", {}).get("read")
    given = {"extra_headers": headers or None, "timeout": timeout}
    return {name: value for name, value in given.items() if value is not None}


def _answers(route: str) -> Callable[[_Handler], _Handler]:
    """Register who answers a route: the method (STREAM when events are asked for) and the path below /v1."""

    def register(handler: _Handler) -> _Handler:
        _ROUTES[route] = handler
        return handler

    return register


def _http_library() -> Any:
    """The HTTP library of the installed SDK: httpx, or httpx2 from openai 3 on."""
    client = next(base for base in openai.DefaultHttpxClient.__mro__ if base.__name__ == "Client")
    return importlib.import_module(client.__module__.partition(".")[0])


_http = _http_library()
_FAILURES = (_Refusal, openai.APIError, OSError)


def _failed(error: Exception, request: Any) -> Any:
    """The HTTP response of a failure; what never got a response fails on as a failed connection."""
    if isinstance(error, openai.APIConnectionError):
        kind = _http.ReadTimeout if isinstance(error, openai.APITimeoutError) else _http.ConnectError
        raise kind(str(error.__cause__ or error), request=request) from error
    status, headers = 500, {}
    body: Any = {"message": f"{__name__}: {error}", "type": "server_error"}
    if isinstance(error, _Refusal):
        status, body = error.status, error.body
    elif isinstance(error, openai.APIStatusError):
        kept = ("x-r", "retry-after")
        status, headers = error.status_code, {n: v for n, v in error.response.headers.items() if n.startswith(kept)}
        body = error.body if isinstance(error.body, dict) else {"message": error.message}
        if status == 404 and "onversation" in error.message:
            body = _missing("thread", request.url.path.split("/")[2]).body
    return _http.Response(status, json={"error": body}, headers=headers, request=request)


def _answered(answer: Json, request: Any) -> Any:
    return _http.Response(200, json=answer, headers={"openai-poll-after-ms": _POLL_MS}, request=request)


# region stream
def _told(stream: Any, request: Any) -> Any:
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return _http.Response(200, headers=headers, stream=stream, request=request)


def _event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def _broken(error: openai.APIError, request: Any) -> bytes:
    """What a stream shows of an error in its middle."""
    if isinstance(error, openai.APIConnectionError):
        _failed(error, request)
    return _event("error", {"error": {"message": error.message, "code": error.code, "type": error.type}})


# endregion
def _finished(work: Any) -> Any:
    """Do the work of a handler; its calls have been made by the time that it yields them."""
    if not inspect.isgenerator(work):
        return work
    value: Any = None
    while True:
        try:
            value = work.send(value)
        except StopIteration as stop:
            return stop.value


# region sync
class _Transport:
    """Takes the requests that the SDK's classes of the old API send, and answers them through `client`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def handle_request(self, request: Any) -> Any:
        try:
            answer = _finished(_Call(self._client, request, request.read(), time.sleep).work())
        except _FAILURES as error:
            return _failed(error, request)
        # region stream
        if not isinstance(answer, dict):
            return _told(_SyncStream(answer, request), request)
        # endregion
        return _answered(answer, request)

    def close(self) -> None:
        """Nothing is held between requests."""


# region stream
class _Events:
    """The events of a run, translated while its response streams."""

    def __init__(self, translation: Any, request: Any) -> None:
        self._translation = translation
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        try:
            for source in self._translation.source:
                for name, data in _finished(self._translation.feed(source.to_dict())):
                    yield _event(name, data)
        except openai.APIError as error:
            yield _broken(error, self._request)
        yield _event("done", "[DONE]")

    def close(self) -> None:
        self._translation.source.close()
        self._translation.abandon()


_SyncStream = type("_SyncStream", (_Events, _http.SyncByteStream), {})


# endregion
# endregion
# region async
async def _awaited(work: Any) -> Any:
    """Do the work of a handler, awaiting the calls that it yields."""
    if not inspect.isgenerator(work):
        return work
    value: Any = None
    error: openai.OpenAIError | None = None
    while True:
        try:
            call: Any = work.throw(error) if error else work.send(value)
        except StopIteration as stop:
            return stop.value
        try:
            value, error = await call, None
        except openai.OpenAIError as raised:
            error = raised


class _AsyncTransport:
    """Takes the requests that the SDK's classes of the old API send, and answers them through an async `client`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def handle_async_request(self, request: Any) -> Any:
        try:
            answer = await _awaited(_Call(self._client, request, await request.aread(), asyncio.sleep).work())
        except _FAILURES as error:
            return _failed(error, request)
        # region stream
        if not isinstance(answer, dict):
            return _told(_AsyncStream(answer, request), request)
        # endregion
        return _answered(answer, request)

    async def aclose(self) -> None:
        """Nothing is held between requests."""


# region stream
class _AsyncEvents:
    """The events of a run, translated while its response streams."""

    def __init__(self, translation: Any, request: Any) -> None:
        self._translation = translation
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for source in self._translation.source:
                for name, data in await _awaited(self._translation.feed(source.to_dict())):
                    yield _event(name, data)
        except openai.APIError as error:
            yield _broken(error, self._request)
        yield _event("done", "[DONE]")

    async def aclose(self) -> None:
        await self._translation.source.close()
        self._translation.abandon()


_AsyncStream = type("_AsyncStream", (_AsyncEvents, _http.AsyncByteStream), {})
# endregion
# endregion
