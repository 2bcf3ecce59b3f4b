"""Which messages become the input of the run that follows, by what stands between the two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

TEXT = """\
import logging
import os
import sessions
from openai import OpenAI
client = OpenAI()


def note(thread_id):
    client.beta.threads.messages.create(thread_id=thread_id, role="user", content="and")


def ask(t, text):
    client.beta.threads.messages.create(thread_id=t, role="user", content=text)
    {}
    run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id="asst_abc")
    return run.status


ask(client.beta.threads.create().id, "Hello")
"""


def is_input(between: str, folder: Path) -> bool:
    text = rewritten(TEXT.format(between), folder).text
    return "input=[" in text.partition("def ask(")[2]


@pytest.mark.parametrize(
    "between",
    [
        param("print('asking in', t)", id="the id is printed"),
        param("logging.info('asking in %s', t)", id="the id is logged"),
        param("label = str(t)[:8]", id="the id is cut"),
        param("count = 1", id="something else"),
        param("with open('log') as log:\n        log.write(text)", id="a block that does something else"),
    ],
)
def test_nothing_of_the_thread_happens(between: str, tmp_path: Path) -> None:
    assert is_input(between, tmp_path)


@pytest.mark.parametrize(
    "between",
    [
        param("note(t)", id="a function of the program that writes"),
        param("sessions.keep(t)", id="a function that may hand the id on"),
        param("with open('log') as log:\n        sessions.keep(t)", id="such a function in a block"),
        param("with open('log') as log:\n        note(t)", id="a block in which a function writes"),
        param("with open('log') as log:\n        return log.read()", id="a block that may be the end"),
        param("client.beta.threads.messages.list(t)", id="the thread is read"),
        param("t = os.environ['THREAD']", id="another thread"),
        param("if text:\n        return 'no'", id="it may not come to the run"),
    ],
)
def test_something_may_happen(between: str, tmp_path: Path) -> None:
    assert not is_input(between, tmp_path)
