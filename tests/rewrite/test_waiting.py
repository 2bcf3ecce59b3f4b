"""What a loop did once its run had ended is still done when nothing is waited for any more."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import libcst as cst
import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.runs.waiting import holds

STATES = """\
PENDING = ["queued", "in_progress"]
"""
START = """\
import time
from openai import OpenAI
import states
client = OpenAI()
PENDING = ("queued", "in_progress")
ENDED = ["completed", "failed", "cancelled", "expired", "incomplete"]
GROWING = ("queued",)
GROWING += ("in_progress",)


def pending():
    return states.PENDING


def ask(text, assistant_id):
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content=text)
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant_id)
"""


def rewritten(body: str, folder: Path) -> str:
    """The end of a function that polls, after its rewrite."""
    path = folder / "main.py"
    (folder / "states.py").write_text(STATES, encoding="utf-8")
    path.write_text(START + "".join(f"    {line}\n" for line in dedent(body).strip().splitlines()), encoding="utf-8")
    changed = {change.path.name: change.after.decode() for change in rewrite([folder], Options()).changes}
    return changed["main.py"]


param = pytest.param
RETRIEVE = "run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)"
SUBMIT = "client.beta.threads.runs.submit_tool_outputs(thread_id=thread.id, run_id=run.id, tool_outputs=[])"
LISTING = "client.beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text.value"


@pytest.mark.parametrize("test", ['in ("queued", "in_progress")', '!= "completed"', 'not in ["completed", "failed"]'])
def test_work_inside_of_a_loop_is_kept(test: str, tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status {test}:
            time.sleep(1)
            {RETRIEVE}
            if run.status == "completed":
                print({LISTING})
                break
            elif run.status == "failed":
                raise ValueError("failed")
        """,
        tmp_path,
    )
    assert "while" not in shown
    assert "sleep" not in shown
    assert (
        '    if run.status == "completed":\n        print(run.output_text)\n    elif run.status == "failed":' in shown
    )


@pytest.mark.parametrize("test", ['in ("queued", "in_progress")', '!= "completed"'])
def test_the_last_state_is_shown_once(test: str, tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status {test}:
            print("waiting", run.status)
            {RETRIEVE}
            time.sleep(1)
            print(f"is {{run.status}}")
        return run.status
        """,
        tmp_path,
    )
    assert "while" not in shown
    assert shown.endswith('    print(f"is {run.status}")\n    return run.status\n')


def test_states_that_only_wait_are_not_shown(tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status in ("queued", "in_progress"):
            print("waiting", run.status)
            {RETRIEVE}
        return run.status
        """,
        tmp_path,
    )
    assert "waiting" not in shown


def test_a_loop_that_leaves_in_the_middle_keeps_its_run(tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status == "queued":
            {RETRIEVE}
            if run.status == "completed":
                break
            if run.status == "failed":
                raise ValueError("failed")
            time.sleep(1)
        """,
        tmp_path,
    )
    assert 'while run.status == "queued":' in shown
    assert "threads(client).runs.retrieve(" in shown


def test_a_loop_that_answers_calls_only_while_pending_keeps_its_run(tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status in ("queued", "in_progress"):
            {RETRIEVE}
            if run.status == "requires_action":
                run = {SUBMIT}
        """,
        tmp_path,
    )
    assert "threads(client).runs.submit_tool_outputs(" in shown


def test_a_loop_that_goes_on_by_another_name_gives_both_names_the_next_run(tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status != "completed":
            {RETRIEVE}
            if run.status == "requires_action":
                sent = {SUBMIT}
                print(sent.status)
        """,
        tmp_path,
    )
    assert "sent = run = client.responses.create(" in shown


def test_a_loop_that_hands_its_calls_on_is_given_the_next_run(tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        def answer(run):
            {SUBMIT}
        while True:
            {RETRIEVE}
            if run.status == "completed":
                break
            if run.status == "requires_action":
                answer(run)
        """,
        tmp_path,
    )
    assert "    return client.responses.create(" in shown
    assert "        run = answer(run)" in shown


TOOLS = f"""
if run.status == "requires_action":
    run = {SUBMIT}
"""
IDLE = f"""
    time.sleep(0.5)
    {RETRIEVE}
"""
PENDING_FIRST = f"""
if run.status in ("queued", "in_progress"):
    print("waiting"){IDLE}
el{TOOLS.strip()}
"""


