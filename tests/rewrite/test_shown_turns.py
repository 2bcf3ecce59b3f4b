"""What becomes of messages that the program shows after it has written them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.schema.findings import Level
from tests.rewrite.one_file import rewritten

param = pytest.param

TEXT = """\
import logging
from pprint import pprint
from openai import OpenAI
client = OpenAI()


def show(given):
    print(given.model_dump_json())


def keep(given):
    logging.info("kept %s", given)


def ask(t, text, role):
    turn = client.beta.threads.messages.create(thread_id=t, {arguments})
    {read}
    run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id="asst_abc")
    return run.status


ask("thread_abc", "Hello", "user")
"""
SAID = "role='user', content=text"


def asked(read: str, folder: Path, arguments: str = SAID) -> str:
    text = rewritten(TEXT.format(read=read, arguments=arguments), folder).text
    return text.partition("def ask(")[2]


@pytest.mark.parametrize(
    ("read", "after"),
    [
        param("print(turn)", "print(turn)", id="printed"),
        param("print('sent', f'{turn}')", "print('sent', f'{turn}')", id="printed in a text"),
        param("pprint(turn)", "pprint(turn)", id="pretty"),
        param("logging.info(turn)", "logging.info(turn)", id="logged"),
        param("keep(turn)", "keep(turn)", id="logged by a function"),
        param("turn", "turn", id="nothing done with it"),
        param("print(turn, turn.role)", "print(turn, turn['role'])", id="its role as well"),
        param("print(turn, turn.content[0].text.value)", "print(turn, turn['content'])", id="its text as well"),
        param("print(turn, f'{turn.role}')", "print(turn, f'{turn[\"role\"]}')", id="its role in a text as well"),
    ],
)
def test_a_shown_turn_is_sent_under_its_name(read: str, after: str, tmp_path: Path) -> None:
    found = asked(read, tmp_path)
    assert "    turn: EasyInputMessageParam = {'role': 'user', 'content': text}\n" in found
    assert f"    {after}\n" in found
    assert "input=[turn]," in found


@pytest.mark.parametrize(
    ("read", "after"),
    [
        param("print(turn.role)", "print('user')", id="its role"),
        param("print(f'{turn.role}: hello')", "print(f'user: hello')", id="its role in a text"),
        param("print(turn.content[0].text.value)", "print(text)", id="its text"),
        param("words = turn.content[0].text.value.split()", "words = text.split()", id="its text is used"),
        param(
            "with open(turn.role) as f:\n        f.read()", "with open('user') as f:\n        f.read()", id="in a block"
        ),
    ],
)
def test_what_a_turn_said_is_said_again(read: str, after: str, tmp_path: Path) -> None:
    found = asked(read, tmp_path)
    assert f"    {after}\n" in found
    assert "input=[{'role': 'user', 'content': text}]," in found


@pytest.mark.parametrize(
    "read",
    [
        param("print(turn.content[0].text.value)", id="shown"),
        param("print(f'{turn.content[0].text.value}')", id="shown in a text"),
    ],
)
def test_a_text_that_is_made_there_is_kept_under_its_name(read: str, tmp_path: Path) -> None:
    found = asked(read, tmp_path, "role='user', content=f'Q: {text}'")
    assert "    turn: EasyInputMessageParam = {'role': 'user', 'content': f'Q: {text}'}\n" in found
    assert "input=[turn]," in found


@pytest.mark.parametrize(
    ("read", "arguments"),
    [
        param("show(turn)", SAID, id="shown by its own methods"),
        param("print(turn, turn.id)", SAID, id="its id as well"),
        param("print(turn)\n    turn = 3", SAID, id="name used again"),
        param("print(turn)", "role=role, content=text", id="any role"),
        param("print(turn)\n    client.beta.threads.messages.list(t)", SAID, id="looked for before the run"),
    ],
)
def test_other_turns_are_not(read: str, arguments: str, tmp_path: Path) -> None:
    assert "input=[turn]" not in asked(read, tmp_path, arguments)


@pytest.mark.parametrize(
    ("read", "arguments"),
    [
        param("return turn.content", SAID, id="content handed back"),
        param("print(turn.created_at)", SAID, id="time"),
        param("print(turn.id, turn.content[0].text.value)", SAID, id="id and text"),
        param("word = turn.content[0].text.value", "role='user', content='Q: ' + text", id="text that is made kept"),
        param("text = ''\n    word = turn.content[0].text.value", SAID, id="text that changes kept"),
        param("print(turn.content[0].text.value)", "role=role, content=text", id="text, any role"),
    ],
)
def test_what_an_item_does_not_say_the_support_module_does(read: str, arguments: str, tmp_path: Path) -> None:
    assert "threads(client).messages.create(" in asked(read, tmp_path, arguments)


def test_parts_are_sent_as_parts(tmp_path: Path) -> None:
    found = asked("print(turn)", tmp_path, "role='user', content=[{'type': 'text', 'text': text}]")
    assert "'content': [{'type': 'input_text', 'text': text}]" in found
    assert "input=[turn]," in found


@pytest.mark.parametrize(
    ("read", "level"),
    [
        param("print(turn)", Level.REVIEW, id="printed"),
        param("show(turn)", Level.REVIEW, id="dumped"),
        param("keep(turn)", Level.FIXED, id="logged"),
        param("print(turn.role)", Level.FIXED, id="not whole"),
    ],
)
def test_what_users_see_whole_is_for_review(read: str, level: Level, tmp_path: Path) -> None:
    findings = rewritten(TEXT.format(read=read, arguments=SAID), tmp_path).findings
    found = [finding for finding in findings if finding.code == "A2R220"]
    assert [finding.level for finding in found] == [level]
    assert ("where it is shown whole" in found[0].message) is (level is Level.REVIEW)


def test_a_name_that_others_import_is_not_a_dictionary(tmp_path: Path) -> None:
    listed = TEXT.replace("def ask(t, text, role):\n", "t, text = 'thread_abc', 'Hello'\nif True:\n").replace(
        '    return run.status\n\n\nask("thread_abc", "Hello", "user")\n', ""
    )
    files = {
        "main.py": listed.format(read="print(turn)", arguments=SAID),
        "other.py": "from main import turn\nprint(turn)\n",
    }
    assert "threads(client).messages.create(" in rewritten(files, tmp_path).text
