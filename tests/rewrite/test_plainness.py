"""Which runs can be plain responses, and what is said of those that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.plainness.plain_runs import PlainRuns
from tests.rewrite.flows_of import flows_of

param = pytest.param

POLL = "run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id=a)\n"
START = "run = client.beta.threads.runs.create(thread_id=t, assistant_id=a)\n"
WAIT = "while run.status != 'completed':\n    run = client.beta.threads.runs.retrieve(thread_id=t, run_id=run.id)\n"
NAMED = (
    "while (now := client.beta.threads.runs.retrieve(thread_id=t, run_id=run.id)).status != 'completed':\n    pass\n"
)
BEGIN = "run = client.beta.threads.create_and_run_poll(assistant_id=a, thread={})\n"
LISTING = "client.beta.threads.messages.list(t)"
REFUSED = """\
import openai
try:
    client.beta.threads.messages.create(t, role='user', content='x')
    {}
except {}:
    print('later')
"""
SUBMIT = "client.beta.threads.runs.submit_tool_outputs_and_poll(thread_id=t, run_id=run.id, tool_outputs={})\n"


def obstacle(body: str, folder: Path) -> str:
    """Why the runs of a function with this body, given `t` and `a`, cannot be plain; nothing where they can."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    text = f"from openai import OpenAI\nclient = OpenAI()\n\ndef ask(t, a, given):\n{lines}"
    flows, inference = flows_of(text, folder)
    assert flows
    return "\n".join(filter(None, (PlainRuns(flow, inference).obstacle for flow in flows)))


