"""When assistants become configuration in code, and what the names of their ids become."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

START = """\
from openai import OpenAI

client = OpenAI()
"""
ASK = """

def ask(thread, {name}):
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id={name})
    return run.status


thread = client.beta.threads.create()
"""
LEFT = {
    "an id that is shown": """
assistant = client.beta.assistants.create(model="gpt-4o")
print(assistant.id)
print(ask(thread, assistant.id))
""",
    "an id from elsewhere at times": """
import os

def made():
    return client.beta.assistants.create(model="gpt-4o").id

print(ask(thread, os.environ.get("ASSISTANT") or made()))
""",
    "an id that is written out at times": """
assistant_id = "asst_abc"
if client.api_key:
    assistant_id = client.beta.assistants.create(model="gpt-4o").id
print(ask(thread, assistant_id))
""",
    "a store that is added again and again": """
assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}, {"type": "file_search"}])
for store in ("vs_1", "vs_2"):
    client.beta.assistants.update(assistant.id, tool_resources={"file_search": {"vector_store_ids": [store]}})
print(ask(thread, assistant.id))
""",
    "a name that changes": """
assistant = client.beta.assistants.create(model="gpt-4o", name="Ada")
print(assistant.name, ask(thread, assistant.id))
client.beta.assistants.update(assistant.id, name="Bob")
print(assistant.name)
""",
    "a name that may break its quotes": """
assistant = client.beta.assistants.create(model="gpt-4o", name="Ada's")
print(assistant.name, ask(thread, assistant.id))
""",
    "one of two names": """
assistant = client.beta.assistants.create(model="gpt-4o", name="Ada")
if thread:
    assistant = client.beta.assistants.create(model="gpt-4o", name="Bob")
print(assistant.name, ask(thread, assistant.id))
""",
    "the answer to a deletion": """
assistant = client.beta.assistants.create(model="gpt-4o")
print(ask(thread, assistant.id))
gone = client.beta.assistants.delete(assistant.id)
print(gone.deleted)
""",
    "a setting that it may not have": """
assistant = client.beta.assistants.create(model="gpt-4o")
print(assistant.instructions, ask(thread, assistant.id))
""",
    "instructions that may not be added": """
def hinted(thread, key, hint=None):
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=key, additional_instructions=hint
    )
    return run.status

assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be kind.")
print(hinted(thread, assistant.id), ask(thread, assistant.id))
""",
    "an assistant whose type is asked for": """
from openai.types.beta import Assistant

assistant = client.beta.assistants.create(model="gpt-4o")
print(isinstance(thread, Assistant), ask(thread, assistant.id))
""",
    "an update of what is not told": """
def change(**settings):
    client.beta.assistants.update(assistant.id, **settings)

assistant = client.beta.assistants.create(model="gpt-4o")
change(model="gpt-5")
print(ask(thread, assistant.id))
""",
}


@pytest.mark.parametrize("program", [pytest.param(text, id=name) for name, text in LEFT.items()])
def test_an_assistant_stays_one_that_is_looked_up(program: str, tmp_path: Path) -> None:
    text = rewritten(START + ASK.format(name="assistant_id") + program, tmp_path).text
    assert "assistants(client).create(" in text
    assert "**request_arguments(assistant_id)" in text


NAMES = {
    "of a parameter": (
        "assistant_id",
        """
helper = client.beta.assistants.create(model="gpt-4o")
print(ask(thread, assistant_id=helper.id))
""",
        ("def ask(thread, assistant):", "**assistant", "print(ask(thread, assistant=helper))"),
    ),
    "of a parameter that a mapping may name": (
        "assistant_id",
        """
helper = client.beta.assistants.create(model="gpt-4o")
print(ask(**{"thread": thread}, assistant_id=helper.id))
""",
        ("def ask(thread, assistant_id):", "**assistant_id", "assistant_id=helper"),
    ),
    "that is taken": (
        "assistantId",
        """
