"""Which functions may send outputs of calls for a run that another one created, by what their callers keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.plainness.plain_runs import PlainRuns
from tests.rewrite.flows_of import flows_of

START = "def start(a, t):\n    return client.beta.threads.runs.create(thread_id=t, assistant_id=a)\n"
SEND = """def send(run, a):
    run = client.beta.threads.runs.submit_tool_outputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=[])
    return run
"""
MAIN = "def main(a, t):\n    run = start(a, t)\n    run = send(run, a)\n    print(run.status)\n"
UNSAID = "tool outputs are submitted where the run's own settings are not to be seen"


def obstacle(text: str, folder: Path) -> str:
    flows, inference = flows_of(
        f"from openai import OpenAI\nclient = OpenAI()\n\n{text}\nmain('asst_1', 't')\n", folder
    )
    return PlainRuns(flows[0], inference).obstacle


@pytest.mark.parametrize(
    "text",
    [
        START + SEND + MAIN,
        START + SEND + MAIN.replace("    run = send(run, a)\n    print(run.status)", "    return send(run, a)"),
        START.replace("id=a)", "id=A)") + SEND.replace(", a)", ")") + "A = 'asst_1'\n" + MAIN.replace("n, a)", "n)"),
        START + SEND + MAIN.replace("send(run, a)", "send(run, 'asst_2')"),
        START + SEND.replace(", a)", ")") + MAIN.replace("n, a)", "n)"),
        START.replace("id=a)", "id=A)") + SEND + "A = 'asst_1'\nA = 'asst_2'\n" + MAIN,
        START + SEND + MAIN.replace("run = send", "new = send").replace("(run.status)", "(new.status)"),
        START + SEND + MAIN.replace("run = send", "send").replace("print(run.status)", "return t"),
        START + SEND + "def main(a, t):\n    for _ in a:\n        run = start(a, t)\n        send(run, a)\n",
        START + SEND + MAIN.replace("run = send", "send"),
        START + SEND + MAIN.replace("run = send", "new = send"),
        START + SEND.replace("return run", "return None") + MAIN.replace("run = send", "new = send"),
        START + SEND + "def main(a, t):\n    run = start(a, t)\n    for _ in a:\n        send(run, a)\n",
    ],
    ids=[
        "parameter", "handed back", "constant", "another assistant", "assistant not handed on", "constant set twice",
        "another name from then on", "not read again", "a new one in each round",
        "result dropped, and the old state read", "another name, and the old state read", "nothing returned",
        "again in the next round",
    ],
)  # fmt: skip
def test_outputs_are_sent_where_the_settings_are_known(text: str, tmp_path: Path) -> None:
    assert obstacle(text, tmp_path) == ""


@pytest.mark.parametrize(
    "text",
    [
        START + SEND.replace("return run", "return None")
        + "def main(a, t):\n    run = start(a, t)\n    for _ in a:\n        send(run, a)\n",
        START.replace("id=a)", "id=a, tool_choice='required')") + SEND + MAIN,
        START + SEND + MAIN.replace("    run = send", "    box.run = run\n    run = send") + "class box:\n    run = None\n",
    ],
    ids=[
        "nothing returned, and again in the next round", "choice of a tool", "kept elsewhere",
    ],
)  # fmt: skip
def test_runs_stay_runs_where_a_caller_keeps_them_or_settings_are_not_known(text: str, tmp_path: Path) -> None:
    assert obstacle(text, tmp_path) == UNSAID


LINES = (
    START + "run = start('asst_1', 't')\n"
    "run = client.beta.threads.runs.submit_tool_outputs(run.id, thread_id='t', tool_outputs=[])\n"
    "def main(a, t):\n    pass\n"
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LINES, ""),
        (LINES.replace("run = client.", "client."), ""),
        (LINES.replace("run = client.", "new = client."), ""),
        (LINES + "def later():\n    return run.status\n", ""),
        ("kept = None\n" + LINES.replace("run = start", "run = kept or start"), UNSAID),
    ],
    ids=["assigned", "alone", "another name", "read by a function", "from elsewhere"],
)
def test_outputs_are_sent_by_a_module_itself(text: str, why: str, tmp_path: Path) -> None:
    assert obstacle(text, tmp_path) == why
