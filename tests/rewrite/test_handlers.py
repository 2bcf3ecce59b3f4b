"""Event handlers that become loops, and why others keep their events through the support module."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from assist2resp.rewrite.plainness.plain_runs import PlainRuns
from tests.rewrite.flows_of import flows_of
from tests.rewrite.one_file import rewritten

param = pytest.param
PROGRAM = """\
from openai import AssistantEventHandler, OpenAI
client = OpenAI()
class Handler(AssistantEventHandler):
{methods}
{before}
with client.beta.threads.runs.stream(
    thread_id="thread_abc", assistant_id="asst_abc", event_handler={given}
) as stream:
    {wait}
{after}
"""
FAILED = "    if event.event == 'thread.run.failed':\n        print(event.data.last_error.message)"
ACTION = "    if event.event == 'thread.run.requires_action':\n        print(event.data.id)"
ANSWERS = """\
def on_event(self, event):
    if event.event == 'thread.run.requires_action':
        self.answer(event.data.required_action.submit_tool_outputs.tool_calls, event.data.id)
def answer(self, calls, run_id):
    outputs = [{"tool_call_id": call.id, "output": call.function.name} for call in calls]
    with client.beta.threads.runs.submit_tool_outputs_stream(
        thread_id="thread_abc", run_id=run_id, tool_outputs=outputs, event_handler=Handler()
    ) as stream:
        stream.until_done()"""
SHOWN = "    if event.event == 'thread.run.failed':\n        print(event)"
INIT = "def __init__(self):\n    self.n = 0\n    AssistantEventHandler.__init__(self)\n"
TEXT = "def on_text_delta(self, delta, snapshot):\n    print(delta.value, end='')"


def program(
    methods: str, *, before: str = "", given: str = "Handler()", wait: str = "stream.until_done()", after: str = ""
) -> str:
    return PROGRAM.format(methods=indent(methods, "    "), before=before, given=given, wait=wait, after=after)


def obstacle(text: str, folder: Path) -> str:
    flows, inference = flows_of(text, folder)
    return PlainRuns(flows[0], inference).obstacle.rpartition(": ")[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        param(program(TEXT), "", id="text"),
        param(program(TEXT, given="handler", before="handler = Handler()"), "", id="in a variable"),
        param(program(TEXT.replace("value", "annotations")), "reads delta.annotations of an event", id="annotations"),
        param(
            program("def on_text_done(self, text):\n    print(text.annotations[0].file_citation)"),
            "",
            id="citations of a text",
        ),
        param(
            program("def on_message_done(self, message):\n    print(message.content[0].text.annotations)"),
            "",
            id="citations of a message",
        ),
        param(
            program("def on_text_done(self, text):\n    print([a.file_path for a in text.annotations])"),
            "reads which files of code a text cites",
            id="files that code wrote",
        ),
        param(program(TEXT.replace("delta.value", "delta")), "reads delta of an event", id="whole delta"),
        param(program(TEXT.replace("delta.value", "snapshot.value")), "reads snapshot.value", id="snapshot"),
        param(program(TEXT + "\n    self.keep(snapshot)"), "reads snapshot of an event", id="snapshot kept"),
        param(
            program("def on_event(self, event):\n    print(event.event)"), "at events of every kind", id="every event"
        ),
        param(program("def on_event(self, event):\n" + FAILED), "", id="events told apart"),
        param(program("def on_event(self, event):\n" + FAILED + "\n        return"), "leaves the event", id="returns"),
        param(program("def on_event(self, event):\n" + ACTION), "", id="required action"),
        param(
            program(
                "def on_event(self, event):\n"
                + ACTION.replace("==", "in").replace("'thread", "('thread").replace("':", "',):")
            ),
            "told apart in another way",
            id="required action among others",
        ),
        param(
            program("def on_event(self, event):\n" + ACTION.replace("event.data.id", "event.data.model")),
            "reads run.model",
            id="more of a run that waits",
        ),
        param(program(ANSWERS), "", id="outputs"),
        param(
            program(ANSWERS.replace("run_id=run_id", "run_id=self.current_run.id")),
            "",
            id="outputs for the current run",
        ),
        param(
            program(ANSWERS + "\ndef on_end(self):\n    print(self.current_run)"),
            "reads self.current_run",
            id="run kept",
        ),
        param(
            program(ANSWERS.replace("requires_action", "completed")),
            "reads data.required_action",
            id="outputs for another event",
        ),
        param(program("def on_tool_call_done(self, tool_call):\n    print(1)"), "has on_tool_call_done", id="done"),
        param(program("def on_run_step_done(self, run_step):\n    print(1)"), "has on_run_step_done", id="steps"),
        param(program("def on_text_delta(self, *rest):\n    print(rest)"), "takes other arguments", id="starred"),
        param(program("@log\n" + TEXT), "on_text_delta of its handler is decorated", id="decorated"),
        param(program(TEXT + "\n    print(self.current_run.id)"), "reads self.current_run", id="current run"),
        param(program(TEXT + "\n    self.close()"), "reads self.close", id="close"),
        param(program(TEXT + "\n    super().on_text_delta(delta, snapshot)"), "", id="super"),
        param(program(INIT + TEXT), "", id="base by its name"),
        param(program("def on_event(self, event):\n" + SHOWN), "", id="failure shown whole"),
        param(program("def on_event(self, event):\n" + SHOWN.replace("failed", "completed")), "the event", id="shown"),
        param(program(TEXT + "\n    print(super().current_event)"), "goes on in the base class", id="super's own"),
        param(program(TEXT, after="Handler().on_text_delta(1, 2)"), "callbacks of its handler are called", id="called"),
        param(program(TEXT, after="app.on_event('startup')(main)"), "", id="somebody else's on_event"),
        param(program(TEXT, after="use(Handler)"), "class is used as a value", id="class as value"),
        param(program(TEXT, after="class Other(Handler):\n    pass"), "has subclasses", id="subclass"),
        param(
            program(TEXT, given="handler", before="handler = Handler()\nuse(handler)"), "goes where", id="given away"
        ),
        param(program(TEXT, given="make()"), "a handler that cannot be seen", id="unknown"),
        param(program(TEXT, wait="for event in stream: print(event)"), "at events of every kind", id="read as well"),
        param(program(TEXT, wait="for text in stream.text_deltas: print(text)"), "reads them as well", id="texts too"),
        param(program(TEXT, wait="print(stream.get_final_run().status)"), "reads get_final_run", id="final run"),
        param(program("def other(self):\n    pass"), "does nothing at an event", id="no callback"),
        param(
            program("def on_tool_call_delta(self, delta, snapshot):\n    print(delta.type)"),
            "tells tools apart in another way",
            id="any tool",
        ),
        param(
            program(
                "def on_tool_call_delta(self, delta, snapshot):\n"
                "    if delta.type == 'code_interpreter':\n"
                "        print(delta.code_interpreter.input, delta.code_interpreter.outputs)"
            ),
            "reads code and its outputs together",
            id="code and outputs",
        ),
        param(
            program(
                "def on_tool_call_delta(self, delta, snapshot):\n"
                "    if delta.type == 'code_interpreter':\n"
                "        for output in delta.code_interpreter.outputs or []:\n"
                "            print(output.image.file_id)"
            ),
            "reads images",
            id="images",
        ),
    ],
)
def test_why_a_handler_stays(text: str, reason: str, tmp_path: Path) -> None:
    found = obstacle(text, tmp_path)
    assert reason in found
    assert bool(reason) == bool(found)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        param(program(TEXT), False, id="fits into the loop"),
        param(program(TEXT, given="handler", before="handler = Handler()"), True, id="in a variable"),
        param(program(TEXT + "\n    self.last = 1"), True, id="keeps something"),
        param(program(TEXT + "\n    print(self.shown)\nshown = 'x'"), True, id="of the class"),
        param(program(TEXT + "\n    if delta.value == '.':\n        return"), True, id="returns"),
        param(program(TEXT + "\n    piece = delta.value\n    print(piece)"), False, id="own variable"),
        param(program(TEXT + "\n    piece = 1", before="piece = 2"), True, id="variable of both"),
        param(program("def __init__(self):\n    super().__init__()\n" + TEXT), False, id="empty constructor"),
        param(program("def __init__(self, n):\n    super().__init__()\n" + TEXT, given="Handler(1)"), True, id="made"),
        param(program(TEXT, before="other = Handler()"), True, id="made twice"),
    ],
)
def test_when_the_class_stays(text: str, kept: bool, tmp_path: Path) -> None:
    result = rewritten(text, tmp_path)
    assert "A2R310" in result.codes
    assert ("class Handler:" in result.text) == kept
    assert "AssistantEventHandler" not in result.text
    compile(result.text, "main.py", "exec")


def test_what_is_done_at_every_event_comes_first(tmp_path: Path) -> None:
    methods = TEXT + "\ndef on_event(self, event):\n" + FAILED + "\n    super().on_event(event)"
    text = rewritten(program(methods), tmp_path).text
    assert text.index("if event.type == 'response.failed'") < text.index(
        'if event.type == "response.output_text.delta"'
    )
    assert "super()" not in text


def test_quotes_fit_into_formatted_strings(tmp_path: Path) -> None:
    method = "def on_tool_call_created(self, tool_call):\n    print(f\"{tool_call.type}\", f'{tool_call.type}')"
    text = rewritten(program(method), tmp_path).text
    assert """print(f"{event.item.type.removesuffix('_call')}", f'{event.item.type.removesuffix("_call")}')""" in text


def test_types_of_tools_are_compared_as_types_of_items(tmp_path: Path) -> None:
    method = (
        "def on_tool_call_created(self, tool_call):\n"
        "    if tool_call.type == 'function':\n"
        "        print(tool_call.function.name)"
    )
    text = rewritten(program(method), tmp_path).text
    assert "if event.item.type == 'function_call':" in text
    assert "print(event.item.name)" in text


def test_comments_stay(tmp_path: Path) -> None:
    text = rewritten(program("# one\n# two\n" + TEXT, wait="stream.until_done()  # three"), tmp_path).text
    assert 'if event.type == "response.output_text.delta":  # one two\n' in text
    assert "# three\n    for event in stream:" in text


TWO = """\
def on_event(self, event):
    if event.event == 'thread.run.requires_action':
        outputs = [
            {"tool_call_id": call.id, "output": call.function.name}
            for call in event.data.required_action.submit_tool_outputs.tool_calls
        ]
        with client.beta.threads.runs.submit_tool_outputs_stream(
            thread_id="thread_abc", run_id=event.data.id, tool_outputs=outputs, event_handler=Handler()
        ) as stream:
            stream.until_done()
    elif event.event == 'thread.run.failed':
        print(event.data.last_error.message)"""


NAMED = (("stream_event", 20), ("event", 8))


@pytest.mark.parametrize("callbacks", [TWO, f"{TEXT}\n{TWO}"], ids=["alone", "before others"])
def test_a_loop_inside_a_handler_keeps_the_event_of_its_own(callbacks: str, tmp_path: Path) -> None:
    text = rewritten(program(callbacks), tmp_path).text
    inner, outer = (f"for {name} in stream:\n{' ' * depth}handler.on_event({name})" for name, depth in NAMED)
    assert inner in text
    assert outer in text


def test_a_variable_that_holds_a_stream_and_other_things(tmp_path: Path) -> None:
    text = (
        "from openai import OpenAI\nclient = OpenAI()\ndef show(t, a, chat):\n    if chat:\n"
        "        stream = client.chat.completions.create(model='gpt-5', messages=[], stream=True)\n"
        "        for chunk in stream:\n            print(chunk.choices[0].delta.content)\n        return\n"
        "    stream = client.beta.threads.runs.create(thread_id=t, assistant_id=a, stream=True)\n"
        "    for event in stream:\n        if event.event == 'thread.message.delta':\n"
        "            print(event.data.delta.content[0].text.value)\n"
    )
    assert "print(event.delta)" in rewritten(text, tmp_path).text


def test_a_variable_that_may_hold_another_stream_stays(tmp_path: Path) -> None:
    text = (
        "from openai import OpenAI\nclient = OpenAI()\ndef show(t, a, given):\n    stream = given\n    if t:\n"
        "        stream = client.beta.threads.runs.create(thread_id=t, assistant_id=a, stream=True)\n"
        "    for event in stream:\n        if event.event == 'thread.message.delta':\n"
        "            print(event.data.delta.content[0].text.value)\n"
    )
    assert "threads(client)" in rewritten(text, tmp_path).text
