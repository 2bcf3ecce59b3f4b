"""Asks for one response: waits for its turn, asks again where that may help, and says why where it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assist2resp.errors import PartialFailureError, UsageError
from assist2resp.network.http import message_of
from assist2resp.network.pace import Pace, retry_after
from assist2resp.replay.cassettes import ELAPSED, MissingInteractionError
from assist2resp.replay.client import Connection
from assist2resp.replay.replies import (
    NoResponseError,
    PassingError,
    check_lasting,
    refusal_may_pass,
    response_in,
    response_of,
)

Json = dict[str, Any]

ATTEMPTS = 6
_FIRST_ATTEMPTS = 3
"""Attempts before anything has ever answered."""
_LONGEST_WAIT = 120.0
_USED_UP = "insufficient_quota"


@dataclass(frozen=True)
class Reply:
    """A response as it came, and how long it took."""

    body: Json
    seconds: float


@dataclass
class Asker:
    """Asks through one connection."""

    connection: Connection
    pace: Pace
    clean: Callable[[str], str]
    stream: bool = False
    attempts: int = ATTEMPTS
    patience: float = 0.5
    """Seconds before the second attempt; each further one waits twice as long."""
    has_answered: bool = False

    async def ask(self, arguments: Mapping[str, Any]) -> Reply:
        """The response to a request; a NoResponseError is this request's failure, a UsageError ends the run."""
        problem = ""
        for attempt in range(self.attempts):
            if attempt:
                await asyncio.sleep(min(self.patience * 2.0 ** (attempt - 1), 16 * self.patience))
            try:
                async with self.pace.turn():
                    reply = await self._once(arguments)
            except self.connection.refused as error:
                self.has_answered = True
                problem = self._refusal(error)
            except self.connection.unanswered as error:
                if isinstance(error.__cause__, MissingInteractionError):
                    raise NoResponseError(str(error.__cause__)) from None
                problem = self.clean(f"no answer: {error.__cause__ or error or type(error).__name__}")
                if not self.has_answered and attempt + 1 >= _FIRST_ATTEMPTS:
                    raise UsageError(
                        f"the API cannot be reached ({problem}); check the base URL and the network."
                    ) from None
            except PassingError as error:
                problem = self.clean(str(error))
            else:
                return reply
        raise NoResponseError(problem)

    async def _once(self, arguments: Mapping[str, Any]) -> Reply:
        started = time.perf_counter()
        responses = self.connection.client.responses
        if not self.stream:
            raw = await responses.with_raw_response.create(**arguments)
            body, headers = response_of(raw.http_response.content), raw.headers
        else:
            async with responses.with_streaming_response.create(**arguments, stream=True) as raw_stream:
                body, headers = await _last(raw_stream), raw_stream.headers
        self.has_answered = True
        check_lasting(body)
        self.pace.answered(headers)
        recorded = headers.get(ELAPSED)
        return Reply(body, float(recorded) if recorded else round(time.perf_counter() - started, 3))

    def _refusal(self, error: Any) -> str:
        """What to say of a refusal that may pass; one that will not is raised."""
        status, body = int(error.status_code), error.response.content
        text = f"{status}: {self.clean(message_of(body))}"
        code = error.code if isinstance(error.code, str) else None
        if status == 401:
            raise UsageError(f"the API key is refused ({text}); set OPENAI_API_KEY to one of this project.")
        if code == _USED_UP:
            raise PartialFailureError(f"the account's quota is used up ({text}); --resume goes on once it is not.")
        if not refusal_may_pass(status, code):
            raise NoResponseError(text) from None
        self.pace.refused(min(retry_after(error.response.headers) or 0.0, _LONGEST_WAIT))
        return text


async def _last(stream: Any) -> Json:
    """The response at the end of a stream of events."""
    async for line in stream.iter_lines():
        if (found := response_in(line)) is not None:
            return found
    raise PassingError("the stream ended early")
