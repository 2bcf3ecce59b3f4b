"""The shapes of OpenAI's HTTP wire that every route shares: errors, ids, pages and server-sent events.

Source of the shapes: the openai package's types and recorded traffic. Nothing here knows a route.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

type Json = dict[str, Any]


@dataclass
class WireError(Exception):
    """An error as the API answers it: `{"error": {"message", "type", "param", "code"}}` under `status`."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] | None = None

    def response(self) -> Response:
        """The HTTP response of this error."""
        body = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return JSONResponse({"error": body}, self.status, dict(self.headers or {}))


def not_found(kind: str, object_id: str) -> WireError:
    """The 404 of an object that does not exist, such as `No thread found with id 'thread_x'.`."""
    return WireError(404, f"No {kind} found with id '{object_id}'.")


class Ids:
    """Deterministic ids: the n-th id of a prefix is the same in every sandbox with the same seed."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._counts: dict[str, int] = {}

    def new(self, prefix: str, length: int = 24) -> str:
        """The next id of `prefix`, which includes its separator: `thread_`, `file-`."""
        count = self._counts[prefix] = self._counts.get(prefix, 0) + 1
        digest = hashlib.sha256(f"{self._seed}/{prefix}/{count}".encode()).hexdigest()
        return prefix + (digest * 2)[:length]

    def state(self) -> dict[str, int]:
        """The counters, to be kept with the state."""
        return dict(self._counts)

    def restore(self, counts: Mapping[str, int]) -> None:
        """Go on from kept counters."""
        self._counts = dict(counts)


def sse(event: str | None, data: object) -> bytes:
    """One server-sent event; `data` is JSON, but for the literal `[DONE]`."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def page(rows: Sequence[Json], query: Mapping[str, str], *, default: int = 20, most: int = 100, before: bool = True) -> Json:
    """One page of `rows` (oldest first), cut by the query's `order` (default desc), `limit`, `after` and `before`."""
    raise NotImplementedError


def unknown_keys(body: Mapping[str, Any], allowed: Iterable[str]) -> None:
    """Refuse a body with a key that the route does not know, as the API does (400, `unknown_parameter`)."""
    for key in body:
        if key not in set(allowed):
            raise WireError(400, f"Unknown parameter: '{key}'.", param=key, code="unknown_parameter")
