"""What is left of a loop once what waited in it went."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest

from assist2resp.rewrite.runs.loops import asked, decided, dissolved, only_shows
from tests.rewrite.one_file import rewritten

param = pytest.param


def left(text: str, change: object = dissolved) -> str:
    """The statements that take the place of the one loop of a text."""
    tree = cst.parse_module(dedent(text).lstrip("\n"))
    assert callable(change)
    made = change(tree.body[0])
    if isinstance(made, cst.RemovalSentinel):
        return ""
    body = list(made) if isinstance(made, cst.FlattenSentinel) else [made]
    shown = tree.with_changes(body=body).code
    ast.parse(shown.replace("return", "yield"))
    return shown


KEPT = [
    param("while True:\n    if a:\n        break\n    b()\n", id="leaves in the middle"),
    param("while True:\n    if a:\n        continue\n    b()\n", id="goes on in the middle"),
    param("while True: a()\n", id="one line"),
    param("for x in y:\n    try:\n        break\n    finally:\n        a()\n", id="leaves from a try"),
]


@pytest.mark.parametrize("text", KEPT)
def test_loops_that_stay(text: str) -> None:
    assert left(text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param("while True:\n    if a:\n        break\n", "", id="nothing but a way out"),
        param("while True:\n    pass\n", "", id="nothing"),
        param("while True:\n    a()\n    b()\n", "a()\nb()\n", id="body once"),
        param("while True:\n    a()\n    break\n", "a()\n", id="break at the end"),
        param("while True:\n    a(); continue\n", "a()\n", id="continue at the end of a line"),
        param("# wait\nwhile True:\n    # ask\n    a()\n", "# wait\n# ask\na()\n", id="comments"),
        param("for _ in range(9):\n    a()\n", "a()\n", id="rounds"),
        param(
            "while True:\n    if s == 'done':\n        break\n    elif s == 'failed':\n        raise E\n",
            "if s == 'failed':\n    raise E\n",
            id="the other case alone",
        ),
        param(
            "while True:\n    if s == 'done':\n        break\n    elif s in ('done', 'failed'):\n        raise E\n",
            "if s == 'done':\n    pass\nelif s in ('done', 'failed'):\n    raise E\n",
            id="cases that overlap",
        ),
        param(
            "while True:\n    if s == 'done':\n        break\n    elif t == 'failed':\n        raise E\n",
            "if s == 'done':\n    pass\nelif t == 'failed':\n    raise E\n",
            id="cases of different things",
        ),
        param(
            "while True:\n    if s == 'done':\n        break\n    else:\n        a()\n",
            "if s != 'done':\n    a()\n",
            id="else alone",
        ),
        param(
            "while True:\n    if done():\n        break\n    else:\n        a()\n",
            "if not (done()):\n    a()\n",
            id="else of a call",
        ),
        param(
            "while True:\n    if s == 'done':\n        return a()\n    else:\n        continue\n",
            "if s == 'done':\n    return a()\n",
            id="else that goes on",
        ),
        param("while s.status != 'x':\n    print(s)\n", "", id="progress that is shown"),
        param("while s.status != 'x':\n    a(s)\n", "if s.status != 'x':\n    a(s)\n", id="work on a condition"),
        param("while waiting:\n    print(s)\n", "if waiting:\n    print(s)\n", id="another condition"),
        param(
            "while True:\n    if a:\n        for b in c:\n            break\n        break\n",
            "if a:\n    for b in c:\n        break\n",
            id="another loop's break",
        ),
    ],
)
def test_dissolved(before: str, after: str) -> None:
    assert left(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param(
            "for _ in range(9):\n    if s == 'done':\n        break\nelse:\n    raise E\n",
            "if s != 'done':\n    raise E\n",
            id="equality",
        ),
        param(
            "for _ in range(9):\n    if s in ok:\n        break\nelse:\n    raise E\n",
            "if s not in ok:\n    raise E\n",
            id="membership",
        ),
        param(
            "for _ in range(9):\n    if s:\n        a()\n        break\nelse:\n    raise E\n",
            "if s:\n    a()\nelse:\n    raise E\n",
            id="work before leaving",
        ),
        param(
            "for _ in range(9):\n    if s and t:\n        break\nelse:\n    raise E\n",
            "if not (s and t):\n    raise E\n",
            id="two conditions",
        ),
    ],
)
def test_decided(before: str, after: str) -> None:
    assert left(before, decided) == after


@pytest.mark.parametrize(
    "text",
    [
        param("for _ in range(9):\n    if s:\n        break\n    a()\nelse:\n    raise E\n", id="more than a question"),
        param("for _ in range(9):\n    if s:\n        a()\nelse:\n    raise E\n", id="nothing leaves"),
        param("for _ in range(9):\n    if s:\n        break\n", id="no else"),
        param("for _ in range(9):\n    a()\nelse:\n    raise E\n", id="no question"),
    ],
)
def test_loops_that_are_not_decided(text: str) -> None:
    assert left(text, decided) == text


@pytest.mark.parametrize(
    ("test", "subject", "words"),
    [
        ("s.status == 'a'", "s.status", {"a"}),
        ("s.status in ('a', 'b')", "s.status", {"a", "b"}),
        ("s.status in {'a'}", "s.status", {"a"}),
        ("s.status in names", "s.status", set()),
        ("s.status == name", "s.status", set()),
        ("s.status != 'a'", "s.status", set()),
        ("'a' < s < 'b'", "", set()),
        ("done", "", set()),
    ],
)
def test_asked(test: str, subject: str, words: set[str]) -> None:
    assert asked(cst.parse_expression(test)) == (subject, words)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("print(a)", True),
        ("logger.info(a); print(b)", True),
        ("sys.stdout.flush()", True),
        ("a = print(b)", False),
        ("save(a)", False),
        ("print(a); save(b)", False),
        ("'text'", False),
    ],
)
def test_only_shows(statement: str, expected: bool) -> None:
    assert only_shows(cst.parse_statement(statement)) is expected


HEAD = """import time

