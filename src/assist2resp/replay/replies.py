"""What the body of an answer holds: a response, or a failure that another attempt may not meet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from assist2resp.network.http import may_pass

Json = dict[str, Any]

_LOCKED = ("conversation_locked", "thread_locked")
_PASSING_FAILURES = ("server_error", "rate_limit_exceeded")
_ENDS = ("response.completed", "response.incomplete", "response.failed")


class NoResponseError(Exception):
    """There is no response; the text says why and holds no secret."""


class PassingError(Exception):
    """One attempt failed; another may not."""


def response_of(content: bytes | str) -> Json:
    """The response in a body."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PassingError(f"a broken answer: {error}") from None
    if not isinstance(value, dict) or "output" not in value:
        raise NoResponseError("the answer is no response; check the base URL")
    return value


def response_in(line: str) -> Json | None:
    """The whole response in a line of a stream, if it is the one at the end."""
    if not line.startswith("data:") or '"type"' not in line:
        return None
    try:
        event = json.loads(line[5:])
    except (ValueError, RecursionError) as error:
        raise PassingError(f"a broken event: {error}") from None
    kind = event.get("type") if isinstance(event, dict) else None
    if kind == "error":
        raise PassingError(f"the stream ended with an error: {event.get('message')}")
    response = event.get("response") if kind in _ENDS else None
    return response if isinstance(response, dict) else None


def check_lasting(response: Json) -> None:
    """A PassingError for a response that failed in a way that may pass."""
    error = response.get("error")
    if response.get("status") == "failed" and isinstance(error, dict) and error.get("code") in _PASSING_FAILURES:
        raise PassingError(f"{error.get('code')}: {error.get('message')}")


def refusal_may_pass(status: int, code: object) -> bool:
    """Whether a refusal may become an answer a little later."""
    return may_pass(status) or code in _LOCKED


def is_lasting(status: int, text: str, *, is_stream: bool) -> bool:
    """Whether the same request would be answered so again: what is worth to be recorded."""
    try:
        if status != 200:
            return not refusal_may_pass(status, _code(text))
        check_lasting(_last(text.split("\n")) if is_stream else response_of(text))
    except PassingError:
        return False
    except NoResponseError:
        return True
    return True


def _last(lines: Iterable[str]) -> Json:
    for line in lines:
        if (found := response_in(line)) is not None:
            return found
    raise PassingError("the stream ended early")


def _code(text: str) -> object:
    try:
        error = json.loads(text).get("error")
    except (ValueError, RecursionError, AttributeError):
        return None
    return error.get("code") if isinstance(error, dict) else None
