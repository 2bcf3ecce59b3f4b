"""A small HTTP/1.1 client on asyncio's streams, for the many like requests of an export.

It costs about a tenth of the CPU time of the SDK's HTTP library, and does what an export needs: connections that are kept,
bodies by length, in chunks (https://www.rfc-editor.org/rfc/rfc9112) or up to the end, gzip, TLS. What ends too early is an
error and never a shorter answer. It knows no proxies and no passwords within URLs; `is_enough_for` tells where the SDK's library must be used instead.
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

_TIMEOUT = 60.0
"""Seconds without a sign from the server."""
_LARGEST_HEAD = 2**18
_CHUNK = 2**17
_BODILESS = frozenset({204, 304})


class LeanError(Exception):
    """No answer, or one that is not whole or no HTTP."""

    def __init__(self, problem: str, partial: bytes = b"") -> None:
        super().__init__(problem)
        self.partial = partial
        """What came of the body, as far as that is known."""


class UnsentError(LeanError):
    """A request that has not left, since there is no connection."""


class _StaleError(LeanError):
    """A kept connection that the server had closed meanwhile: nothing was answered."""


@dataclass(frozen=True)
class Head:
    """The beginning of an answer."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    keeps: bool
    """Whether the connection can be used again."""


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
        self._idle: list[_Connection] = []

    async def request(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> Answer:
        """The whole answer to a request."""
        head, connection = await self._begin(self._request(method, path, query, body), may_repeat=method != "POST")
        try:
            content = await _whole(head, connection)
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
            yield head, _decoded(head, connection)
        except BaseException:
            connection.close()
            raise
        self._give_back(head, connection)

    async def close(self) -> None:
        """Close all connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _give_back(self, head: Head, connection: _Connection) -> None:
        """Keep a connection whose answer was read to its end."""
        if connection.is_read and head.keeps:
            self._idle.append(connection)
        else:
            connection.close()

    async def _begin(self, data: bytes, *, may_repeat: bool) -> tuple[Head, _Connection]:
        while self._idle:
            connection = self._idle.pop()
            if connection.reader.at_eof():
                connection.close()
                continue
            try:
                return await connection.begin(data), connection
            except _StaleError:
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

    async def _connect(self) -> _Connection:
        try:
            async with asyncio.timeout(self._patience):
                opened = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=_LARGEST_HEAD)
        except OSError as error:
            raise UnsentError(str(error) or f"no connection within {self._patience:g} seconds") from None
        return _Connection(*opened, self._patience)

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


class _Connection:
    """A connection, and where in an answer it is."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float) -> None:
        self.reader = reader
        self._writer = writer
        self.is_read = True
        self._watch = _Watch(reader, patience)

    async def begin(self, data: bytes) -> Head:
        """Send a request; the beginning of its answer."""
        self.is_read = False
        try:
            self._writer.write(data)
            head = _head(await self.until(b"\r\n\r\n"))
            while head.status < 200:
                head = _head(await self.until(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            raise LeanError("an answer whose head has no end") from None
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            partial = error.partial if isinstance(error, asyncio.IncompleteReadError) else b""
            self.close()
            raise (LeanError("the connection was closed in mid-answer") if partial else _STALE) from None
        self.is_read = head.status in _BODILESS
        return head

    async def until(self, end: bytes) -> bytes:
        """The bytes up to and with an end."""
        with self._watch:
            return await self.reader.readuntil(end)

    async def exactly(self, size: int) -> bytes:
        """So many bytes."""
        with self._watch:
            return await self.reader.readexactly(size)

    async def some(self) -> bytes:
        """The bytes that are there; none at the end."""
        with self._watch:
            return await self.reader.read(_CHUNK)

    def close(self) -> None:
        """Close it."""
        self._watch.stop()
        self._writer.close()


class _Watch:
    """Ends a wait for a server that gives no sign; one timer for many waits, since a timer a wait takes long."""

    def __init__(self, reader: asyncio.StreamReader, patience: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = reader
        self._patience = patience
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience, self._look)

    def __exit__(self, *_error: object) -> None:
        self._since = None

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        left = self._since + self._patience - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._reader.set_exception(TimeoutError(f"no sign of the server for {self._patience:g} seconds"))

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()


_STALE = _StaleError("the connection was closed without an answer")


def _head(data: bytes) -> Head:
    first, *lines = data[:-4].decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdigit()):
        raise LeanError("an answer that is no HTTP")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise LeanError("an answer with a broken header")
        headers[name.lower()] = value.strip()
    said = headers.get("connection", "").lower()
    return Head(int(code), headers, "close" not in said and (version != "HTTP/1.0" or "keep-alive" in said))


async def _whole(head: Head, connection: _Connection) -> bytes:
    length = head.headers.get("content-length")
    if length is None or "transfer-encoding" in head.headers or "content-encoding" in head.headers:
        return b"".join([chunk async for chunk in _decoded(head, connection)])
    return await _exactly(connection, _number(length), is_last=True) if not connection.is_read else b""


async def _exactly(connection: _Connection, size: int, *, is_last: bool = False) -> bytes:
    try:
        data = await connection.exactly(size)
    except asyncio.IncompleteReadError as error:
        raise LeanError(f"the answer ended after {len(error.partial):,} of {size:,} bytes", error.partial) from None
    connection.is_read = is_last
    return data


async def _decoded(head: Head, connection: _Connection) -> AsyncIterator[bytes]:
    """The body, without its encoding."""
    encoding = head.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise LeanError(f"an answer in the encoding {encoding[:40]!r}, which was not asked for")
    inflater = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    async for chunk in _body(head, connection):
        if data := inflater.decompress(chunk) if inflater else chunk:
            yield data
    if inflater is not None and not inflater.eof:
        raise LeanError("the answer ended in mid-gzip")


async def _body(head: Head, connection: _Connection) -> AsyncIterator[bytes]:
    if connection.is_read:
        return
    if "transfer-encoding" in head.headers:
        async for chunk in _chunked(head, connection):
            yield chunk
    elif "content-length" in head.headers:
        left = _number(head.headers["content-length"])
        connection.is_read = left == 0
        while left:
            size = min(left, _CHUNK)
            left -= size
            yield await _exactly(connection, size, is_last=not left)
    else:
        while chunk := await connection.some():
            yield chunk


async def _chunked(head: Head, connection: _Connection) -> AsyncIterator[bytes]:
    if head.headers["transfer-encoding"].lower() != "chunked":
        raise LeanError("an answer in a transfer coding that is unknown")
    while size := _number((await _line(connection)).partition(b";")[0].decode("latin-1"), 16):
        while size:
            part = min(size, _CHUNK)
            size -= part
            yield await _exactly(connection, part)
        if await _line(connection):
            raise LeanError("an answer with a broken chunk")
    while await _line(connection):
        pass
    connection.is_read = True


async def _line(connection: _Connection) -> bytes:
    try:
        return (await connection.until(b"\r\n"))[:-2]
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise LeanError("the answer ended in mid-chunk") from None


def _number(text: str, base: int = 10) -> int:
    digits = text.strip()
    if not digits or not digits.isascii() or not digits.isalnum() or len(digits) > 16:
        raise LeanError("an answer with a broken length")
    try:
        return int(digits, base)
    except ValueError:
        raise LeanError("an answer with a broken length") from None


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
