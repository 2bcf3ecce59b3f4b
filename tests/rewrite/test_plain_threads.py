"""Which threads become conversations: those of which the program reads what a conversation has, whatever its runs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.schema.findings import Level
from tests.rewrite.one_file import Result, rewritten

HEAD = """\
import logging

from openai import OpenAI

client = OpenAI()
"""
STORED = """

def runs(thread_id):
    return [run.status for run in client.beta.threads.runs.list(thread_id)]


"""
"""Runs that only the support module can do."""
MADE = "thread = client.beta.threads.create()\n"


def ends(result: Result, method: str) -> list[tuple[str, bool]]:
    """How the sites of a method of threads ended: the level, and whether they are plain."""
    return [(each.level, each.plain) for each in result.findings if each.symbol == f"beta.threads.{method}"]


PLAIN, SHOWN, OLD = (Level.FIXED, True), (Level.REVIEW, True), (Level.FIXED, False)


@pytest.mark.parametrize(
    ("lines", "method", "expected"),
    [
        pytest.param(f"{MADE}print(thread.id, thread.created_at)", "create", PLAIN, id="time of an own thread"),
        pytest.param(
            "def show(t):\n    print(client.beta.threads.retrieve(t).created_at)",
            "retrieve",
            OLD,
            id="time of a stored thread",
        ),
        pytest.param(f"{MADE}print(thread.tool_resources)", "create", OLD, id="files are read"),
        pytest.param(f"{MADE}print(thread.object)", "create", OLD, id="the kind of object is read"),
        pytest.param(f"{MADE}logging.info(thread)", "create", PLAIN, id="logged"),
        pytest.param(f"{MADE}print(thread)", "create", SHOWN, id="shown"),
        pytest.param(f"{MADE}print(thread)\n{STORED}runs(thread.id)", "create", OLD, id="shown, runs stay"),
        pytest.param(f"{MADE}open('t.json', 'w').write(thread.model_dump_json())", "create", OLD, id="written down"),
        pytest.param(f"{MADE}{STORED}client.beta.threads.delete(thread.id)", "delete", PLAIN, id="deleted, runs stay"),
        pytest.param(
            f"{MADE}client.beta.threads.runs.cancel('r', thread_id=thread.id)\nclient.beta.threads.delete(thread.id)",
            "delete",
            OLD,
            id="a cancelled run may hold it",
        ),
        pytest.param(
            f"{MADE}{STORED}print(client.beta.threads.delete(thread.id).deleted)", "delete", PLAIN, id="confirmed"
        ),
        pytest.param(
            f"{MADE}{STORED}print(client.beta.threads.delete(thread.id).object)", "delete", OLD, id="other words"
        ),
        pytest.param(
            f"{MADE}{STORED}client.beta.threads.update(thread.id, metadata={{'a': 'b'}})", "update", PLAIN, id="updated"
        ),
        pytest.param(f"{MADE}client.beta.threads.update(thread.id)", "update", OLD, id="updated with nothing"),
        pytest.param(
            f"{MADE}client.beta.threads.update(thread.id, tool_resources={{}})", "update", OLD, id="files are set"
        ),
        pytest.param(
            "def begin(text):\n"
            "    made = client.beta.threads.create(messages=[{'role': 'user', 'content': text}])\n"
            "    client.beta.threads.runs.cancel('r', thread_id=made.id)",
            "create",
            OLD,
            id="begun with a message, runs are cancelled",
        ),
    ],
)
def test_what_is_read_decides(lines: str, method: str, expected: tuple[Level, bool], tmp_path: Path) -> None:
    assert ends(rewritten(HEAD + lines + "\n", tmp_path), method) == [expected]


NEW = "return client.conversations.create()"


@pytest.mark.parametrize(
    ("before", "after", "is_plain"),
    [
        pytest.param("def begin():\n", "", True, id="nobody names it"),
        pytest.param("class Chats:\n    def begin(self):\n", "", True, id="a method that nobody names"),
        pytest.param("class Chats(Base):\n    def begin(self):\n", "", False, id="a base may call it"),
        pytest.param("@app.get('/')\ndef begin():\n", "", False, id="a framework calls it"),
        pytest.param("def begin():\n", "beginnings = [begin]\n", False, id="it is handed on"),
        pytest.param("def begin():\n", "print(globals()['begin']().object)\n", False, id="it is named in a text"),
    ],
)
def test_a_thread_for_nobody_is_a_conversation(before: str, after: str, is_plain: bool, tmp_path: Path) -> None:
    indent = "        " if "class" in before else "    "
    head = "from web import Base, app\n" + HEAD
    text = rewritten(f"{head}\n\n{before}{indent}return client.beta.threads.create()\n\n\n{after}", tmp_path).text
    assert (NEW in text) is is_plain


def test_another_file_may_name_the_function(tmp_path: Path) -> None:
    library = HEAD + "\n\ndef begin():\n    return client.beta.threads.create()\n"
    found = rewritten({"library.py": library, "notes.py": "WAYS = {'begin': 'library'}\n"}, tmp_path)
    assert NEW not in found.files["library.py"]


ANNOTATED = (
    "from openai.types.beta import Thread\n"
    + HEAD
    + """

def begin() -> Thread:
    return client.beta.threads.create({begun})


thread: Thread = begin()
if not thread.id:
    thread = client.beta.threads.create()
print(thread.id)
"""
)


def test_annotations_follow_only_all_threads_together(tmp_path: Path) -> None:
    both = rewritten(ANNOTATED.format(begun=""), tmp_path / "both").text
    assert both.count("client.conversations.create()") == 2
    assert both.count(": Conversation") == 1
    assert "-> Conversation" in both
    one = rewritten(ANNOTATED.format(begun='tool_resources={"file_search": {}}'), tmp_path / "one").text
    assert "conversations" not in one
    assert "-> Thread" in one


def test_only_the_thread_that_is_shown_is_told_of(tmp_path: Path) -> None:
    lines = f"{MADE}again = client.beta.threads.retrieve(thread.id)\nprint(again)\n"
    found = rewritten(HEAD + lines, tmp_path)
    assert ends(found, "create") == [PLAIN]
    assert ends(found, "retrieve") == [SHOWN]