def assistant():
    return client.beta.assistants.create(model="gpt-4o")

assistant_id = assistant().id
print(ask(thread, assistant_id))
""",
        ("**assistant)", "assistant_id = assistant()\n", "print(ask(thread, assistant_id))"),
    ),
    "beside the assistant's own": (
        "key",
        """
assistant = client.beta.assistants.create(model="gpt-4o")
ASSISTANT_ID = assistant.id
print(ask(thread, ASSISTANT_ID))
""",
        ("**key", "print(ask(thread, assistant))"),
    ),
}


@pytest.mark.parametrize(
    ("name", "program", "expected"), [pytest.param(*case, id=label) for label, case in NAMES.items()]
)
def test_names_of_ids_become_those_of_assistants(
    name: str, program: str, expected: tuple[str, ...], tmp_path: Path
) -> None:
    text = rewritten(START + ASK.format(name=name) + program, tmp_path).text
    assert "assistants(client)" not in text
    for line in expected:
        assert line in text


TYPED = """\
from typing import Optional

from openai import OpenAI
from openai.types.beta import Assistant

client = OpenAI()


def made() -> Assistant:
    return client.beta.assistants.create(model="gpt-4o")


def id_of(assistant: Assistant) -> str:
    return assistant.id


def ask(assistant_id: {type}) -> str:
    thread = client.beta.threads.create()
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant_id).status


print(ask(id_of(made())))
"""


@pytest.mark.parametrize("kind", ["str", "Optional[str]", '"str"', "str | None"])
def test_annotations_name_the_dictionary(kind: str, tmp_path: Path) -> None:
    text = rewritten(TYPED.replace("{type}", kind), tmp_path).text
    if kind == '"str"':
        assert "def ask(assistant_id: " in text
        assert "**request_arguments(assistant_id)" in text
    else:
        assert f"def ask(assistant: {kind.replace('str', 'dict[str, Any]')}) -> str:" in text
        assert "def id_of(assistant: dict[str, Any]) -> dict[str, Any]:" in text
        assert "def made() -> dict[str, Any]:" in text
        assert "openai.types" not in text


SESSION = """\
import streamlit as st
from openai import OpenAI

client = OpenAI()
if "assistant_id" not in st.session_state:
    st.session_state["assistant_id"] = client.beta.assistants.create(model="gpt-4o").id
thread = client.beta.threads.create()
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=st.session_state.assistant_id)
print(run.status, {shown})
"""


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param('"assistant"', "**st.session_state.assistant)", id="renamed"),
        pytest.param('"assistant_id"', "**st.session_state.assistant_id)", id="a word that may be the key"),
        pytest.param("st.session_state.assistant_id", "**request_arguments(", id="shown"),
        pytest.param("sorted(st.session_state)", "**st.session_state.assistant_id)", id="keys shown"),
        pytest.param('st.session_state.get("assistant")', "**st.session_state.assistant_id)", id="taken"),
    ],
)
def test_a_session_holds_the_configuration(shown: str, expected: str, tmp_path: Path) -> None:
    assert expected in rewritten(SESSION.replace("{shown}", shown), tmp_path).text


@pytest.mark.parametrize(
    ("given", "reads", "expected"),
    [
        pytest.param("known", "assistant_id=assistant.id", "**request_arguments(known)", id="a parameter"),
        pytest.param("known[0]", "assistant_id=assistant.id", "assistants(client).retrieve(", id="an item"),
    ],
)
def test_a_nested_function_names_the_assistant_by_what_the_outer_one_knows(
    given: str, reads: str, expected: str, tmp_path: Path
) -> None:
    program = f"""
def asking(thread_id, known, assistant_id=None):
    assistant = client.beta.assistants.retrieve({given})

    def ask():
        return client.beta.threads.runs.create_and_poll(thread_id=thread_id, {reads}).status

    return ask


print(asking("thread_abc", input())())
"""
    assert expected in rewritten(START + program, tmp_path).text
