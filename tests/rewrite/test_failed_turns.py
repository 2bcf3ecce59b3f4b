"""A turn whose run failed stays where the program goes on with its thread."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options

param = pytest.param

HEAD = """\
import sys
from openai import OpenAI
client = OpenAI()


"""
TURN = """\
client.beta.threads.messages.create(thread_id=t, role="user", content="x")
run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id="asst_abc")
"""
FAILED = "if run.status == 'failed':\n    "
CALL = "\n\ntry:\n    ask('thread_abc')\nexcept {}:\n    pass\n"
GIVEN, MADE = "def ask(t):\n", "def ask():\n    t = client.beta.threads.create().id\n"


def program(head: str, end: str) -> str:
    """A function that adds a turn to a thread and runs it."""
    return HEAD + head + indent(TURN + dedent(end), "    ")


def is_folded(text: str, folder: Path) -> bool:
    """Whether the rewritten program sends its turn as the response's input."""
    path = folder / "main.py"
    path.write_text(text, encoding="utf-8")
    changed = {change.path.name: change.after.decode() for change in rewrite([path], Options()).changes}
    assert ("input=[" in changed["main.py"]) is ("items.create" not in changed["main.py"])
    return "input=[" in changed["main.py"]


@pytest.mark.parametrize(
    "text",
    [
        param(program(GIVEN, FAILED + "raise ValueError\n") + CALL.format("ValueError"), id="a caller goes on"),
        param(program(GIVEN, FAILED + "raise my.Failed(1)\n") + CALL.format("(KeyError, Failed)"), id="one of several"),
        param(program(GIVEN, FAILED + "raise ValueError\n") + CALL.format("Exception"), id="all are caught"),
        param(program(GIVEN, FAILED + "raise HTTPException(502)\n"), id="a framework answers"),
        param(program("@app.command()\n" + GIVEN, FAILED + "raise ValueError\n"), id="a framework calls"),
        param(program(GIVEN, "if run.status in ('failed', 'expired'):\n    return None\n"), id="returned"),
        param(
            "FAILED = ('failed', 'expired')\n" + program(GIVEN, "if run.status in FAILED:\n    return 0\n"),
            id="constant",
        ),
        param(
            "DONE = 'completed'\n" + program(GIVEN, "return 1 if run.status == DONE else 0\n"), id="chosen by constant"
        ),
        param(program(GIVEN, "match run.status:\n    case 'cancelled' | 'failed':\n        return 1\n"), id="matched"),
        param(program(GIVEN, "if run.status == 'completed':\n    return 1\nelse:\n    return 0\n"), id="the other way"),
        param(program(GIVEN, "if run.status == 'completed':\n    return 1\nprint('no')\n"), id="what follows"),
        param(program(GIVEN, "return 1 if run.status == 'completed' else 0\n"), id="chosen"),
        param(program(GIVEN, "if run.status != 'completed':\n    return 0\n"), id="not a success"),
    ],
)
def test_a_turn_is_kept(text: str, tmp_path: Path) -> None:
    assert not is_folded(text, tmp_path)


def test_a_turn_is_kept_in_a_loop(tmp_path: Path) -> None:
    body = "for _ in range(3):\n" + indent(TURN + "if run.status == 'failed':\n    continue\n", "    ")
    assert not is_folded(HEAD + MADE + indent(body, "    "), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        param(program(GIVEN, ""), id="nothing asked"),
        param(program(GIVEN, FAILED + "raise ValueError\n"), id="nothing catches"),
        param(program(GIVEN, FAILED + "raise ValueError\n") + CALL.format("KeyError"), id="another is caught"),
        param(program(GIVEN, "if run.status == 'failed':\n    sys.exit(1)\n"), id="the program ends"),
        param(program(GIVEN, "if run.status == 'failed':\n    raise SystemExit('failed')\n"), id="raised to the end"),
        param(program(GIVEN, "if run.status == 'completed':\n    return 1\nsys.exit(1)\n"), id="the end follows"),
        param(program(GIVEN, "if run.status == 'expired':\n    return 1\n"), id="another state asked"),
        param(program(MADE, "if run.status == 'failed':\n    return None\n"), id="a thread of one turn"),
    ],
)
def test_a_turn_goes_with_its_run(text: str, tmp_path: Path) -> None:
    assert is_folded(text, tmp_path)
