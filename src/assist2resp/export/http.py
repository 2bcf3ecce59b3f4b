"""HTTP for the sources: one client, retries, and errors that name what was asked for and hold no secret."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from assist2resp.errors import UsageError
from assist2resp.export.pace import Pace, retry_after
from assist2resp.export.source import AbsentError, BrokenOffError, FetchError
from assist2resp.export.verbatim import value_of

T = TypeVar("T")

ATTEMPTS = 8
"""Requests that are made before an answer is given up."""
_FIRST_ATTEMPTS = 3
"""The same before anything has ever answered."""
_LONGEST_WAIT = 120.0
_RETRIED = frozenset({408, 409, 429})
_KEY = re.compile(r"(sk|sess|ek|rk)-[A-Za-z0-9_*-]{6,}")
_TIMEOUT = 60.0


class RefusedError(FetchError):
    """An answer of the server's that no retry will change."""

    def __init__(self, status: int, path: str, text: str) -> None:
        super().__init__(f"{status} for {path}: {text}" if text else f"{status} for {path}")
        self.status = status


class NotFoundError(RefusedError, AbsentError):
    """The server has no such thing, or says so."""


def without_secrets(url: str) -> str:
    """A URL without credentials, query and fragment."""
    parts = urlsplit(url)
    place = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, place + port, parts.path, "", ""))


class Http:
    """GET requests below one base URL."""

    def __init__(self, base_url: str, headers: Mapping[str, str], pace: Pace, *, patience: float) -> None:
        self._base = base_url.rstrip("/")
        self.place = without_secrets(self._base)
        self._secrets = [secret for secret in _secrets(base_url, headers) if len(secret) > 3]
        self._pace = pace
        self._patience = patience
        self._client, self._errors = _client(headers)
        self._has_answered = False

    async def get(self, path: str, query: Mapping[str, Any], read: Callable[[str], T]) -> T:
        """The answer as `read` understands it; a ValueError of its is a broken answer, which is asked for again."""
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._wait(attempt))
            try:
                async with self._pace.turn():
                    response = await self._client.get(self._base + path, params=dict(query))
            except self._errors as error:
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
        raise FetchError(self._clean(f"{problem}, {ATTEMPTS} times"))

    async def chunks(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of an answer; a BrokenOffError when they end too early."""
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._wait(attempt))
            try:
                async with self._pace.turn(), self._client.stream("GET", self._base + path) as response:
                    if response.status_code != 200:
                        body = await response.aread()
                        problem = self._refusal(path, response.status_code, response.headers, body)
                        continue
                    async for chunk in response.aiter_bytes():
                        yield chunk
                    return
            except self._errors as error:
                raise BrokenOffError(self._clean(f"the download broke off: {error or type(error).__name__}")) from None
        raise FetchError(self._clean(f"{problem}, {ATTEMPTS} times"))

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def _wait(self, attempt: int) -> float:
        return min(self._patience * 2.0 ** (attempt - 1), 16 * self._patience)

    def _transport_problem(self, error: Exception, attempt: int) -> str:
        problem = self._clean(f"no answer: {error or type(error).__name__}")
        if not self._has_answered and attempt + 1 >= _FIRST_ATTEMPTS:
            raise UsageError(f"{self.place} cannot be reached ({problem}); check the base URL and the network.")
        return problem

    def _refusal(self, path: str, status: int, headers: Mapping[str, str], body: bytes) -> str:
        """What to say of a refusal that may pass; one that will not is raised."""
        text = self._clean(_message(body))
        if status == 401:
            raise UsageError(
                f"{self.place} refuses the API key (401: {text}); set OPENAI_API_KEY to one of this project."
            )
        if status == 404:
            raise NotFoundError(status, path, text)
        if status not in _RETRIED and status < 500:
            raise RefusedError(status, path, text)
        self._pace.refused(min(retry_after(headers) or 0.0, _LONGEST_WAIT))
        return f"{status}: {text}" if text else str(status)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return _KEY.sub(r"\1-…", text)


def _secrets(base_url: str, headers: Mapping[str, str]) -> list[str]:
    parts = urlsplit(base_url)
    keys = [value.removeprefix("Bearer ") for name, value in headers.items() if name.lower() in _SECRET_HEADERS]
    return [*keys, parts.password or "", parts.username or "", parts.query]


_SECRET_HEADERS = ("authorization", "api-key", "openai-organization", "openai-project")


def _message(body: bytes) -> str:
    """The message of an error, in one line; of other bodies the beginning."""
    text = body.decode("utf-8", "replace")
    try:
        value = value_of(text)
    except ValueError:
        value = None
    error = value.get("error", value.get("detail")) if isinstance(value, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    shown = said if isinstance(said, str) else text
    return " ".join("".join(sign if sign.isprintable() else " " for sign in shown).split())[:300]


def _client(headers: Mapping[str, str]) -> tuple[Any, tuple[type[Exception], ...]]:
    """A client of the library that the installed SDK brings, without the SDK, which takes long to import; its errors."""
    name = next(name for name in ("httpx2", "httpx") if importlib.util.find_spec(name))
    library = importlib.import_module(name)
    client = library.AsyncClient(headers=dict(headers), timeout=_TIMEOUT, limits=library.Limits())
    return client, (library.HTTPError, library.InvalidURL, library.StreamError)
