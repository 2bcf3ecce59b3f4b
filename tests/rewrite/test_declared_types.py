"""Lines of a class that declare what its instances hold say what these hold after the rewrite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

PROGRAM = """\
from dataclasses import dataclass
from typing import Any, Optional

from openai import OpenAI
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import Run

client = OpenAI()


class Base:
    assistant: Assistant
    run: Optional[Run] = None
    other: Run


class Chat(Base):
    thread: Thread

    def __init__(self) -> None:
        self.assistant = client.beta.assistants.create(model="gpt-4o", instructions="Hold.")
        self.thread = client.beta.threads.create()

    def ask(self, text: str) -> str:
        client.beta.threads.messages.create(thread_id=self.thread.id, role="user", content=text)
        self.run = client.beta.threads.runs.create_and_poll(
            thread_id=self.thread.id, assistant_id=self.assistant.id
        )
        return self.run.status


@dataclass
class Job:
    thread: Optional[Thread] = None
    run: "Run | None" = None


job = Job()
job.thread = client.beta.threads.create()
print(Chat().ask("Hello"), job.thread.id)
"""


@pytest.mark.parametrize(
    ("declared", "after"),
    [
        ("    assistant: Assistant\n", "    assistant: dict[str, Any]\n"),
        ("    run: Optional[Run] = None\n", "    run: Optional[Response] = None\n"),
        ("    thread: Thread\n\n    def", "    thread: Conversation\n\n    def"),
        ("    thread: Optional[Thread] = None\n", "    thread: Optional[Conversation] = None\n"),
        ("        self.assistant = client", '        self.assistant = {"model"'),
    ],
    ids=["an assistant", "a run, in a base class", "a thread", "a field of a dataclass", "said once"],
)
def test_the_new_type_is_declared(declared: str, after: str, tmp_path: Path) -> None:
    text = rewritten(PROGRAM, tmp_path).text
    assert declared in PROGRAM
    assert declared not in text
    assert after in text


@pytest.mark.parametrize("declared", ["    other: Run\n", '    run: "Run | None" = None\n'])
def test_what_no_run_is_put_into_stays(declared: str, tmp_path: Path) -> None:
    assert declared in rewritten(PROGRAM, tmp_path).text
