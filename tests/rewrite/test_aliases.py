"""Calls through a name for a part of the old API: each becomes a call of the client where that has a name there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = "from openai import OpenAI\n"
CLIENT = HEAD + "client = OpenAI()\n"
OPEN = "def start():\n    return threads.create().id\n"
INIT = HEAD + "class Bot:\n    def __init__(self, client: OpenAI):\n        self.client = client\n"
METHOD = "    def start(self):\n        return self.threads.create().id\n"


@pytest.mark.parametrize(
    ("text", "call"),
    [
        param(CLIENT + "threads = client.beta.threads\n" + OPEN, "client.conversations.create().id", id="a name"),
        param(
            CLIENT + "beta = client.beta\nthreads = beta.threads\n" + OPEN,
            "client.conversations.create().id",
            id="a name of a name",
        ),
        param(
            CLIENT + "make = client.beta.threads.create\n\ndef start():\n    return make().id\n",
            "client.conversations.create().id",
            id="a method",
        ),
        param(
            CLIENT + 'threads = getattr(client.beta, "threads")\n' + OPEN,
            "client.conversations.create().id",
            id="getattr",
        ),
        param(
            INIT + "        self.threads = client.beta.threads\n\n" + METHOD,
            "threads.create().id",
            id="a parameter of another function",
        ),
        param(
            INIT + "        self.threads = self.client.beta.threads\n\n" + METHOD,
            "self.client.conversations.create().id",
            id="an attribute",
        ),
        param(
            INIT
            + "        self.threads = self.client.beta.threads\n\n    def move(self):\n        self.client = OpenAI()\n\n"
            + METHOD,
            "threads.create().id",
            id="a client that changes",
        ),
        param(
            CLIENT + "threads = client.beta.threads\nclient = OpenAI()\n" + OPEN,
            "threads.create().id",
            id="another client by that name",
        ),
        param(
            CLIENT + "threads = client.beta.threads\n\ndef start(client):\n    return threads.create().id\n",
            "threads.create().id",
            id="a client by that name in between",
        ),
        param(
            HEAD + "\n\ndef make() -> OpenAI:\n    return OpenAI()\n\n\nthreads = make().beta.threads\n" + OPEN,
            "threads.create().id",
            id="a client without a name",
        ),
    ],
)
def test_a_call_through_a_name(text: str, call: str, tmp_path: Path) -> None:
    new = rewritten(text, tmp_path).text
    assert f"return {call}" in new or f"return self.{call}" in new
    assert ("A2R270" in rewritten(text, tmp_path / "again").codes) == ("conversations" in new)


def test_a_name_that_one_call_still_goes_through_stays(tmp_path: Path) -> None:
    other = "\n\ndef stop(thread, run):\n    threads.runs.cancel(run, thread_id=thread)\n"
    result = rewritten(CLIENT + "threads = client.beta.threads\n" + OPEN + other, tmp_path)
    assert "return client.conversations.create().id" in result.text
    assert "threads = compat_threads(client)" in result.text
    support = result.files["assistants_compat.py"]
    assert "_cancel_run" in support
    assert "_submit" not in support


def test_a_name_that_another_module_imports_stays(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text("from main import threads\n\nprint(threads.create().id)\n", encoding="utf-8")
    result = rewritten(CLIENT + "threads = client.beta.threads\n" + OPEN, tmp_path)
    assert "threads = compat_threads(client)" in result.text


def test_an_attribute_that_goes_is_told_of_once_and_needs_no_module(tmp_path: Path) -> None:
    result = rewritten(INIT + "        self.threads = self.client.beta.threads\n\n" + METHOD, tmp_path)
    assert [finding.code for finding in result.findings] == ["A2R270", "A2R210"]
    assert "assistants_compat.py" not in result.files
