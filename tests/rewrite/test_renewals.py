"""What holds a run or its id where outputs are sent for it, and which of that is given the response that is next."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = """\
from openai import OpenAI
client = OpenAI()
ASSISTANT = "asst_1"

"""
CREATE = "client.beta.threads.runs.create(thread_id=t, assistant_id=ASSISTANT)"
FETCH = "client.beta.threads.runs.retrieve({run}, thread_id=t)"
SEND = "client.beta.threads.runs.submit_tool_outputs({run}, thread_id=t, tool_outputs=[])"
ASK = "client.responses.create(conversation=conversation_id(t), input=[], **request_arguments(ASSISTANT))"
WAIT = f"""\
def wait(t, run_id):
    while True:
        run = {FETCH.format(run="run_id")}
        if run.status in ("completed", "failed", "requires_action"):
            return run
"""
HAND_IN = f"""\
def hand_in(t, run_id):
    {SEND.format(run="run_id")}
"""
GIVE = f"""\
def give(t, run_id):
    return {SEND.format(run="run_id")}
"""


def program(text: str, folder: Path) -> str:
    return rewritten(f"{HEAD}{text}\n", folder).text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        param(
            f"def main(t):\n    run = {CREATE}\n    run_id = run.id\n    while True:\n"
            f"        run = {FETCH.format(run='run_id')}\n        if run.status == 'requires_action':\n"
            f"            {SEND.format(run='run_id')}\n        elif run.status != 'queued':\n            return\n",
            ["        run = client.responses.retrieve(run_id)", f"            run_id = {ASK}.id"],
            id="the id that a function keeps",
        ),
        param(
            f"def main(t):\n    run_id = {CREATE}.id\n    for _ in range(9):\n"
            f"        run = {FETCH.format(run='run_id')}\n        if run.status == 'requires_action':\n"
            f"            run = {SEND.format(run='run.id')}\n",
            [f"            run = {ASK}", "            run_id = run.id"],
            id="the run under its name as well",
        ),
        param(
            f"{WAIT}{GIVE}def main(t):\n    run = {CREATE}\n    run = wait(t, run.id)\n"
            "    if run.status == 'requires_action':\n        run = give(t, run.id)\n        run = wait(t, run.id)\n"
            "    print(run.status)\n",
            ["    run = client.responses.retrieve(run_id)", f"    return {ASK}", "        run = give(t, run.id)"],
            id="a run that a function gives back",
        ),
        param(
            f"{WAIT}{GIVE}def main(t):\n    run = {CREATE}\n    run = wait(t, run.id)\n"
            "    if run.status == 'requires_action':\n        give(t, run.id)\n        run = wait(t, run.id)\n"
            "    print(run.status)\n",
            [f"    return {ASK}", "        run = give(t, run.id)"],
            id="a run that was given back and dropped",
        ),
        param(
            f"{WAIT}{HAND_IN}def main(t):\n    run = {CREATE}\n    run_id = run.id\n    run = wait(t, run_id)\n"
            "    hand_in(t, run_id)\n    run = wait(t, run_id)\n    print(run.status)\n",
            [f"    return {ASK}", "    run_id = hand_in(t, run_id).id"],
            id="a function that gave nothing back",
        ),
        param(
            f"def finish(t, run_id):\n    while True:\n        run = {FETCH.format(run='run_id')}\n"
            f"        if run.status == 'requires_action':\n            run = {SEND.format(run='run.id')}\n"
            "        elif run.status == 'completed':\n            break\n"
            f"def main(t):\n    run = {CREATE}\n    finish(t, run.id)\n    print(f'{{run.id}} of {{run.thread_id}}')\n",
            ["            run_id = run.id", "    finish(t, run.id)"],
            id="a parameter that is read again, and a caller that only shows its id",
        ),
        param(
            f"{WAIT}{HAND_IN}def main(t):\n    run = {CREATE}\n    run = wait(t, run.id)\n"
            "    if run.status == 'requires_action':\n        hand_in(t, run.id)\n    else:\n        print(wait(t, run.id))\n",
            [f"    {ASK}", "        hand_in(t, run.id)"],
            id="a run that is read in another branch alone",
        ),
        param(
            f"def begin(t):\n    run = {CREATE}\n    return run.id\n{WAIT}{GIVE}def main(t):\n    run_id = begin(t)\n"
            "    run = wait(t, run_id)\n    while run.status == 'requires_action':\n        give(t, run_id)\n"
            "        run = wait(t, run_id)\n",
            ["    return run.id", "        run_id = give(t, run_id).id"],
            id="an id that a function returns",
        ),
        param(
            f"def step(t, run_id, depth):\n    run = {FETCH.format(run='run_id')}\n    if run.status == 'requires_action':\n"
            f"        {SEND.format(run='run_id')}\n        return step(t, run_id, depth + 1)\n    return run\n"
            f"def main(t):\n    run = {CREATE}\n    run = step(t, run.id, 0)\n    print(run.status)\n",
            [f"        run_id = {ASK}.id", "    run = step(t, run.id, 0)"],
            id="a function that goes on by itself",
        ),
    ],
)
def test_names_that_are_given_the_next_run(text: str, lines: list[str], tmp_path: Path) -> None:
    shown = program(f"{text}main('thread_1')\n", tmp_path)
    on_one_line = ast.unparse(ast.parse(shown)).splitlines()
    assert [line for line in lines if line not in on_one_line] == [], shown
    assert "threads(client)" not in shown


@pytest.mark.parametrize(
    "text",
    [
        param(
            f"{WAIT}def hand_in(t, run_id):\n    if t:\n        {SEND.format(run='run_id')}\n"
            f"def main(t):\n    run = {CREATE}\n    hand_in(t, run.id)\n    run = wait(t, run.id)\n",
            id="a function that gives nothing back at times",
        ),
        param(
            f"{WAIT}{HAND_IN}def main(t):\n    run = {CREATE}\n    while hand_in(t, run.id) is None:\n        wait(t, run.id)\n",
            id="no statement of its own",
        ),
        param(
            f"{WAIT}{HAND_IN}def main(t):\n    run = {CREATE}\n    kept = [run.id]\n    hand_in(t, run.id)\n    wait(t, kept[0])\n",
            id="an id in a list",
        ),
        param(
            f"{WAIT}{HAND_IN}class Desk:\n    def main(self, t):\n        run = {CREATE}\n        self.run_id = run.id\n"
            "        hand_in(t, run.id)\n        wait(t, self.run_id)\ndef main(t):\n    Desk().main(t)\n",
            id="an id in an attribute",
        ),
        param(
            f"{WAIT}{HAND_IN}def main(t):\n    run = {CREATE}\n    first = run\n    run = {CREATE}\n"
            "    hand_in(t, run.id)\n    wait(t, first.id)\n    wait(t, run.id)\n",
            id="two runs under one name",
        ),
        param(
            f"{WAIT}import threading\ndef hand_in(t, run_id):\n    {SEND.format(run='run_id')}\n"
            f"def main(t):\n    run = {CREATE}\n    threading.Thread(target=hand_in, args=(t, run.id)).start()\n    wait(t, run.id)\n",
            id="a function that a thread calls",
        ),
    ],
)
def test_runs_that_something_would_keep_stay_runs(text: str, tmp_path: Path) -> None:
    assert "threads(client).runs.submit_tool_outputs(" in program(f"{text}main('thread_1')\n", tmp_path)