def answering(test: str, body: str, folder: Path) -> str:
    """The end of a function that answers calls in a loop, after its rewrite."""
    return rewritten(f"while {test}:\n" + indent(body.strip(), "    "), folder)


@pytest.mark.parametrize(
    ("test", "body"),
    [
        param('run.status not in ("completed", "failed", "incomplete")', TOOLS + "else:" + IDLE, id="else"),
        param("run.status not in ENDED", TOOLS + "else:" + IDLE, id="constant"),
        param(
            'run.status != "completed"', TOOLS + 'elif run.status == "failed":\n    break\nelse:' + IDLE, id="failure"
        ),
        param('run.status in ("queued", "in_progress", "requires_action")', PENDING_FIRST, id="first"),
        param("True", PENDING_FIRST + "else:\n    break", id="between others"),
        param("True", TOOLS + 'elif run.status == "queued":' + IDLE + "else:\n    break", id="in the middle"),
    ],
)
def test_branches_that_only_waited_go(test: str, body: str, tmp_path: Path) -> None:
    shown = answering(test, body, tmp_path)
    assert "sleep" not in shown
    assert "waiting" not in shown
    assert "else:\n" not in shown.replace("else:\n            break", "")
    assert "import time" not in shown
    assert shown.count("responses.create(") == 2


@pytest.mark.parametrize(
    ("test", "body"),
    [
        param('run.status != "completed"', TOOLS + "else:" + IDLE, id="a failed run would spin"),
        param("run.status not in GROWING", TOOLS + "else:" + IDLE, id="a constant that is not one"),
        param(
            "True",
            'if run.status != "requires_action":' + IDLE + f"else:\n    run = {SUBMIT}",
            id="a failed run would come to the calls",
        ),
    ],
)
def test_branches_that_ended_runs_would_come_to_stay(test: str, body: str, tmp_path: Path) -> None:
    assert "time.sleep(0.5)" in answering(test, body, tmp_path)


@pytest.mark.parametrize("states", ["PENDING", "states.PENDING", "GROWING", "pending()"])
def test_work_is_kept_whatever_names_the_states(states: str, tmp_path: Path) -> None:
    shown = rewritten(
        f"""
        while run.status in {states}:
            time.sleep(1)
            {RETRIEVE}
            if run.status == "completed":
                print("done")
        """,
        tmp_path,
    )
    assert '    )\n    if run.status == "completed":\n        print("done")\n' in shown


@pytest.mark.parametrize(
    ("test", "state", "expected"),
    [
        ('run.status == "completed"', "completed", True),
        ('run.status != "completed"', "completed", False),
        ('run.status in ("queued", "in_progress")', "failed", False),
        ('run.status not in ["completed"]', "failed", True),
        ('not run.status == "completed"', "completed", False),
        ('run.status == "queued" or run.status == "in_progress"', "completed", False),
        ('run.status != "completed" and time.time() < end', "completed", False),
        ('run.status != "completed" and time.time() < end', "failed", None),
        ('run.status != "completed" or retry', "failed", True),
        ("run.status in PENDING", "completed", None),
        ("done", "completed", None),
        ("1 < x < 2", "completed", None),
    ],
)
def test_what_a_test_says_of_a_state(test: str, state: str, expected: bool | None) -> None:
    assert holds(cst.parse_expression(test), state) is expected


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        param("\n        thread_id=thread_id,\n        run_id=run_id,\n    ", "run_id", id="lines"),
        param("run_id, thread_id=thread_id", "run_id", id="one line"),
        param("  # of this run\n        run_id, thread_id=thread_id", "  # of this run\n        run_id", id="comment"),
    ],
)
def test_a_retrieval_by_a_stored_id_is_one_line(arguments: str, left: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from openai import OpenAI\n"
        "client = OpenAI()\n\n\n"
        "def check(thread_id, run_id):\n"
        f"    return client.beta.threads.runs.retrieve({arguments}).status\n\n\n"
        "thread = client.beta.threads.create()\n"
        'client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Hi")\n'
        "run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id='a')\n"
        "print(check(thread.id, run.id))\n",
        encoding="utf-8",
    )
    made = {change.path.name: change.after.decode() for change in rewrite([tmp_path], Options()).changes}
    assert f"client.responses.retrieve({left}).status" in made["main.py"]