from openai import OpenAI

client = OpenAI()


def ask(t, a):
    run = client.beta.threads.runs.create(thread_id=t, assistant_id=a)
"""
TAIL = "    return client.beta.threads.messages.list(t).data[0].content[0].text.value\n"
ASK = "run = client.beta.threads.runs.retrieve(thread_id=t, run_id=run.id)\n"
DONE = "if run.status == 'completed':\n        break\n    "


@pytest.mark.parametrize(
    ("waiting", "left"),
    [
        param(
            f"while run.status != 'completed':\n    {ASK}    time.sleep(1)\nelse:\n    print('done')\n",
            "print('done')\n",
            id="else of a while",
        ),
        param(
            f"while run.status != 'completed':\n    {ASK}    print(run.status)\n    time.sleep(1)\nelse:\n    print('done')\n",
            "print(run.status)\nprint('done')\n",
            id="the last state, and the else",
        ),
        param(f"time.sleep(9)\n{ASK}print(run.status)\n", "print(run.status)\n", id="a pause before it asks"),
        param(f"time.sleep(9)\nprint('?')\n{ASK}", "time.sleep(9)\nprint('?')\n", id="a pause for something else"),
        param(f"while True:\n    {ASK}    {DONE}print('waiting')\n    time.sleep(1)\n", "", id="shown while waiting"),
        param(
            f"tries = 0\nwhile run.status != 'completed' and tries < 60:\n    time.sleep(1)\n    {ASK}    tries += 1\n",
            "",
            id="rounds that are counted",
        ),
        param(
            f"tries = 0\nwhile True:\n    {ASK}    {DONE}if tries < 9:\n        tries += 1\n        time.sleep(1)\n    else:\n        return None\n",
            "if run.status != 'completed':\n    return None\n",
            id="a branch that counts",
        ),
        param(
            f"start = time.time()\nwhile True:\n    {ASK}    {DONE}if time.time() - start > 60:\n        raise TimeoutError\n    time.sleep(1)\n",
            "if run.status != 'completed':\n    raise TimeoutError\n",
            id="a clock",
        ),
        param(
            f"end = time.monotonic() + 60\nwhile time.monotonic() < end:\n    {ASK}    {DONE}time.sleep(1)\n",
            "",
            id="until a time",
        ),
        param(
            f"for i in range(9):\n    {ASK}    {DONE}print('try', i)\n    time.sleep(1)\nelse:\n    raise TimeoutError\n",
            "if run.status != 'completed':\n    raise TimeoutError\n",
            id="else of a for",
        ),
        param(
            f"while True:\n    {ASK}    {DONE}if run.status == 'failed':\n        print('failed')\n        break\n    time.sleep(1)\n",
            "if run.status == 'failed':\n    print('failed')\n",
            id="two ways out",
        ),
        param(
            f"while True:\n    {ASK}    if run.status == 'completed':\n        print('done')\n        break\n"
            "    elif run.status == 'queued' or run.status == 'in_progress':\n        time.sleep(1)\n"
            "    else:\n        print(run.status)\n        break\n",
            "if run.status == 'completed':\n    print('done')\nelse:\n    print(run.status)\n",
            id="a branch that waits between two ways out",
        ),
        param(
            f"n = 0\nwhile n < 9:\n    {ASK}    {DONE}n += 1\n    time.sleep(1)\nif n == 9:\n    return None\n",
            "n = 0\nwhile n < 9:\n    if run.status == 'completed':\n        break\n    n += 1\n    time.sleep(1)\nif n == 9:\n    return None\n",
            id="a count that is read later stays",
        ),
        param(
            f"start = time.time()\nwhile True:\n    {ASK}    {DONE}if time.time() - start > 60:\n        raise TimeoutError\n    time.sleep(1)\nprint(time.time() - start)\n",
            "start = time.time()\nif run.status != 'completed':\n    raise TimeoutError\nprint(time.time() - start)\n",
            id="a time that is read later stays",
        ),
    ],
)
def test_what_is_left_of_a_loop(waiting: str, left: str, tmp_path: Path) -> None:
    text = HEAD + "".join(f"    {line}\n" for line in waiting.splitlines()) + TAIL
    result = rewritten(text, tmp_path).text
    body = result.partition("    run = client.responses.create(")[2].partition("\n    )\n")[2]
    assert dedent(body.removesuffix("    return run.output_text\n")) == left
