"""Opens the SDK's client: the one place of replay that knows OpenAI's package."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assist2resp.network.access import Access

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OFFLINE = Access("https://api.openai.com/v1", {"authorization": "Bearer offline"})
"""What a client is opened with that never reaches the network."""


@dataclass(frozen=True)
class Connection:
    """An open client, and what it raises."""

    client: AsyncOpenAI
    refused: type[Exception]
    """An answer with an error's status; it has `status_code` and `response`."""
    unanswered: tuple[type[Exception], ...]
    """No answer, or one that broke off."""


def connect(
    access: Access, *, connections: int, timeout: float, wrap: Callable[[Any, Any], Any] | None = None
) -> Connection:
    """A client of that access without retries of its own.

    `wrap` is given the HTTP library of the SDK (httpx or httpx2) and its transport, and gives the one to be used.
    """
    import openai

    library = _http_library(openai)
    limits = library.Limits(max_connections=connections, max_keepalive_connections=connections)
    transport = library.AsyncHTTPTransport(limits=limits)
    http = openai.DefaultAsyncHttpxClient(transport=wrap(library, transport) if wrap else transport)
    key = access.headers["authorization"].removeprefix("Bearer ")
    extra = {name: value for name, value in access.headers.items() if name != "authorization"}
    client = openai.AsyncOpenAI(
        api_key=key, base_url=access.base_url, http_client=http, max_retries=0, timeout=timeout, default_headers=extra
    )
    return Connection(
        client, openai.APIStatusError, (openai.APIConnectionError, library.HTTPError, library.StreamError)
    )


def _http_library(openai: Any) -> Any:
    """The module that the installed SDK's clients are made of: httpx or httpx2."""
    client = next(base for base in openai.DefaultAsyncHttpxClient.__mro__ if base.__name__ == "AsyncClient")
    return importlib.import_module(client.__module__.partition(".")[0])
