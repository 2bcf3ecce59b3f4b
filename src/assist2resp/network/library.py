"""The port of a transport, and the SDK's HTTP library behind it, for where a proxy is between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from assist2resp.network.connection import Head
from assist2resp.network.http import Wire
from assist2resp.network.lean import Answer


class Transport(Protocol):
    """Requests to one server."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What there is instead of an answer."""
        ...

    async def request(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> Answer:
        """The whole answer to a request."""
        ...

    def stream(self, path: str) -> AbstractAsyncContextManager[tuple[Head, AsyncIterator[bytes]]]:
        """The beginning of an answer to a GET, and its body while it comes."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Library:
    """The library's client."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the library raises."""
        return self._wire.errors

    async def request(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> Answer:
        """The whole answer to a request."""
        url, asked = self._wire.base + path, {**self._wire.query, **query}
        response = await self._wire.client.request(method, url, params=asked, json=body)
        return Answer(response.status_code, response.headers, response.content)

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[tuple[Head, AsyncIterator[bytes]]]:
        """The beginning of an answer to a GET, and its body while it comes."""
        async with self._wire.client.stream("GET", self._wire.base + path, params=self._wire.query) as response:
            yield Head(response.status_code, response.headers, keeps=True), response.aiter_bytes()

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()
