"""Which files of a project put something of their own in the place of a client."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.flows.stand_ins import stands_in
from assist2resp.rewrite.project.project import SourceFile

DOUBLES = {
    "patched client": """
from unittest.mock import patch

@patch("bot.client")
def test_it(client):
    client.beta.threads.create.return_value.id = "thread_1"
""",
    "method of the real client": """
from unittest import mock
import bot

def test_it():
    with mock.patch.object(bot.client.beta.threads, "create"):
        bot.start()
""",
    "pytest fixture": """
def test_it(mocker):
    client = mocker.patch("bot.client")
    client.beta.threads.create.return_value = None
""",
    "class of its own": """
class FakeClient:
    def __init__(self):
        self.beta = Beta()
""",
}
OTHERS = {
    "types beside a mock of another class": """
from unittest.mock import AsyncMock, patch
from openai.types.beta import Thread
import store

@patch.object(store.Table, "create", new_callable=AsyncMock)
def test_it(create):
    create.return_value = Thread(id="thread_1", created_at=0, object="thread")
""",
    "PATCH of HTTP": """
import requests
from openai import OpenAI

client = OpenAI()
thread = client.beta.threads.create()
requests.patch("http://localhost/threads", json={"id": thread.id})
""",
    "route of a web framework": """
@router.patch("/threads/{thread_id}")
def update(thread_id: str):
    return client.beta.threads.retrieve(thread_id)
""",
    "function of that name": """
from astra import patch

client = patch(OpenAI())
print(client.beta.threads.create().id)
""",
    "mocks without the API": """
from unittest.mock import Mock

def test_it():
    assert price(Mock(return_value=1)) == 1
""",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [pytest.param(text, True, id=name) for name, text in DOUBLES.items()]
    + [pytest.param(text, False, id=name) for name, text in OTHERS.items()],
)
def test_only_what_may_replace_a_client_stands_in(text: str, expected: bool) -> None:
    assert stands_in(SourceFile(Path("test_bot.py"), text.encode())) is expected
