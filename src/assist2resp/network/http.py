"""One HTTP client below one base URL, and what can be said of its answers without telling a secret."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from assist2resp.errors import UsageError
from assist2resp.network.access import Access
from assist2resp.network.secrets import Secrets

_TIMEOUT = 60.0
_PASSING = frozenset({408, 409, 429})


class Wire:
    """Requests below one base URL."""

    def __init__(self, access: Access, *, connections: int = 100) -> None:
        self.base = access.base_url.rstrip("/")
        self.place = without_secrets(self.base)
        self.query = access.query
        self._key_name = access.key_name
        self.clean = Secrets(access).clean
        self._access = access
        self._connections = connections

    @cached_property
    def _library(self) -> tuple[Any, tuple[type[Exception], ...]]:
        return _client(self._access.headers, self._connections)

    @property
    def client(self) -> Any:
        """The asynchronous client of the library that the SDK brings."""
        return self._library[0]

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the client raises when there is no answer."""
        return self._library[1]

    def problem(self, error: Exception) -> str:
        """What to say of a request that got no answer."""
        return self.clean(f"no answer: {error or type(error).__name__}")

    def told(self, body: bytes) -> str:
        """What the body of a refusal says."""
        return self.clean(message_of(body))

    def check_key(self, status: int, body: bytes) -> None:
        """A UsageError where the answer says that the key is not good."""
        if status == 401:
            raise UsageError(
                f"{self.place} refuses the API key (401: {self.told(body)}); set {self._key_name} to one of this project."
            )

    def unreachable(self, problem: str) -> UsageError:
        """The error of a server that has never answered."""
        return UsageError(f"{self.place} cannot be reached ({problem}); check the base URL and the network.")

    async def close(self) -> None:
        """Close all connections."""
        if "_library" in self.__dict__:
            await self.client.aclose()


def may_pass(status: int) -> bool:
    """Whether the same request may be answered otherwise a little later."""
    return status in _PASSING or status >= 500


def without_secrets(url: str) -> str:
    """A URL without credentials, query and fragment."""
    parts = urlsplit(url)
    place = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, place + port, parts.path, "", ""))


def message_of(body: bytes) -> str:
    """The message of an error, in one line; of other bodies the beginning."""
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    error = value.get("error", value.get("detail")) if isinstance(value, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    shown = said if isinstance(said, str) else text
    return " ".join("".join(sign if sign.isprintable() else " " for sign in shown).split())[:300]


def _client(headers: Mapping[str, str], connections: int) -> tuple[Any, tuple[type[Exception], ...]]:
    """A client of the library that the installed SDK brings, without the SDK, which takes long to import; its errors."""
    name = next(name for name in ("httpx2", "httpx") if importlib.util.find_spec(name))
    library = importlib.import_module(name)
    limits = library.Limits(max_connections=connections, max_keepalive_connections=connections)
    client = library.AsyncClient(headers=dict(headers), timeout=_TIMEOUT, limits=limits)
    return client, (library.HTTPError, library.InvalidURL, library.StreamError)
