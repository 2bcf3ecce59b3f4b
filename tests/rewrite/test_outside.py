"""Ids of threads that may come from outside of the program are looked up, those of its own are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = """\
import functools
from openai import OpenAI
client = OpenAI()
assistant = client.beta.assistants.create(model="gpt-5")


"""
ASK = """\
def ask(t, text):
    client.beta.threads.messages.create(thread_id=t, role="user", content=text)
    return client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id=assistant.id).status


"""
MADE = "client.beta.threads.create().id"


def is_looked_up(body: str, folder: Path) -> bool:
    """Whether the rewritten `ask` looks its thread's id up."""
    text = rewritten(HEAD + ASK + body, folder).text
    assert "client.responses.create(" in text
    return "conversation_id(t)" in text


@pytest.mark.parametrize(
    "body",
    [
        param(
            f"@app.get('/')\ndef view(t=None):\n    if t is None:\n        t = {MADE}\n    ask(t, 'x')\n", id="route"
        ),
        param(f"def view(t=None):\n    t = t or {MADE}\n    ask(t, 'x')\n", id="nobody calls"),
        param(f"@app.get('/')\ndef view(t=None):\n    u = t if t else {MADE}\n    ask(u, 'x')\n", id="by another name"),
    ],
)
def test_outside(body: str, tmp_path: Path) -> None:
    assert is_looked_up(body, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        param(f"ask({MADE}, 'x')\n", id="made here"),
        param(f"def view(t=None):\n    t = t or {MADE}\n    ask(t, 'x')\n\n\nview()\n", id="called without one"),
        param(f"@functools.cache\ndef view(t=None):\n    ask(t or {MADE}, 'x')\n\n\nview()\n", id="cached"),
    ],
)
def test_inside(body: str, tmp_path: Path) -> None:
    assert not is_looked_up(body, tmp_path)


CHAT = """\
from openai import OpenAI


class Chat:
    def __init__(self, thread_id=None):
        self.client = OpenAI()
        self.thread_id = thread_id or self.client.beta.threads.create().id

    def say(self, text):
        self.client.beta.threads.messages.create(thread_id=self.thread_id, role="user", content=text)


def fresh(client: OpenAI):
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Hello")
"""
OLD = '"thread_ItZgAl34aOKteAv8SZnIfS0I"'


@pytest.mark.parametrize(
    ("caller", "looked_up"),
    [
        param(f"Chat({OLD}).say('x')\n", True, id="written out"),
        param(
            f"import streamlit as st\nst.session_state.t = {OLD}\nChat(st.session_state.t).say('x')\n", True, id="kept"
        ),
        param("Chat().say('x')\n", False, id="none"),
        param("Chat(None).say('thread_of_mine')\n", False, id="another text"),
    ],
)
def test_ids_that_are_written_out(caller: str, looked_up: bool, tmp_path: Path) -> None:
    made = rewritten({"chat.py": CHAT, "main.py": f"from chat import Chat\n\n{caller}"}, tmp_path).files["chat.py"]
    assert ("conversation_id=conversation_id(self.thread_id)" in made) is looked_up
    assert "conversation_id=thread.id" in made
