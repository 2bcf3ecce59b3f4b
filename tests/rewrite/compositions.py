"""Programs composed of the forms in which people use the Assistants API, to state what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import product
from textwrap import indent

ASSISTANTS = {
    "made": ["{assistant} = {client}.beta.assistants.create(model='gpt-4o', instructions='Be brief.')"],
    "told": [
        "{assistant} = {client}.beta.assistants.create(",
        "    name='Tutor',",
        "    model='gpt-4o-mini',",
        "    instructions='Be brief.',  # and kind",
        "    temperature=0.2,",
        ")",
    ],
    "shown": [
        "{assistant} = {client}.beta.assistants.create(model='gpt-4o', name='Tutor')",
        "print({assistant}.name, {assistant}.model)",
    ],
    "armed": [
        "{assistant} = {client}.beta.assistants.create(",
        "    model='gpt-4o',",
        "    tools=[",
        "        {{'type': 'function', 'function': {{'name': 'get_weather', 'parameters': {{",
        "            'type': 'object', 'properties': {{'city': {{'type': 'string'}}}},",
        "        }}}}}},",
        "    ],",
        ")",
    ],
}
MESSAGES = {
    "before": [
        "{thread} = {client}.beta.threads.create()",
        "{client}.beta.threads.messages.create(thread_id={thread}.id, role='user', content={question})",
    ],
    "first": ["{thread} = {client}.beta.threads.create(messages=[{{'role': 'user', 'content': {question}}}])"],
    "twice": [
        "{thread} = {client}.beta.threads.create(metadata={{'topic': 'tests'}})",
        "for {text} in ('My name is Ada.', {question}):",
        "    {client}.beta.threads.messages.create({thread}.id, role='user', content={text})",
    ],
    "parts": [
        "{thread} = {client}.beta.threads.create()",
        "{client}.beta.threads.messages.create(",
        "    thread_id={thread}.id,",
        "    role='user',",
        "    content=[{{'type': 'text', 'text': {question}}}],",
        ")",
    ],
}
_CREATE = "{run} = {client}.beta.threads.runs.create(thread_id={thread}.id, assistant_id={assistant}.id)"
_RETRIEVE = "{run} = {client}.beta.threads.runs.retrieve(thread_id={thread}.id, run_id={run}.id)"
WAITS = {
    "poll": ["{run} = {client}.beta.threads.runs.create_and_poll(thread_id={thread}.id, assistant_id={assistant}.id)"],
    "while": [
        _CREATE,
        "while {run}.status in ('queued', 'in_progress'):",
        "    {sleep}",
        f"    {_RETRIEVE}",
    ],
    "until": [
        _CREATE,
        "while True:",
        f"    {_RETRIEVE}",
        "    if {run}.status == 'completed':",
        "        break",
        "    elif {run}.status in ('failed', 'expired'):",
        "        raise RuntimeError({run}.status)",
        "    {sleep}",
    ],
    "rounds": [
        _CREATE,
        "for _ in range(500):",
        f"    {_RETRIEVE}",
        "    if {run}.status == 'completed':",
        "        break",
        "    {sleep}",
        "else:",
        "    raise TimeoutError('no answer')",
    ],
    "tools": [
        "{run} = {client}.beta.threads.runs.create_and_poll(thread_id={thread}.id, assistant_id={assistant}.id)",
        "while {run}.status == 'requires_action':",
        "    {outputs} = []",
        "    for {call} in {run}.required_action.submit_tool_outputs.tool_calls:",
        "        print({call}.function.name, json.loads({call}.function.arguments))",
        "        {outputs}.append({{'tool_call_id': {call}.id, 'output': 'mild'}})",
        "    {run} = {client}.beta.threads.runs.submit_tool_outputs_and_poll(",
        "        thread_id={thread}.id, run_id={run}.id, tool_outputs={outputs}",
        "    )",
    ],
}
READINGS = {
    "direct": ["print({client}.beta.threads.messages.list(thread_id={thread}.id).data[0].content[0].text.value)"],
    "page": [
        "{page} = {client}.beta.threads.messages.list(thread_id={thread}.id)",
        "print({page}.data[0].content[0].text.value)",
    ],
    "status": ["print({run}.status)"],
    "all": [
        "for {text} in {client}.beta.threads.messages.list(thread_id={thread}.id, order='asc'):",
        "    print({text}.role, {text}.content[0].text.value)",
    ],
    "own": [
        "{page} = {client}.beta.threads.messages.list(thread_id={thread}.id, run_id={run}.id)",
        "print([{text}.role for {text} in {page}.data])",
    ],
    "usage": ["print({run}.usage is not None, {run}.assistant_id == {assistant}.id)"],
}
LAYOUTS = ("flat", "function", "class", "async", "modules")
NAMES = ("client", "assistant", "thread", "run", "page", "text", "outputs", "call", "ask", "question")
PLAIN_NAMES = {name: name for name in NAMES}
OTHER_NAMES = {
    "client": "api",
    "assistant": "tutor",
    "thread": "talk",
    "run": "answer",
    "page": "history",
    "text": "line",
    "outputs": "results",
    "call": "wish",
    "ask": "chat",
    "question": "words",
}


@dataclass(frozen=True)
class Composition:
    """A choice of one form for each thing that a program does, and the way it is laid out."""

    assistant: str = "made"
    message: str = "before"
    wait: str = "poll"
    reading: str = "direct"
    layout: str = "flat"
    thread_first: bool = False
    names: dict[str, str] = field(default_factory=lambda: PLAIN_NAMES, hash=False)

    def __str__(self) -> str:
        order = "-thread-first" if self.thread_first else ""
        return f"{self.assistant}-{self.message}-{self.wait}-{self.reading}-{self.layout}{order}"

    def laid_out(self, layout: str) -> Composition:
        return replace(self, layout=layout)

    @property
    def files(self) -> dict[str, str]:
        """The program's files."""
        return {"flat": _flat, "function": _function, "class": _class, "async": _async, "modules": _modules}[
            self.layout
        ](self)

    def lines(self, *parts: str, client: str = "", **names: str) -> str:
        """The statements of some of the parts, with the names of this program."""
        tables = {"assistant": ASSISTANTS, "message": MESSAGES, "wait": WAITS, "reading": READINGS}
        chosen = [line for part in parts for line in tables[part][getattr(self, part)]]
        words = {**self.names, "client": client or self.names["client"], "sleep": "time.sleep(0.01)", **names}
        return "".join(f"{line.format(**words)}\n" for line in chosen)


