"""How what a program reads of a run and of its pending calls is read of a response."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from assist2resp.schema.findings import Level
from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = """\
from openai import OpenAI
client = OpenAI()

def ask(t, a, given):
    run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id=a)
"""
SUBMIT = """\
    outputs = [{'tool_call_id': c.id, 'output': ''} for c in run.required_action.submit_tool_outputs.tool_calls]
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(thread_id=t, run_id=run.id, tool_outputs=outputs)
"""
CALLS = "run.required_action.submit_tool_outputs.tool_calls"
PENDING = '[item for item in run.output if item.type == "function_call"]'


@pytest.mark.parametrize(
    ("body", "after"),
    [
        param("print(run.status)", "print(run_status(run))", id="status"),
        param("if run.required_action: pass", 'if run_status(run) == "requires_action": pass', id="truth"),
        param("if not run.required_action: pass", 'if run_status(run) != "requires_action": pass', id="denied"),
        param(
            "if run.required_action is None: pass",
            'if run_status(run) != "requires_action": pass',
            id="compared with None",
        ),
        param(
            "if run.required_action.submit_tool_outputs and given: pass",
            'if run_status(run) == "requires_action" and given: pass',
            id="truth of the outputs",
        ),
        param(
            "if run.required_action.submit_tool_outputs is None: pass",
            'if run_status(run) != "requires_action": pass',
            id="outputs compared with None",
        ),
        param(
            "asked = run.required_action.submit_tool_outputs\nif not asked: pass",
            'if run_status(asked) != "requires_action": pass',
            id="outputs by another name",
        ),
        param("assert run.required_action", 'assert run_status(run) == "requires_action"', id="asserted"),
        param(
            "if run.status == 'requires_action' and run.required_action: pass",
            "if run_status(run) == 'requires_action': pass",
            id="asked twice",
        ),
        param(
            "if run.required_action is not None and run.status == 'requires_action': pass",
            "if run_status(run) == 'requires_action': pass",
            id="asked twice, the other way",
        ),
        param(
            "if run.status == 'requires_action' or run.required_action: pass",
            'or run_status(run) == "requires_action": pass',
            id="asked twice with or",
        ),
        param(
            "if given.status == 'requires_action' and run.required_action: pass",
            "if given.status == 'requires_action' and run_status(run) == \"requires_action\": pass",
            id="status of something else",
        ),
        param(f"print([c.type for c in {CALLS}])", f'print(["function" for c in {PENDING}])', id="type"),
        param(f"print(f'{{{CALLS}[0].type}}!')", "print(f'function!')", id="type in a string"),
        param(f"print(f'{{{CALLS}[0].type:>9}}')", "print(f'{\"function\":>9}')", id="type in a format"),
        param(f'print(f"{{{CALLS}[0].type!r}}")', "print(f\"{'function'!r}\")", id="type in a representation"),
        param(
            f"if {CALLS}[0].type == 'function': pass",
            f"if {PENDING}[0].type == 'function_call': pass",
            id="type compared",
        ),
        param(f"if {CALLS}[0].type in given: pass", 'if "function" in given: pass', id="type looked up"),
        param(
            f"first, *others = {CALLS}\nprint(first.id, [c.id for c in others])",
            "print(first.call_id, [c.call_id for c in others])",
            id="calls taken apart",
        ),
        param(f"*others, last = {CALLS}\nprint(last.function.name)", "print(last.name)", id="the last call"),
    ],
)
def test_reads(body: str, after: str, tmp_path: Path) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    found = rewritten(f"{HEAD}{lines}{SUBMIT}", tmp_path).text
    assert after in found
    assert "threads(client)" not in found


TIMES = [
    param("if run.completed_at: pass", 'if run.status == "completed": pass', id="truth"),
    param("if not run.completed_at: pass", 'if run.status != "completed": pass', id="denied"),
    param("assert run.completed_at is not None", 'assert run.status == "completed"', id="compared with None"),
    param("if given or run.completed_at: pass", 'if given or run.status == "completed": pass', id="one of two"),
    param("print(f\"{'y' if run.completed_at else 'n'}\")", "'y' if run.status == 'completed' else", id="in a string"),
    param(
        "took = run.completed_at - run.created_at", "took = completed_at(run) - int(run.created_at)", id="difference"
    ),
    param(
        "while not run.completed_at:\n        run = client.beta.threads.runs.retrieve(thread_id=t, run_id=run.id)",
        "**request_arguments(a),\n    )\n",
        id="waiting",
    ),
]


@pytest.mark.parametrize(("line", "after"), TIMES)
def test_times(line: str, after: str, tmp_path: Path) -> None:
    found = rewritten(f"{HEAD}    {line}\n", tmp_path).text
    assert after in found
    assert "while" not in found
    assert "threads(client)" not in found


def test_a_run_of_several_responses_has_no_beginning(tmp_path: Path) -> None:
    line = "print(run.created_at)"
    assert f"    {line}\n" in rewritten(f"{HEAD}{SUBMIT}    {line}\n", tmp_path).text
    asked = rewritten(f"{HEAD}{SUBMIT}    assert run.completed_at\n", tmp_path).text
    assert 'assert run_status(run) == "completed"' in asked


def test_calls_taken_apart_into_something_else_stay(tmp_path: Path) -> None:
    body = f"    (first, second), *others = {CALLS}\n"
    assert body in rewritten(f"{HEAD}{body}{SUBMIT}", tmp_path).text


@pytest.mark.parametrize(
    ("name", "after"),
    [("second", "print(second.output_text)"), ("run", "print(next(item for item in reversed(run.output)")],
    ids=["the last run", "one before"],
)
def test_the_newest_message_of_a_run(name: str, after: str, tmp_path: Path) -> None:
    body = (
        "    second = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id=given)\n"
        f"    print(client.beta.threads.messages.list(t, run_id={name}.id).data[0].content[0].text.value)\n"
    )
    assert after in rewritten(HEAD + body, tmp_path).text


@pytest.mark.parametrize(
    ("line", "level"),
    [("print(run.last_error)", Level.REVIEW), ("logger.error(run.last_error)", Level.FIXED)],
    ids=["shown", "logged"],
)
def test_an_error_shown_whole(line: str, level: Level, tmp_path: Path) -> None:
    found = rewritten(f"{HEAD}    {line}\n", tmp_path)
    assert line.replace("last_error", "error") in found.text
    assert [one.level for one in found.findings if one.code == "A2R230"] == [level]


def test_a_run_that_took_too_long_is_not_cancelled(tmp_path: Path) -> None:
    body = """\
    run = client.beta.threads.runs.create(thread_id=t, assistant_id=a)
    while run.status != "completed":
        run = client.beta.threads.runs.retrieve(run.id, thread_id=t)
        if time.time() - given > 60:
            try:
                client.beta.threads.runs.cancel(run.id, thread_id=t)
            except Exception:
                pass
            raise TimeoutError
        time.sleep(1)
"""
    text = "import time\n" + HEAD.rpartition("    run")[0] + body
    left = rewritten(text, tmp_path).text.partition("    run = ")[2]
    assert "cancel" not in left
    assert "try" not in left
    assert "raise TimeoutError" in left


def test_tokens_are_read_by_their_new_names_wherever_a_usage_comes(tmp_path: Path) -> None:
    text = """\
        from openai import OpenAI
        from openai.types.beta.threads.run import Usage

        client = OpenAI()


        def cost(usage: Usage) -> int:
            return usage.prompt_tokens + 3 * usage.completion_tokens


        def ask(t, a):
            run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id=a)
            used = run.usage
            return cost(used) if used is not None else 0
        """
    new = rewritten(dedent(text), tmp_path).text
    assert "from openai.types.responses import ResponseUsage\n" in new
    assert "def cost(usage: ResponseUsage) -> int:" in new
    assert "return usage.input_tokens + 3 * usage.output_tokens" in new
    assert "return cost(used) if used is not None else 0" in new
