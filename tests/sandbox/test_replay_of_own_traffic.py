"""The replay proves itself: the sandbox's own traffic, recorded and replayed, agrees wholly.

Each call of the SDK is recorded twice: with what it needed, and alone, so that the replay must make that itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from assist2resp.sandbox.server import sandbox
from recordings.comparing import ALLOWED
from recordings.reading import Interaction, Recording
from recordings.replaying import replay
from tests.sandbox.sdk_calls import CALLS
from tests.sandbox.sdk_scene import Scene
from tests.sandbox.test_sdk_methods import SYNC, case, consume, has_mode, wrapper

pytestmark = [
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings(r"ignore:The `\.content\(\)` method:DeprecationWarning"),
]
NAMES = [name for name in CALLS if case(name) in SYNC]


def recorded(name: str, *, stream: bool) -> tuple[list[Interaction], int]:
    """The exchanges of one call of the SDK, and how many of them only made what it needs."""
    rows: list[Interaction] = []

    def keep(response: Any) -> None:
        request = response.request
        answer = {"date": "Fri, 21 Aug 2026 10:00:00 GMT", **dict(response.headers)}
        url = str(request.url).replace("http://sandbox.invalid", "https://api.openai.com")
        body, headers = request.read(), dict(request.headers)
        rows.append(Interaction(request.method, url, headers, body, response.status_code, answer, response.read()))

    with sandbox(in_process=True) as server:
        http = openai.DefaultHttpxClient(transport=server.transport(), event_hooks={"response": [keep]})
        client = server.client(http_client=http, max_retries=0)
        arguments = CALLS[name](Scene(client))
        made = len(rows)
        consume(wrapper(client, name, "parsed")(**arguments | ({"stream": True} if stream else {})))
    return rows, made


def disagreements(name: str, rows: list[Interaction]) -> Iterator[str]:
    for outcome in replay(Recording(name, tuple(rows))):
        yield from outcome.refusals
        for difference in outcome.differences:
            if difference.kind not in ALLOWED:
                yield f"{outcome.endpoint} {difference}"


@pytest.mark.parametrize("name", NAMES)
def test_own_traffic_agrees(name: str) -> None:
    streams = [False, True] if has_mode(openai.OpenAI(api_key="sk"), name, "events") else [False]
    for stream in streams:
        rows, made = recorded(name, stream=stream)
        assert list(disagreements("whole", rows)) == []
        assert list(disagreements("alone", rows[made:])) == []