@pytest.mark.parametrize(
    "body",
    [
        param(POLL + "print(run.status)", id="status"),
        param(
            f"def count():\n    return len({LISTING}.data)\n{START}{WAIT}print(count())",
            id="messages listed afterwards",
        ),
        param(POLL + "print(run.usage.total_tokens)", id="tokens"),
        param(POLL + "print(run.usage.total_tokens if run.usage else 0)", id="tokens, if there are any"),
        param(POLL + "used = run.usage\nif used is not None: print(used.prompt_tokens)", id="tokens of a variable"),
        param(POLL.replace("a)", "a, additional_messages=[{'role': 'user', 'content': t}])"), id="messages of the run"),
        param(POLL.replace("a)", "a, truncation_strategy={'type': 'auto'})"), id="truncation that runs have"),
        param(BEGIN.format("{'messages': [{'role': 'user', 'content': t}]}") + "print(run.status)", id="own thread"),
        param(POLL + "print('run', run)", id="run shown"),
        param(POLL + "print(run.required_action)", id="action shown"),
        param(POLL.replace("a)", "given())") + SUBMIT.format("[]"), id="outputs for settings that the response tells"),
        param(POLL + "import json\nprint(json.dumps(json.loads(run.model_dump_json()), indent=2))", id="run dumped"),
        param("def show(x):\n    print(f'<{x}>')\n" + POLL + "show(run)", id="run shown by a function"),
        param(START + "print(run.id)\n" + WAIT + "print(run.status)", id="status after waiting"),
        param(POLL + "if run.last_error: print(run.last_error.message)", id="error"),
        param(POLL + "if run is not None: print(run.id)", id="id is shown"),
        param(POLL + "return run.metadata", id="metadata"),
        param(POLL + f"for m in {LISTING}: print(m.role)", id="messages"),
        param(POLL + f"print({LISTING}.data[0].content[0].text.value)", id="newest message"),
        param("client.beta.threads.messages.create(t, role='user', content='x')\n" + POLL, id="message before"),
        param(
            "m = client.beta.threads.messages.create(t, role='user', content='x')\nprint(m)\n" + POLL, id="message used"
        ),
        param(POLL + f"print({LISTING[:-1]}, run_id=run.id).data[0].content[0].text.annotations)", id="listed by run"),
        param(
            POLL
            + "run = "
            + SUBMIT.format("[]")
            + f"print({LISTING[:-1]}, run_id=run.id).data[0].content[0].text.value)",
            id="newest message of a run of several responses",
        ),
        param(POLL + "print(client.beta.threads.runs.steps.list(run.id, thread_id=t))", id="steps"),
        param(POLL.replace("a)", "a, temperature=1, metadata={'k': 'v'})"), id="settings"),
        param(POLL + "print(run.last_error)", id="error shown whole"),
        param(
            "client.beta.threads.messages.create(t, role='user', content='x', file_ids=given)\n" + POLL,
            id="files of a message",
        ),
        param(POLL + "run.status = given.status\nprint(run.status)", id="status set"),
        param(
            POLL + "def answer(call):\n    return {'tool_call_id': call.id, 'output': call.function.name}\n"
            "outputs = list(pool.map(answer, run.required_action.submit_tool_outputs.tool_calls))\n"
            "run = " + SUBMIT.format("outputs"),
            id="calls answered by an executor",
        ),
        param(POLL + "given.run = run.id", id="id kept for nobody to ask"),
        param(START + WAIT + "given.update({'run': run.id})", id="id kept after waiting"),
        param(POLL + "if run.completed_at: print('done')", id="time of completion asked"),
        param(
            START
            + WAIT
            + "    if given > 9:\n        client.beta.threads.runs.cancel(run.id, thread_id=t)\n        break\n",
            id="given up",
        ),
        param(POLL + "raise OSError(f'failed: {run.last_error}')", id="error in a text"),
        param(POLL + "if run.status == 'failed': print(run.error)", id="what no run had shown"),
        param(
            POLL + "calls = run.required_action.submit_tool_outputs.tool_calls\n"
            "outputs = [{'tool_call_id': c.id, 'output': c.function.name} for c in calls]\n"
            "run = " + SUBMIT.format("outputs"),
            id="tool outputs",
        ),
        param(REFUSED.format(POLL.strip(), "openai.BadRequestError"), id="a refused turn, run and all"),
        param(REFUSED.format("pass", "Exception") + POLL, id="a turn that fails in any way"),
    ],
)
def test_plain(body: str, tmp_path: Path) -> None:
    assert obstacle(body, tmp_path) == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        param(
            POLL.replace("a)", "a, additional_messages=given)"),
            "messages that cannot all be seen",
            id="messages from elsewhere",
        ),
        param(
            "given.append(" + POLL[6:-2] + ", additional_messages=[{'role': 'user', 'content': t}]))\n",
            "within another expression",
            id="messages of a run in an expression",
        ),
        param(
            POLL.replace("a)", "a, truncation_strategy={'type': 'last_messages', 'last_messages': 2})"),
            "is given truncation_strategy",
            id="last messages",
        ),
        param(BEGIN.format("given"), "a thread of which not all can be seen", id="own thread from elsewhere"),
        param(
            BEGIN.format("{'messages': []}"), "a thread of which not all can be seen", id="own thread without messages"
        ),
        param(
            BEGIN.format("{'messages': [{'role': 'user', 'content': t}], 'tool_resources': {}}"),
            "a thread of which not all can be seen",
            id="own thread with files",
        ),
        param("client.beta.threads.create()", "the flow creates no run", id="no run"),
        param(POLL + "print(run.assistant_id)", "reads run.assistant_id", id="assistant of the run"),
        param(POLL + "print(run.model)", "reads run.model", id="model, which a response names with its date"),
        param(POLL + "print(run.started_at)", "reads run.started_at", id="time of its start"),
        param(POLL + "print(run.usage)", "reads the usage", id="usage whole"),
        param(POLL + "used = run.usage\nprint(used.model_dump())", "reads the usage", id="usage dumped"),
        param(
            POLL + "print(run.usage.prompt_tokens)\nused = given or run.usage\ngiven.add(used)",
            "reads the usage",
            id="usage given away",
        ),
        param(POLL + "given.append(run.last_error)", "reads run.last_error whole", id="error kept whole"),
        param(POLL + "given.append(run.error)", "reads run.error whole", id="what no run had kept whole"),
        param(POLL + "given.append(run)", "a run leaves the code", id="run stored"),
        param(POLL + "given.log(run)", "a run leaves the code", id="run given to what may be no logger"),
        param(POLL + "text = f'{run}'\nreturn text", "a run leaves the code", id="run as a text that is kept"),
        param(POLL + "print(run.model_dump()['status'])", "reads run.model_dump", id="run dumped and read"),
        param(
            "def show(x):\n    print(x)\n    return x\n" + POLL + "given[0] = show(run)",
            "a run leaves",
            id="handed back",
        ),
        param(START + "print(run.status)\n" + WAIT, "before it was waited for", id="status before waiting"),
        param(
            START + "if run.status == 'completed': return 1\n" + WAIT, "before it was waited", id="state asked early"
        ),
        param(
            f"def count():\n    return len({LISTING}.data)\ndef show():\n    print(count())\n{START}show()\n{WAIT}",
            "messages are listed before a run was waited for",
            id="messages listed early, by a function",
        ),
        param(POLL + "return run.id", "a run's id leaves", id="id returned"),
        param(POLL + "print(run.expires_at)", "reads run.expires_at", id="time of its end"),
        param(
            POLL + "calls = run.required_action.submit_tool_outputs.tool_calls\n"
            "print([pool.submit(given, c) for c in calls])\nrun = " + SUBMIT.format("[]"),
            "a tool call leaves",
            id="a call for an executor to answer with what cannot be seen",
        ),
        param(
            POLL + "def answer(call):\n    return call.id\n"
            "calls = run.required_action.submit_tool_outputs.tool_calls\n"
            "print([functools.partial(answer, c) for c in calls])\nrun = " + SUBMIT.format("[]"),
            "a tool call leaves",
            id="a call to be answered at some time",
        ),
        param(START + "given.run = run.id", "a run's id leaves", id="id kept of a run that nobody waits for"),
        param(
            POLL + "given.run = run.id\nclient.beta.threads.runs.cancel(given.last, thread_id=t)",
            "needs a run that",
            id="id kept and asked for",
        ),
        param(
            POLL + "given.run = run.id\n" + LISTING[:-1] + ", run_id=given.last)",
            "listed by run",
            id="id kept and listed by",
        ),
        param(
            START + WAIT + "    gone = client.beta.threads.runs.cancel(run.id, thread_id=t)\n",
            "needs a run that the server",
            id="cancelled run kept",
        ),
        param(
            START
            + WAIT
            + "    if run.required_action:\n        client.beta.threads.runs.cancel(run.id, thread_id=t)\n",
            "needs a run that the server",
            id="cancelled with open calls",
        ),
        param(
            POLL + "if run.required_action:\n    run.status = 'done'\n    run = " + SUBMIT.format("[]"),
            "writes run.status",
            id="status set where calls are answered",
        ),
        param(
            POLL + "client.beta.threads.runs.cancel(run.id, thread_id=t)", "needs a run that the server", id="cancel"
        ),
        param(
            POLL + "run = " + SUBMIT.format("[]") + "client.beta.threads.runs.steps.list(run.id, thread_id=t)",
            "steps are listed of a run of several responses",
            id="steps",
        ),
        param(
            POLL + "client.beta.threads.runs.steps.list(given, thread_id=t)", "steps are listed", id="steps of an id"
        ),
        param(POLL.replace("a)", "a, include=['x'])"), "is given include", id="argument"),
        param(POLL.replace("a)", "a, **given)"), "are not all to be seen", id="spread"),
        param("runs = OpenAI().beta.threads.runs\n" + POLL.replace("client.beta.threads.", ""), "not all", id="alias"),
        param(POLL.replace("runs.create", "runs.with_raw_response.create"), "is not called plainly", id="raw response"),
        param(POLL + f"print({LISTING[:-1]}, run_id=given))", "messages are listed by run", id="listed by a run's id"),
        param(
            POLL + "run = " + SUBMIT.format("[]") + f"print({LISTING[:-1]}, run_id=run.id).data[0].role)",
            "messages are listed by run",
            id="listed by run of several responses",
        ),
        param(POLL + f"given({LISTING})", "listed messages leave", id="page handed on"),
        param(POLL + f"print([m.created_at for m in {LISTING}])", "reads message.created_at", id="message's time"),
        param(POLL + "given(run.required_action)", "a required action is used whole", id="action whole"),
        param(POLL + SUBMIT.format("[], stream=True"), "the tool outputs are streamed", id="outputs with a stream"),
        param(
            POLL + "run = client.beta.threads.runs.retrieve(given, thread_id=t)\n" + SUBMIT.format("[]"),
            "submitted to a run that is only named",
            id="retrieved by an id",
        ),
        param(
            POLL + SUBMIT.format("[]").replace("run.id", "given"),
            "submitted to a run that is only named",
            id="outputs for an id",
        ),
        param(
            POLL.replace("a)", "given(), tool_choice='required')") + SUBMIT.format("[]"),
            "where the run's own settings are not to be seen",
            id="outputs after a choice of tools, which was for the first response",
        ),
        param(
            REFUSED.format("pass", "(TypeError, openai.BadRequestError)") + POLL,
            "expects that messages are refused",
            id="a refused turn",
        ),
    ],
)
def test_obstacle(body: str, why: str, tmp_path: Path) -> None:
    assert why in obstacle(body, tmp_path)


