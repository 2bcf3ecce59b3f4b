"""The sandbox's answers validate against OpenAI's published description of the API, but for its known defects."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from assist2resp.sandbox.server import sandbox
from recordings.routes import place
from recordings.streams import events, is_stream
from tests.sandbox.openapi import PATH, Description, Violation
from tests.sandbox.sdk_calls import CALLS
from tests.sandbox.sdk_scene import Scene
from tests.sandbox.test_sdk_methods import SYNC, case, consume, has_mode, wrapper

pytestmark = [
    pytest.mark.skipif(not PATH.exists(), reason="OpenAI's description is not beside this repository"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings(r"ignore:The `\.content\(\)` method:DeprecationWarning"),
]

NOT_JSON = {
    "GET /files/{file}/content": "bytes",
    "GET /containers/{container}/files/{container_file}/content": "bytes",
    "DELETE /containers/{container}": "the description has no body; the SDK reads none",
    "DELETE /containers/{container}/files/{container_file}": "the description has no body; the SDK reads none",
    "DELETE /responses/{response}": "the description has no body; the SDK reads none",
}
"""Routes whose answers have no schema in the description."""

RUN_NULLS = "required_action|last_error|incomplete_details|max_prompt_tokens|max_completion_tokens|\\w+_at"
DEFECTS: list[tuple[str, str, str]] = [
    (
        rf"(runs|runs/{{run}}|cancel|submit_tool_outputs)( thread\.run\.\w+)? .*\.({RUN_NULLS})$",
        "None is not of type",
        "RunObject marks these as nullable in the way of OpenAPI 3.0, which 3.1 does not know; recorded runs have nulls",
    ),
    (
        r"steps|thread\.run\.step\.",
        "'(expired_at|metadata)' is a required property",
        "RunStepObject requires them; recorded steps have neither, and the SDK's type has both as optional",
    ),
    (
        r"/files.* .*\.(expires_at|status_details)$",
        "None is not of type",
        "OpenAIFile has no null; recorded files have, and so do the SDK's types",
    ),
    (
        r"/responses.* .*\.(user|usage|text\.format\.description)$",
        "None is not of type",
        "Response has no null there; recorded responses have, and so do the SDK's types",
    ),
    (
        r"/responses.* response\.function_call_arguments\.done",
        "'name' is a required property",
        "recorded events of this name have no name",
    ),
    (
        r"/vector_stores.* .*\.expires_after$",
        "None is not of type",
        "VectorStoreObject has no null; recorded stores have",
    ),
]
"""Known defects of the description: where they show (route and place), the message, and why it is the one at fault."""


def is_defect(violation: Violation) -> bool:
    shown = f"{violation.route} {violation.where}"
    return any(re.search(where, shown) and re.search(text, violation.message) for where, text, _ in DEFECTS)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.read()


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Any]]:
    """What the sandbox answered to every call of the SDK's methods, by route; events as (name, data)."""
    seen: dict[str, list[Any]] = defaultdict(list)

    def keep(response: Any) -> None:
        response.read()
        where = place(urlsplit(str(response.request.url)))
        assert where is not None
        route = f"{response.request.method} {where.template}"
        if is_stream(response.headers, response.content):
            seen[route] += [(event.name, event.data) for event in events(response.content) if event.data != "[DONE]"]
        elif "json" in response.headers.get("content-type", ""):
            seen[route].append(json.loads(response.content))

    for name in CALLS:
        for mode in ("parsed", "events"):
            if case(name) in SYNC and has_mode(openai.OpenAI(api_key="sk"), name, mode):
                with sandbox(in_process=True) as server:
                    http = openai.DefaultHttpxClient(transport=server.transport(), event_hooks={"response": [keep]})
                    client = server.client(http_client=http, max_retries=0)
                    arguments = CALLS[name](Scene(client))
                    consume(wrapper(client, name, mode)(**arguments | ({"stream": True} if mode == "events" else {})))
    return seen


def test_every_route_of_the_description_was_answered(description: Description, answers: dict[str, list[Any]]) -> None:
    assert set(description.answers) - set(NOT_JSON) <= set(answers)


def violations(description: Description, answers: dict[str, list[Any]]) -> Iterator[Violation]:
    for route, values in answers.items():
        for value in values:
            if isinstance(value, tuple):
                yield from description.event_violations(route, *value)
            elif route not in NOT_JSON:
                yield from description.violations(route, value)


def test_answers_validate(description: Description, answers: dict[str, list[Any]]) -> None:
    found = {violation for violation in violations(description, answers) if not is_defect(violation)}
    assert not found, "\n".join(sorted(map(str, found)))


def test_every_defect_listed_still_shows(description: Description, answers: dict[str, list[Any]]) -> None:
    shown = list(violations(description, answers))
    for where, text, _ in DEFECTS:
        assert any(
            re.search(where, f"{violation.route} {violation.where}") and re.search(text, violation.message)
            for violation in shown
        ), where
