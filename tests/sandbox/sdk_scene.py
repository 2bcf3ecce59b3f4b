"""The objects that calls of the SDK need, made on a sandbox when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from openai import OpenAI

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
OLD_FUNCTION = {"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": WEATHER}}
NEW_FUNCTION = {"type": "function", "name": "get_weather", "description": "d", "parameters": WEATHER, "strict": True}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
NOTES = b"Refunds are granted within thirty days of purchase.\nShipping takes five days.\n"
MODEL = "gpt-4o"


class Scene:
    """Objects of one sandbox; `client` makes them."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client
        self.old = client.beta

    @cached_property
    def file(self) -> str:
        return self.client.files.create(file=("notes.txt", NOTES), purpose="assistants").id

    @cached_property
    def downloadable(self) -> str:
        return self.client.files.create(file=("notes.jsonl", b"{}\n"), purpose="batch").id

    @cached_property
    def store(self) -> str:
        return self.client.vector_stores.create(name="notes").id

    @cached_property
    def filled(self) -> str:
        store = self.client.vector_stores.create(name="notes").id
        self.client.vector_stores.files.create_and_poll(self.file, vector_store_id=store)
        return store

    @cached_property
    def batch(self) -> dict[str, str]:
        made = self.client.vector_stores.file_batches.create(self.store, file_ids=[self.file])
        return {"batch_id": made.id, "vector_store_id": self.store}

    @cached_property
    def assistant(self) -> str:
        tools: Any = [OLD_FUNCTION, {"type": "code_interpreter"}, {"type": "file_search"}]
        resources: Any = {"file_search": {"vector_store_ids": [self.filled]}}
        made = self.old.assistants.create(
            model=MODEL, name="n", instructions="i", tools=tools, tool_resources=resources
        )
        return made.id

    def thread_saying(self, text: str) -> str:
        return self.old.threads.create(messages=[{"role": "user", "content": text}]).id

    @cached_property
    def thread(self) -> str:
        return self.thread_saying("Hello there")

    @cached_property
    def message(self) -> dict[str, str]:
        made = self.old.threads.messages.create(self.thread, role="user", content="Hello again")
        return {"message_id": made.id, "thread_id": self.thread}

    @cached_property
    def ended(self) -> dict[str, str]:
        thread = self.thread_saying("Please calculate 2 + 2, then plot it.")
        run = self.old.threads.runs.create_and_poll(assistant_id=self.assistant, thread_id=thread)
        assert run.status == "completed", run
        return {"run_id": run.id, "thread_id": thread}

    @cached_property
    def step(self) -> dict[str, str]:
        steps = self.old.threads.runs.steps.list(**self.ended)
        return {**self.ended, "step_id": steps.data[-1].id}

    @cached_property
    def active(self) -> dict[str, str]:
        run = self.old.threads.runs.create(self.thread_saying("Hello"), assistant_id=self.assistant)
        return {"run_id": run.id, "thread_id": run.thread_id}

    @cached_property
    def waiting(self) -> dict[str, Any]:
        """The arguments of submit_tool_outputs for a run that waits for them."""
        thread = self.thread_saying("What is the weather in Paris?")
        run = self.old.threads.runs.create_and_poll(assistant_id=self.assistant, thread_id=thread)
        assert run.required_action is not None, run
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": "sunny"} for call in calls]
        return {"run_id": run.id, "thread_id": thread, "tool_outputs": outputs}

    @cached_property
    def response(self) -> str:
        return self.client.responses.create(model=MODEL, input="Hello").id

    @cached_property
    def background(self) -> str:
        return self.client.responses.create(model=MODEL, input="Hello", background=True).id

    @cached_property
    def streamed_background(self) -> str:
        stream = self.client.responses.create(model=MODEL, input="Hello", background=True, stream=True)
        return [event.response.id for event in stream if event.type == "response.completed"][0]  # noqa: RUF015 - to the end

    @cached_property
    def conversation(self) -> str:
        items: Any = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
        return self.client.conversations.create(items=items, metadata={"a": "b"}).id

    @cached_property
    def item(self) -> dict[str, str]:
        items = self.client.conversations.items.list(self.conversation)
        return {"item_id": items.data[0].id, "conversation_id": self.conversation}

    @cached_property
    def container(self) -> str:
        return self.client.containers.create(name="c").id

    @cached_property
    def container_file(self) -> dict[str, str]:
        made = self.client.containers.files.create(self.container, file=("a.csv", b"a,b\n1,2\n"))
        return {"file_id": made.id, "container_id": self.container}
