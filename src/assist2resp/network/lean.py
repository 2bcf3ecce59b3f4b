"""A small HTTP/1.1 client on asyncio's streams, for the many like requests of an export.

It costs about a tenth of the CPU time of the SDK's HTTP library, and does what an export needs: connections that are kept,
TLS, every form of a body (`connection`). It knows no proxies and no passwords within URLs; `is_enough_for` tells where
the SDK's library must be used instead.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

from assist2resp.network.connection import Connection, Head, LeanError, StaleError, UnsentError, decoded, whole

_TIMEOUT = 60.0
"""Seconds without a sign from the server."""
_LARGEST_HEAD = 2**18


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Lean:
    """Requests to one server."""

    errors = (LeanError, OSError, EOFError, zlib.error)

    def __init__(
        self, base_url: str, headers: Mapping[str, str], query: Mapping[str, str], *, patience: float = _TIMEOUT
    ) -> None:
        """Requests below a base URL; without a sign for so many seconds, the server is given up."""
        parts = urlsplit(base_url)
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_tls else 80)
        self._path = parts.path.rstrip("/")
        self._query = dict(query)
        self._patience = patience
        name = f"[{self._host}]" if ":" in self._host else self._host
        given = {"host": f"{name}:{parts.port}" if parts.port else name, "accept-encoding": "gzip", **headers}
        self._fixed = "".join(f"{key}: {value}\r\n" for key, value in given.items())
        self._tls = _tls_context() if self._is_tls else None
        self._idle: list[Connection] = []

    async def request(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> Answer:
        """The whole answer to a request."""
        head, connection = await self._begin(self._request(method, path, query, body), may_repeat=method != "POST")
        try:
            content = await whole(head, connection)
        except BaseException:
            connection.close()
            raise
        self._give_back(head, connection)
        return Answer(head.status, head.headers, content)

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[tuple[Head, AsyncIterator[bytes]]]:
        """The beginning of an answer to a GET, and its body while it comes."""
        head, connection = await self._begin(self._request("GET", path, {}, None), may_repeat=True)
        try:
            yield head, decoded(head, connection)
        except BaseException:
            connection.close()
            raise
        self._give_back(head, connection)

    async def close(self) -> None:
        """Close all connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _give_back(self, head: Head, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end."""
        if connection.is_read and head.keeps:
            self._idle.append(connection)
        else:
            connection.close()

    async def _begin(self, data: bytes, *, may_repeat: bool) -> tuple[Head, Connection]:
        while self._idle:
            connection = self._idle.pop()
            if connection.reader.at_eof():
                connection.close()
                continue
            try:
                return await connection.begin(data), connection
            except StaleError:
                if not may_repeat:
                    raise
            except BaseException:
                connection.close()
                raise
        connection = await self._connect()
        try:
            return await connection.begin(data), connection
        except BaseException:
            connection.close()
            raise

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self._patience):
                opened = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=_LARGEST_HEAD)
        except OSError as error:
            raise UnsentError(str(error) or f"no connection within {self._patience:g} seconds") from None
        return Connection(*opened, self._patience)

    def _request(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> bytes:
        asked = _encoded(tuple({**self._query, **query}.items())) if query or self._query else ""
        target = f"{self._path}{path}?{asked}" if asked else f"{self._path}{path}"
        if not target.isascii() or not target.isprintable() or " " in target:
            raise LeanError("the URL holds a sign that no URL may")
        head = f"{method} {target} HTTP/1.1\r\n{self._fixed}"
        if body is None:
            return f"{head}\r\n".encode("latin-1")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (
            f"{head}content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n".encode("latin-1")
            + content
        )


@lru_cache(maxsize=128)
def _encoded(query: tuple[tuple[str, Any], ...]) -> str:
    """A query within a URL; most requests have one of a few."""
    return urlencode(query)


def is_enough_for(base_url: str) -> bool:
    """Whether a server is reached without a proxy of the environment's and without a name and password in its URL."""
    parts = urlsplit(base_url)
    return not parts.username and not parts.password and not _needs_proxy(parts)


def _needs_proxy(parts: SplitResult) -> bool:
    proxies = getproxies()
    return bool(proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(parts.hostname or "")


def _tls_context() -> ssl.SSLContext:
    """The authorities that the environment names, else those that come with the SDK's library, else the system's."""
    is_named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    if is_named or importlib.util.find_spec("certifi") is None:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=importlib.import_module("certifi").where())
