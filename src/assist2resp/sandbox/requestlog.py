"""The requests that a sandbox has received, for tests to assert on; never a secret among them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST = 10_000
"""So many requests are kept; the oldest go first."""

SHOWN_HEADERS = {
    name.encode(): name
    for name in (
        "accept",
        "content-type",
        "idempotency-key",
        "openai-beta",
        "user-agent",
        "x-stainless-helper-method",
        "x-stainless-lang",
        "x-stainless-package-version",
        "x-stainless-poll-helper",
        "x-stainless-retry-count",
    )
}


@dataclass(slots=True)
class LoggedRequest:
    """One request as it arrived; `status` is 0 until the answer has begun."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    content: bytes = field(default=b"", repr=False)
    status: int = 0

    @property
    def json(self) -> Any:
        """The body, if it is JSON, else None."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            return None
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def body(self) -> dict[str, Any]:
        """The request as `GET /sandbox/requests` shows it."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "json": self.json,
            "headers": self.headers,
            "status": self.status,
        }


def shown_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of the allow-list; keys, cookies and organisations are not on it."""
    return {SHOWN_HEADERS[name]: value.decode("latin-1") for name, value in headers if name in SHOWN_HEADERS}