LINES = """from openai import OpenAI
client = OpenAI()
run = client.beta.threads.runs.create_and_poll(thread_id="t", assistant_id="a")
STEPS
if run.required_action:
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(run.id, thread_id="t", tool_outputs=[])
"""
STEPS = "print(client.beta.threads.runs.steps.list(run.id, thread_id='t'))"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LINES.replace("STEPS", STEPS), ""),
        (LINES.replace("STEPS\n", "") + STEPS, "steps are listed of a run of several responses"),
        (LINES.replace("STEPS", f"def show():\n    {STEPS}"), "steps are listed of a run of several responses"),
        (LINES.replace("STEPS", f"for _ in '12':\n    {STEPS}"), "steps are listed of a run of several responses"),
    ],
    ids=["before", "after", "in a function", "in a loop"],
)
def test_steps_are_those_of_one_response_before_any_outputs(text: str, why: str, tmp_path: Path) -> None:
    flows, inference = flows_of(text, tmp_path)
    assert PlainRuns(flows[0], inference).obstacle == why


@pytest.mark.parametrize(
    "written",
    [
        "run.status += '!'",
        "run.status = given.status = 'done'",
        "del run.status",
        "run.status, x = 'done', 1",
        "for run.status in 'ab': pass",
    ],
)
def test_a_run_that_is_written_to_is_no_plain_response(written: str, tmp_path: Path) -> None:
    assert obstacle(f"{POLL}{written}\nprint(run.status)", tmp_path) == "the program writes run.status"
