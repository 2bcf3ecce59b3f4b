"""A loop that only a completed run ended: what its one branch binds is there afterwards, or an error says why not."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.rewrite.one_file import rewritten

HEAD = """\
import time

from openai import OpenAI

client = OpenAI()


def ask(thread_id, assistant_id, known):
{before}    run = client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)
    while True:
        time.sleep(1)
        run = client.beta.threads.runs.retrieve(thread_id=thread_id, run_id=run.id)
        # Is it done?
        if run.status == "completed":
{branch}            break
{after}"""
ANSWER = "answer = client.beta.threads.messages.list(thread_id=thread_id).data[0].content[0].text.value\n"
RAISED = """\
    # Is it done?
    if run.status != "completed":
        raise RuntimeError(f"The run ended as {run.status}.")
    answer = run.output_text
    return answer
"""
ASKED = """\
    # Is it done?
    if run.status == "completed":
"""


def program(before: str, branch: str, after: str) -> str:
    return HEAD.format(before=indent(before, " " * 4), branch=indent(branch, " " * 12), after=indent(after, " " * 4))


def test_a_name_that_is_read_later_is_bound_or_an_error_says_why(tmp_path: Path) -> None:
    text = rewritten(program("", ANSWER, "return answer\n"), tmp_path).text
    assert RAISED in text
    assert "while" not in text


@pytest.mark.parametrize(
    ("before", "branch", "after"),
    [
        ("answer = ''\n", ANSWER, "return answer\n"),
        ("", f"{ANSWER}print(answer)\n", "return known\n"),
        ("", "known = run.status\n", "return known\n"),
        ("", f"{ANSWER}print(answer)\n", "answer = known\nreturn answer\n"),
    ],
    ids=["bound before", "not read later", "a parameter", "bound again"],
)
def test_else_the_question_stays(before: str, branch: str, after: str, tmp_path: Path) -> None:
    text = rewritten(program(before, branch, after), tmp_path).text
    assert ASKED in text
    assert "raise" not in text