QUESTION = "'What is the weather in Rome?'"
_IMPORTS = "import asyncio\nimport json\nimport time\n\n"


def compositions() -> list[Composition]:
    """All that make sense: tool calls are answered exactly where the assistant has tools."""
    every = product(ASSISTANTS, MESSAGES, WAITS, READINGS, LAYOUTS)
    return [Composition(*choice) for choice in every if (choice[0] == "armed") == (choice[2] == "tools")]


def _flat(program: Composition) -> dict[str, str]:
    parts = ["assistant", "message"]
    if program.thread_first:
        parts.reverse()
    body = program.lines(*parts, "wait", "reading", question=QUESTION)
    return {"main.py": f"{_IMPORTS}from openai import OpenAI\n\n{program.names['client']} = OpenAI()\n{body}"}


def _function(program: Composition) -> dict[str, str]:
    names = program.names
    body = indent(program.lines("message", "wait", "reading"), "    ")
    return {
        "main.py": f"{_IMPORTS}from openai import OpenAI\n\n{names['client']} = OpenAI()\n{program.lines('assistant')}\n\n"
        f"def {names['ask']}({names['question']}):\n{body}\n\n{names['ask']}({QUESTION})\n"
    }


def _class(program: Composition) -> dict[str, str]:
    names = program.names
    own = f"self.{names['assistant']}"
    setup = program.lines("assistant", client="self.client", assistant=own)
    body = program.lines("message", "wait", "reading", client="self.client", assistant=own)
    return {
        "main.py": f"{_IMPORTS}from openai import OpenAI\n\n\nclass Bot:\n    def __init__(self):\n"
        f"        self.client = OpenAI()\n{indent(setup, ' ' * 8)}\n"
        f"    def {names['ask']}(self, {names['question']}):\n{indent(body, ' ' * 8)}\n\n"
        f"Bot().{names['ask']}({QUESTION})\n"
    }


def _async(program: Composition) -> dict[str, str]:
    client = f"await {program.names['client']}"
    body = program.lines(
        "assistant", "message", "wait", "reading", client=client, question=QUESTION, sleep="await asyncio.sleep(0.01)"
    )
    listing = f"{client}.beta.threads.messages.list("
    body = body.replace(f"in {listing}", f"in {listing.removeprefix('await ')}")
    body = body.replace(
        f"print({listing}thread_id={program.names['thread']}.id)",
        f"print(({listing}thread_id={program.names['thread']}.id))",
    )
    body = body.replace(
        f"for {program.names['text']} in {listing.removeprefix('await ')}",
        f"async for {program.names['text']} in {listing.removeprefix('await ')}",
    )
    return {
        "main.py": f"{_IMPORTS}from openai import AsyncOpenAI\n\n\nasync def main():\n"
        f"    {program.names['client']} = AsyncOpenAI()\n{indent(body, '    ')}\n\nasyncio.run(main())\n"
    }


def _modules(program: Composition) -> dict[str, str]:
    names = program.names
    body = indent(program.lines("message", "wait", "reading"), "    ")
    shared = f"{names['client']}, {names['assistant']}"
    return {
        "setup_client.py": f"from openai import OpenAI\n\n{names['client']} = OpenAI()\n{program.lines('assistant')}",
        "talking.py": f"{_IMPORTS}from setup_client import {shared}\n\n\ndef {names['ask']}({names['question']}):\n{body}",
        "main.py": f"from talking import {names['ask']}\n\n{names['ask']}({QUESTION})\n",
    }


def without_the_api(program: Composition, importing: Callable[[str], str]) -> dict[str, str]:
    """The same program with a client of somebody else."""
    return {name: importing(text) for name, text in program.files.items()}


LOOK_ALIKES: dict[str, Callable[[str], str]] = {
    "other package": lambda text: text.replace("from openai import", "from fairy_sdk import"),
    "own class": lambda text: text.replace("from openai import OpenAI", "class OpenAI:\n    beta = None").replace(
        "from openai import AsyncOpenAI", "class AsyncOpenAI:\n    beta = None"
    ),
    "migrated": lambda text: text.replace(".beta.threads.", ".conversations.").replace(".beta.", ".responses."),
}


def names_of(programs: Iterable[Composition]) -> list[str]:
    return [str(program) for program in programs]
