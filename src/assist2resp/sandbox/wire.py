"""The shapes of OpenAI's HTTP wire that every route shares: errors, ids, bodies, pages and server-sent events.

Source of the shapes: the openai package's types and recorded traffic. Nothing here knows a route.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json: TypeAlias = dict[str, Any]


@dataclass
class WireError(Exception):
    """An error as the API answers it: `{"error": {"message", "type", "param", "code"}}` under `status`."""

    status: int
    message: str
    type: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] | None = None

    def body(self) -> Json:
        """The JSON body of this error."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        """The HTTP response of this error."""
        return JSONResponse(self.body(), self.status, dict(self.headers or {}))


def not_found(kind: str, object_id: str) -> WireError:
    """The 404 of an object that does not exist, such as `No thread found with id 'thread_x'.`."""
    return WireError(404, f"No {kind} found with id '{object_id}'.")


class Ids:
    """Deterministic ids: the n-th id of a prefix is the same in every sandbox with the same seed."""

    def __init__(self, seed: str = "", counts: MutableMapping[str, int] | None = None) -> None:
        """`counts` is where the counters are kept: a store's, so that a restarted sandbox repeats no id."""
        self._seed = seed
        self._counts: MutableMapping[str, int] = {} if counts is None else counts

    def new(self, prefix: str, length: int = 24) -> str:
        """The next id of `prefix`, which includes its separator: `thread_`, `file-`."""
        count = self._counts[prefix] = self._counts.get(prefix, 0) + 1
        digest = hashlib.sha256(f"{self._seed}/{prefix}/{count}".encode()).hexdigest()
        return prefix + (digest * 2)[:length]


def sse(event: str | None, data: object) -> bytes:
    """One server-sent event; `data` is JSON, but for the literal `[DONE]`."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


async def read_json(request: Request) -> Json:
    """The request's body as an object; no body at all counts as an empty one, as the API has it."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise WireError(
            400,
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you "
            "have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
        )
    return body


def page(
    rows: Sequence[Json], query: Mapping[str, str], *, default: int = 20, most: int = 100, before: bool = True
) -> Json:
    """One page of `rows` (oldest first), cut by the query's `order` (default desc), `limit`, `after` and `before`.

    `before` alone gives the rows directly before that one, the previous page; a route without it passes `before=False`.
    """
    limit = _limit(query.get("limit"), default, most)
    ordered = list(rows) if _order(query.get("order")) == "asc" else list(reversed(rows))
    after_id, before_id = query.get("after"), query.get("before") if before else None
    start = _position(ordered, after_id, "after") + 1 if after_id else 0
    end = _position(ordered, before_id, "before") if before_id else len(ordered)
    window = ordered[start:end]
    backwards = bool(before_id) and not after_id
    data = window[-limit:] if backwards else window[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(window) > len(data),
    }


def _order(value: str | None) -> str:
    if value not in (None, "", "asc", "desc"):
        supported = "Supported values are: 'asc' and 'desc'."
        raise WireError(400, f"Invalid value: '{value}'. {supported}", param="order", code="invalid_value")
    return value or "desc"


def _limit(value: str | None, default: int, most: int) -> int:
    if value in (None, ""):
        return default
    try:
        number = int(value)
    except ValueError:
        text = f"Invalid type for 'limit': expected an integer, but got '{value}' instead."
        raise WireError(400, text, param="limit", code="invalid_type") from None
    if number > most:
        raise out_of_range("limit", number, most, above=True)
    if number < 1:
        raise out_of_range("limit", number, 1, above=False)
    return number


def out_of_range(param: str, got: float, bound: float, *, above: bool) -> WireError:
    """The 400 of a number beyond a bound; integers and decimals have codes of their own."""
    kind = "integer" if isinstance(got, int) and isinstance(bound, int) else "decimal"
    side, sign = ("above maximum", "<=") if above else ("below minimum", ">=")
    text = f"Invalid '{param}': {kind} {side} value. Expected a value {sign} {bound}, but got {got} instead."
    return WireError(400, text, param=param, code=f"{kind}_{side.replace(' ', '_').replace('imum', '')}_value")


def _position(rows: Sequence[Json], object_id: str, param: str) -> int:
    for position, row in enumerate(rows):
        if row["id"] == object_id:
            return position
    raise WireError(
        400, f"Invalid '{param}': no object found with id '{object_id}'.", param=param, code="invalid_value"
    )
