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


def is_kept(text: str, folder: Path) -> bool:
    """Whether the rewritten program, which sends its turn as input, writes it into the conversation if it failed."""
    new = rewritten(text, folder)
    assert "input=[" in new
    return "items.create" in new


def rewritten(text: str, folder: Path) -> str:
    path = folder / "main.py"
    path.write_text(text, encoding="utf-8")
    changed = {change.path.name: change.after.decode() for change in rewrite([path], Options()).changes}
    compile(changed["main.py"], "main.py", "exec")
    return changed["main.py"]


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
        param(program(GIVEN, "status = run.status\nif status != 'completed':\n    return 0\n"), id="in a variable"),
        param(
            "def status_of(run):\n    return run.status\n"
            + program(GIVEN, "status = status_of(run)\nif status != 'completed':\n    return 0\n"),
            id="from a function",
        ),
    ],
)
def test_a_turn_is_kept(text: str, tmp_path: Path) -> None:
    assert is_kept(text, tmp_path)


def test_a_turn_is_kept_in_a_loop(tmp_path: Path) -> None:
    body = "for _ in range(3):\n" + indent(TURN + "if run.status == 'failed':\n    continue\n", "    ")
    assert is_kept(HEAD + MADE + indent(body, "    "), tmp_path)


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
        param(program(GIVEN, "status = run.status\nprint(status)\n"), id="told and not asked"),
        param(program(MADE, "if run.status == 'failed':\n    return None\n"), id="a thread of one turn"),
    ],
)
def test_a_turn_goes_with_its_run(text: str, tmp_path: Path) -> None:
    assert not is_kept(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        param(program("def ask(user):\n    t = stored(user)\n", FAILED + "return 1\n"), id="a thread from elsewhere"),
        param(
            program(
                MADE, "print(run.last_error.code)\nfor m in client.beta.threads.messages.list(t):\n    print(m.id)\n"
            ),
            id="listed whatever happened",
        ),
    ],
)
def test_a_turn_is_kept_for_who_reads_it(text: str, tmp_path: Path) -> None:
    assert is_kept(text, tmp_path)


def test_a_turn_is_not_kept_for_a_listing_after_success(tmp_path: Path) -> None:
    listing = "for m in client.beta.threads.messages.list(t):\n    print(m.id)\n"
    assert not is_kept(program(MADE, FAILED + "return None\n" + listing), tmp_path)
    chosen = "if run.status == 'completed':\n" + indent(listing, "    ") + "else:\n    print(run.last_error.code)\n"
    assert not is_kept(program(MADE, chosen), tmp_path)


WRITTEN = """\
# A failed response does not keep its input.
client.conversations.items.create(
    conversation_id=conversation_id(t),
    items=[{"role": "user", "content": "x"}],
)
"""


def test_a_question_that_is_asked_anyway_is_not_asked_twice(tmp_path: Path) -> None:
    new = rewritten(program(GIVEN, FAILED + "return None\n"), tmp_path)
    assert indent("if run.status == 'failed':\n" + indent(WRITTEN + "return None\n", "    "), "    ") in new
    assert new.count("failed'") == 1


def test_the_question_stands_before_others(tmp_path: Path) -> None:
    new = rewritten(program(GIVEN, "if run.status != 'completed':\n    return None\n"), tmp_path)
    question = 'if run.status == "failed":\n' + indent(WRITTEN, "    ") + "if run.status != 'completed':\n"
    assert indent(question, "    ") in new


def test_what_is_returned_is_asked_first(tmp_path: Path) -> None:
    text = program(GIVEN, "") + "\n\nif ask('thread_abc').status != 'completed':\n    print('no')\nask('thread_abc')\n"
    new = rewritten(text.replace("run = client", "return client"), tmp_path)
    assert "    run = client.responses.create(\n" in new
    assert indent('if run.status == "failed":\n' + indent(WRITTEN, "    ") + "return run\n", "    ") in new


def test_a_stream_is_asked_by_its_events(tmp_path: Path) -> None:
    body = """\
    client.beta.threads.messages.create(thread_id=t, role="user", content="x")
    with client.beta.threads.runs.stream(thread_id=t, assistant_id="asst_abc") as stream:
        for event in stream:
            if event.event == "thread.run.failed":
                print("no")
"""
    new = rewritten(HEAD + GIVEN + body, tmp_path)
    assert indent('if event.type == "response.failed":\n' + indent(WRITTEN, "    "), " " * 12) in new
    assert "stream=True" in new


def test_what_cannot_be_said_again_is_kept_in_a_variable(tmp_path: Path) -> None:
    text = program(GIVEN, FAILED + "return None\n").replace('content="x"', 'content=input("> ")')
    new = rewritten(text, tmp_path)
    assert '    content = input("> ")\n    run = client.responses.create(' in new
    assert new.count('[{"role": "user", "content": content}]') == 2


def test_parts_that_cannot_be_said_again_are_written_first(tmp_path: Path) -> None:
    parts = 'content=[{"type": "text", "text": input("> ")}]'
    new = rewritten(program(GIVEN, FAILED + "return None\n").replace('content="x"', parts), tmp_path)
    assert new.index("items.create") < new.index("responses.create")
    assert "input=[" not in new


def test_a_turn_is_kept_where_only_the_id_of_its_run_has_a_name(tmp_path: Path) -> None:
    head, started = "def ask(t):\n", TURN.replace("create_and_poll", "create").replace('"asst_abc")', '"asst_abc").id')
    body = started + dedent("""\
        while True:
            status = client.beta.threads.runs.retrieve(run, thread_id=t).status
            if status in ("completed", "failed"):
                break
        if status == "failed":
            return None
        """)
    new = rewritten(HEAD + head + indent(body, "    "), tmp_path)
    assert "response = client.responses.create(" in new
    assert 'if response.status == "failed":' in new
    assert "run = response.id\n" in new


def test_a_turn_whose_run_is_named_in_the_question_is_written_first(tmp_path: Path) -> None:
    text = HEAD + GIVEN + indent(TURN, "    ").replace("run = ", "if (run := ").rstrip() + ").status == 'completed':\n"
    new = rewritten(text + "        return True\n    print(run.status)\n", tmp_path)
    assert new.index("items.create(") < new.index("(run := client.responses.create(")
    assert "input=[" not in new
