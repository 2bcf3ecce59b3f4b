"""HTTP for the sources: requests with retries, and errors that name what was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

from assist2resp.export.source import AbsentError, BrokenOffError, FetchError
from assist2resp.network.access import Access
from assist2resp.network.http import Wire, may_pass
from assist2resp.network.lean import Lean, is_enough_for
from assist2resp.network.library import Library, Transport
from assist2resp.network.pace import Pace, retry_after

T = TypeVar("T")

ATTEMPTS = 8
"""Requests that are made before an answer is given up."""
_FIRST_ATTEMPTS = 3
"""The same before anything has ever answered."""
_LONGEST_WAIT = 120.0


class RefusedError(FetchError):
    """An answer of the server's that no retry will change."""

    def __init__(self, status: int, path: str, text: str) -> None:
        super().__init__(f"{status} for {path}: {text}" if text else f"{status} for {path}")
        self.status = status


class NotFoundError(RefusedError, AbsentError):
    """The server has no such thing, or says so."""


class Http:
    """Requests below one base URL."""

    def __init__(self, access: Access, pace: Pace, *, patience: float) -> None:
        self._wire = Wire(access)
        self._transport: Transport = (
            Lean(self._wire.base, access.headers, access.query)
            if is_enough_for(self._wire.base)
            else Library(self._wire)
        )
        self.place = self._wire.place
        self._pace = pace
        self._patience = patience
        self._has_answered = False

    async def get(self, path: str, query: Mapping[str, Any], read: Callable[[str], T]) -> T:
        """The answer as `read` understands it; a ValueError of its is a broken answer, which is asked for again."""
        return await self._ask("GET", path, query, None, read)

    async def send(self, method: str, path: str, body: Any, read: Callable[[str], T]) -> T:
        """The answer to a request that changes something, and that may do so twice where answers are lost."""
        return await self._ask(method, path, {}, body, read)

    async def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any, read: Callable[[str], T]) -> T:
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._wait(attempt))
            try:
                async with self._pace.turn():
                    response = await self._transport.request(method, path, query, body)
            except self._transport.errors as error:
                problem = self._transport_problem(error, attempt)
                continue
            self._has_answered = True
            if response.status_code == 200:
                self._pace.answered(response.headers)
                try:
                    return read(response.content.decode())
                except ValueError as error:
                    problem = f"a broken answer: {error}"
                    continue
            problem = self._refusal(path, response.status_code, response.headers, response.content)
        raise FetchError(self._wire.clean(f"{problem}, {ATTEMPTS} times"))

    async def chunks(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of an answer; a BrokenOffError when they end too early."""
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._wait(attempt))
            try:
                async with self._pace.turn(), self._transport.stream(path) as (head, body):
                    if head.status != 200:
                        text = b"".join([chunk async for chunk in body])
                        problem = self._refusal(path, head.status, head.headers, text)
                        continue
                    async for chunk in body:
                        yield chunk
                    return
            except self._transport.errors as error:
                problem = f"the download broke off: {error or type(error).__name__}"
                raise BrokenOffError(self._wire.clean(problem)) from None
        raise FetchError(self._wire.clean(f"{problem}, {ATTEMPTS} times"))

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    def _wait(self, attempt: int) -> float:
        return min(self._patience * 2.0 ** (attempt - 1), 16 * self._patience)

    def _transport_problem(self, error: Exception, attempt: int) -> str:
        problem = self._wire.problem(error)
        if not self._has_answered and attempt + 1 >= _FIRST_ATTEMPTS:
            raise self._wire.unreachable(problem)
        return problem

    def _refusal(self, path: str, status: int, headers: Mapping[str, str], body: bytes) -> str:
        """What to say of a refusal that may pass; one that will not is raised."""
        self._wire.check_key(status, body)
        text = self._wire.told(body)
        if status == 404:
            raise NotFoundError(status, path, text)
        if not may_pass(status):
            raise RefusedError(status, path, text)
        self._pace.refused(min(retry_after(headers) or 0.0, _LONGEST_WAIT))
        return f"{status}: {text}" if text else str(status)
