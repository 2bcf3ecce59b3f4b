"""A connection of HTTP/1.1 on asyncio's streams, and the answers that are read from it.

Bodies by length, in chunks (https://www.rfc-editor.org/rfc/rfc9112) or up to the end, gzip. What ends too early is an
error and never a shorter answer.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

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


class StaleError(LeanError):
    """A kept connection that the server had closed meanwhile: nothing was answered."""


@dataclass(frozen=True)
class Head:
    """The beginning of an answer."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    keeps: bool
    """Whether the connection can be used again."""


class Connection:
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
            if partial:
                raise LeanError("the connection was closed in mid-answer") from None
            raise StaleError("the connection was closed without an answer") from None
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


async def whole(head: Head, connection: Connection) -> bytes:
    length = head.headers.get("content-length")
    if length is None or "transfer-encoding" in head.headers or "content-encoding" in head.headers:
        return b"".join([chunk async for chunk in decoded(head, connection)])
    return await _exactly(connection, _number(length), is_last=True) if not connection.is_read else b""


async def _exactly(connection: Connection, size: int, *, is_last: bool = False) -> bytes:
    try:
        data = await connection.exactly(size)
    except asyncio.IncompleteReadError as error:
        raise LeanError(f"the answer ended after {len(error.partial):,} of {size:,} bytes", error.partial) from None
    connection.is_read = is_last
    return data


async def decoded(head: Head, connection: Connection) -> AsyncIterator[bytes]:
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


async def _body(head: Head, connection: Connection) -> AsyncIterator[bytes]:
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


async def _chunked(head: Head, connection: Connection) -> AsyncIterator[bytes]:
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


async def _line(connection: Connection) -> bytes:
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
