"""The same prompt gets the same answer on either wire, written as a migration would write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI

from tests.sandbox.old_scene import world_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
]
MODEL = "gpt-4o"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CLOSED = {**SCHEMA, "additionalProperties": False}
OLD_FUNCTION: Any = {"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": SCHEMA}}
NEW_FUNCTION: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "d",
    "parameters": SCHEMA,
    "strict": False,
}


@pytest.fixture
def client() -> Iterator[OpenAI]:
    with world_of() as server:
        yield server.client(max_retries=0)


class Old:
    """A talk on the Assistants wire."""

    def __init__(self, client: OpenAI, **assistant: Any) -> None:
        self.api = client.beta
        self.assistant = client.beta.assistants.create(model=MODEL, **assistant).id
        self.thread = client.beta.threads.create().id

    def say(self, text: str, output: str = "", **run: Any) -> str:
        """The text of the answer to one more message; calls of functions get `output`."""
        self.api.threads.messages.create(self.thread, role="user", content=text)
        made = self.api.threads.runs.create_and_poll(thread_id=self.thread, assistant_id=self.assistant, **run)
        while made.required_action is not None:
            calls = made.required_action.submit_tool_outputs.tool_calls
            outputs: Any = [{"tool_call_id": call.id, "output": output} for call in calls]
            made = self.api.threads.runs.submit_tool_outputs_and_poll(
                run_id=made.id, thread_id=self.thread, tool_outputs=outputs
            )
        newest: Any = self.api.threads.messages.list(self.thread, limit=1).data[0]
        return "".join(part.text.value for part in newest.content if part.type == "text")


class New:
    """A talk on the Responses wire, in a conversation."""

    def __init__(self, client: OpenAI, **settings: Any) -> None:
        self.api = client
        self.settings = {"model": MODEL, **settings}
        self.conversation = client.conversations.create().id

    def say(self, text: str, output: str = "", **request: Any) -> str:
        """The text of the answer to one more message; calls of functions get `output`."""
        settings = {**self.settings, **request, "conversation": self.conversation}
        made = self.api.responses.create(input=text, **settings)
        while calls := [item for item in made.output if item.type == "function_call"]:
            outputs: Any = [
                {"type": "function_call_output", "call_id": call.call_id, "output": output} for call in calls
            ]
            made = self.api.responses.create(input=outputs, **settings)
        return made.output_text


def without_markers(text: str) -> str:
    return re.sub("【[^】]*】", "", text)


def files_of(client: OpenAI) -> tuple[str, str]:
    """A vector store with a file, and a file for the interpreter."""
    store = client.vector_stores.create(name="s").id
    text = client.files.create(file=("policy.txt", b"Refunds take thirty days."), purpose="assistants").id
    client.vector_stores.files.create_and_poll(text, vector_store_id=store)
    return store, client.files.create(file=("data.csv", b"a\n1\n"), purpose="assistants").id


def test_plain_talk(client: OpenAI) -> None:
    old, new = Old(client, instructions="Be brief."), New(client, instructions="Be brief.")
    for text in ("Hello", "And again?"):
        assert old.say(text) == new.say(text)


def test_every_setting(client: OpenAI) -> None:
    old = Old(client, temperature=0.3, top_p=0.9, response_format={"type": "json_object"}, instructions="JSON")
    form: Any = {"format": {"type": "json_object"}}
    new = New(client, temperature=0.3, top_p=0.9, text=form, instructions="JSON")
    assert old.say("Hello", max_completion_tokens=500) == new.say("Hello", max_output_tokens=500)
    assert old.say("Hello", temperature=0.4) == new.say("Hello", temperature=0.4)
    assert old.say("Hello", instructions="Other JSON") == new.say("Hello", instructions="Other JSON")
    assert old.say("Hi", additional_instructions="more") == new.say("Hi", instructions="JSON\n\nmore")


def test_structured_answers(client: OpenAI) -> None:
    named = {"name": "n", "schema": CLOSED, "strict": True}
    old = Old(client, response_format={"type": "json_schema", "json_schema": named})
    new = New(client, text={"format": {"type": "json_schema", **named}})
    assert old.say("Rome") == new.say("Rome")


def test_functions_over_several_turns(client: OpenAI) -> None:
    old, new = Old(client, tools=[OLD_FUNCTION]), New(client, tools=[NEW_FUNCTION])
    for text in ("The weather in Rome?", "Thanks", "The weather in Oslo?"):
        assert old.say(text, "sunny") == new.say(text, "sunny")


def test_search(client: OpenAI) -> None:
    store, _ = files_of(client)
    old = Old(client, tools=[{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": [store]}})
    new = New(client, tools=[{"type": "file_search", "vector_store_ids": [store]}])
    for text in ("How long do refunds take?", "Thanks"):
        assert without_markers(old.say(text)) == new.say(text)


def test_interpreter(client: OpenAI) -> None:
    _, data = files_of(client)
    resources: Any = {"code_interpreter": {"file_ids": [data]}}
    old = Old(client, tools=[{"type": "code_interpreter"}], tool_resources=resources)
    container = {"type": "auto", "file_ids": [data]}
    new = New(client, tools=[{"type": "code_interpreter", "container": container}])
    for text in ("Plot 1, 2 and 3 and save a csv", "Thanks", "calculate 1 + 1"):
        assert old.say(text) == new.say(text)


DIFFERENT: dict[str, dict[str, Any]] = {
    "strict left out": {"tools": [{**NEW_FUNCTION, "strict": None}]},
    "tool lost": {"tools": []},
    "instructions lost": {"instructions": None},
    "temperature lost": {"temperature": None},
}


@pytest.mark.parametrize("lost", DIFFERENT.values(), ids=DIFFERENT)
def test_what_a_migration_loses_shows(client: OpenAI, lost: dict[str, Any]) -> None:
    settings: dict[str, Any] = {"instructions": "Be brief.", "temperature": 0.5}
    old = Old(client, tools=[OLD_FUNCTION], **settings).say("Hello")
    assert New(client, tools=[NEW_FUNCTION], **settings).say("Hello") == old
    assert New(client, **{"tools": [NEW_FUNCTION], **settings, **lost}).say("Hello") != old
