"""The requests of a load. What may have been carried out although no answer came is told apart from what was refused."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from assist2resp.errors import Assist2RespError
from assist2resp.network.access import Access
from assist2resp.network.connection import UnsentError
from assist2resp.network.http import Wire, may_pass
from assist2resp.network.lean import Lean, is_enough_for
from assist2resp.network.pace import Pace, retry_after

Json = dict[str, Any]

ATTEMPTS = 8
"""Requests that are made before an answer is given up."""
_FIRST_ATTEMPTS = 3
"""The same before anything has ever answered."""
_LONGEST_WAIT = 120.0
_LOCKED = "conversation_locked"
_NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError")
"""Errors of the HTTP library that come before a request has left."""
_ID = re.compile(rb'"id"\s*:\s*"(conv_[A-Za-z0-9_-]+)"')


class WriteError(Exception):
    """A thread that could not be written; its text is the reason, and holds no secret."""


class RefusedError(WriteError):
    """An answer that no retry will change."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}" if text else str(status))
        self.status = status


class LostError(WriteError):
    """A request that had no whole answer: it may have been carried out."""

    def __init__(self, problem: str, part: bytes = b"") -> None:
        super().__init__(problem)
        found = _ID.search(part)
        self.conversation = found.group(1).decode() if found else ""
        """The id of a conversation that the part of an answer names."""


class BudgetError(Assist2RespError):
    """All requests that the user allowed are made."""


@dataclass(frozen=True)
class Answer:
    """A status, headers by lower-case names, and as much of a body as came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    problem: str = ""
    """Why the body is not whole, if it is not."""


class NoAnswerError(Exception):
    """Not even the beginning of an answer came."""

    def __init__(self, problem: str, *, was_sent: bool) -> None:
        super().__init__(problem)
        self.was_sent = was_sent
        """Whether the server may have got the request."""


class Api:
    """Requests below one base URL."""

    def __init__(self, access: Access, pace: Pace, *, patience: float, connections: int, budget: int | None) -> None:
        self.wire = Wire(access, connections=connections)
        is_plain = is_enough_for(access.base_url)
        self._lean = Lean(access.base_url, access.headers, access.query) if is_plain else None
        self._pace = pace
        self._patience = patience
        self._left = budget
        self._has_answered = False
        self.requests = 0

    async def read(self, path: str, query: Mapping[str, Any] | None = None) -> Json:
        """The answer of a GET, asked for until it comes."""
        return await self._repeat("GET", path, query)

    async def delete(self, path: str) -> Json:
        """Delete, until that is answered; what is gone already answers 404, a RefusedError."""
        return await self._repeat("DELETE", path, None)

    async def write(self, path: str, body: Json, query: Mapping[str, Any] | None = None) -> Json:
        """The answer of a POST, sent again only while it was surely not carried out; else a LostError."""
        content = _json_of(body)
        return await self._once(lambda: self._send("POST", path, query, content))

    async def upload(self, path: str, fields: Mapping[str, str], name: str, data: bytes) -> Json:
        """The answer of a POST of a file, with the same care."""
        files = {"file": (name, data)}
        url, client = self.wire.base + path, self.wire.client
        return await self._once(
            lambda: self._send_by_library(client.build_request("POST", url, data=dict(fields), files=files))
        )

    async def pause(self, attempt: int) -> None:
        """Wait before something is tried again."""
        await asyncio.sleep(min(self._patience * 2.0**attempt, 16 * self._patience))

    async def close(self) -> None:
        """Close all connections."""
        await self.wire.close()
        if self._lean is not None:
            await self._lean.close()

    async def _repeat(self, method: str, path: str, query: Mapping[str, Any] | None) -> Json:
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self.pause(attempt - 1)
            try:
                answer = await self._ask(lambda: self._send(method, path, query, None))
            except NoAnswerError as error:
                problem = self._no_answer(error, attempt)
                continue
            value = _value(answer)
            if value is not None:
                return value
            problem = self._broken(answer) or self._refusal(answer)
        raise WriteError(f"{problem}, {ATTEMPTS} times")

    async def _once(self, ask: Callable[[], Awaitable[Answer]]) -> Json:
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self.pause(attempt - 1)
            try:
                answer = await self._ask(ask)
            except NoAnswerError as error:
                problem = self._no_answer(error, attempt)
                if not error.was_sent:
                    continue
                raise LostError(problem) from None
            value = _value(answer)
            if value is not None:
                return value
            if answer.problem or answer.status >= 500 or answer.status in (200, 408, 409):
                text = self._broken(answer) or self._refusal(answer)
                raise LostError(text, answer.body)
            problem = self._refusal(answer)
        raise WriteError(f"{problem}, {ATTEMPTS} times")

    async def _ask(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """One request, when its turn has come."""
        if self._left is not None:
            if self._left <= 0:
                raise BudgetError("the budget of requests is used up.")
            self._left -= 1
        self.requests += 1
        async with self._pace.turn():
            answer = await ask()
        self._has_answered = True
        if answer.status == 200:
            self._pace.answered(answer.headers)
        return answer

    async def _send(self, method: str, path: str, query: Mapping[str, Any] | None, content: bytes | None) -> Answer:
        if self._lean is None:
            asked = {**self.wire.query, **(query or {})}
            url, headers = self.wire.base + path, {"content-type": "application/json"}
            request = self.wire.client.build_request(method, url, params=asked, content=content, headers=headers)
            return await self._send_by_library(request)
        try:
            answer = await self._lean.request(method, path, query or {}, content)
        except self._lean.errors as error:
            partial = getattr(error, "partial", b"")
            if partial:
                return Answer(200, {}, partial, str(error))
            was_sent = not isinstance(error, UnsentError)
            raise NoAnswerError(str(error) or type(error).__name__, was_sent=was_sent) from None
        return Answer(answer.status_code, answer.headers, answer.content)

    async def _send_by_library(self, request: Any) -> Answer:
        try:
            response = await self.wire.client.send(request, stream=True)
        except self.wire.errors as error:
            was_sent = type(error).__name__ not in _NEVER_SENT
            raise NoAnswerError(str(error) or type(error).__name__, was_sent=was_sent) from None
        body, problem = bytearray(), ""
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
        except self.wire.errors as error:
            problem = str(error) or type(error).__name__
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body), problem)

    def _broken(self, answer: Answer) -> str:
        return self.wire.clean(f"the answer broke off: {answer.problem}") if answer.problem else ""

    def _no_answer(self, error: Exception, attempt: int) -> str:
        problem = self.wire.problem(error)
        if not self._has_answered and attempt + 1 >= _FIRST_ATTEMPTS:
            raise self.wire.unreachable(problem)
        return problem

    def _refusal(self, answer: Answer) -> str:
        """What to say of a refusal that may pass; one that will not is raised."""
        if answer.status == 200:
            return "a broken answer"
        self.wire.check_key(answer.status, answer.body)
        text = self.wire.told(answer.body)
        if not may_pass(answer.status) and _LOCKED.encode() not in answer.body:
            raise RefusedError(answer.status, text)
        self._pace.refused(min(retry_after(answer.headers) or 0.0, _LONGEST_WAIT))
        return f"{answer.status}: {text}" if text else str(answer.status)


def _value(answer: Answer) -> Json | None:
    """The object that an answer is, None for one that is refused, cut or broken."""
    if answer.status != 200 or answer.problem:
        return None
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _json_of(body: Json) -> bytes:
    """The body as JSON; whole numbers may be longer than orjson takes."""
    try:
        return orjson.dumps(body)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
