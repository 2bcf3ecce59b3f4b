"""Functions that are defined again: word for word they are one function, otherwise nothing is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

START = """\
import time
from openai import OpenAI
client = OpenAI()
thread = client.beta.threads.create()
"""
WAIT = """
{remark}
def wait_on_run(run, thread):
    while run.status == "queued" or run.status == "in_progress":
        run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
        time.sleep({pause})
    return run
"""
ASK = """
run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id="asst_1")
run = wait_on_run(run, thread)
print(run.status)
"""


@pytest.mark.parametrize(
    ("pause", "remark", "is_one"),
    [("0.5", "# once more", True), ("0.5", "", True), ("2", "", False)],
    ids=["another comment", "the same", "another pause"],
)
def test_a_function_that_is_defined_twice(pause: str, remark: str, is_one: bool, tmp_path: Path) -> None:
    first, second = WAIT.format(pause="0.5", remark="# wait"), WAIT.format(pause=pause, remark=remark)
    shown = rewritten(START + first + ASK + second + ASK, tmp_path).text
    assert (shown.count("run = client.responses.create(") == 2) is is_one
    assert ("retrieve(" not in shown) is is_one


METHODS = """
class Desk:
    def ask(self):
        return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id="asst_1")
    def ask(self):
        return {made}
print(Desk().ask().usage.total_tokens)
"""


def test_methods_that_are_defined_twice(tmp_path: Path) -> None:
    same = 'client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id="asst_1")'
    assert "threads(client)" not in rewritten(START + METHODS.format(made=same), tmp_path).text
    other = same.replace("create_and_poll", "create")
    assert "threads(client)" in rewritten(START + METHODS.format(made=other), tmp_path).text
