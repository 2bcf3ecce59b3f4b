"""How to call each method of the SDK that speaks to one of the two APIs: its arguments, given a scene.

A name may carry a case in brackets: the same method with arguments that lead to other shapes of answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pydantic import BaseModel

from tests.sandbox.sdk_scene import MODEL, NEW_FUNCTION, OLD_FUNCTION, PERSON, Scene

Arguments: TypeAlias = Callable[[Scene], dict[str, Any]]


class Person(BaseModel):
    name: str
    age: int


def _run(scene: Scene, text: str = "Hello there", **more: Any) -> dict[str, Any]:
    return {"thread_id": scene.thread_saying(text), "assistant_id": scene.assistant, **more}


def _thread_and_run(scene: Scene, text: str = "Hello there") -> dict[str, Any]:
    return {"assistant_id": scene.assistant, "thread": {"messages": [{"role": "user", "content": text}]}}


def _search(scene: Scene) -> dict[str, Any]:
    tool = {"type": "file_search", "vector_store_ids": [scene.filled]}
    include = ["file_search_call.results"]
    return {"model": MODEL, "input": "Are refunds granted within thirty days?", "tools": [tool], "include": include}


def _plot(_scene: Scene) -> dict[str, Any]:
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    text = "Calculate 2 + 2, plot it and write a csv file."
    return {"model": MODEL, "input": text, "tools": [tool], "include": ["code_interpreter_call.outputs"]}


ASSISTANTS: dict[str, Arguments] = {
    "beta.assistants.create": lambda _: {
        "model": MODEL,
        "name": "n",
        "description": "d",
        "instructions": "i",
        "tools": [OLD_FUNCTION, {"type": "code_interpreter"}, {"type": "file_search"}],
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "top_p": 0.5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}},
    },
    "beta.assistants.retrieve": lambda s: {"assistant_id": s.assistant},
    "beta.assistants.update": lambda s: {"assistant_id": s.assistant, "name": "m"},
    "beta.assistants.list": lambda s: {"limit": len(s.assistant)},
    "beta.assistants.delete": lambda s: {"assistant_id": s.assistant},
    "beta.threads.create": lambda s: {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                ],
                "attachments": [{"file_id": s.file, "tools": [{"type": "file_search"}]}],
            }
        ],
        "metadata": {"a": "b"},
    },
    "beta.threads.retrieve": lambda s: {"thread_id": s.thread},
    "beta.threads.update": lambda s: {"thread_id": s.thread, "metadata": {"c": "d"}},
    "beta.threads.delete": lambda s: {"thread_id": s.thread},
    "beta.threads.create_and_run": _thread_and_run,
    "beta.threads.create_and_run_poll": _thread_and_run,
    "beta.threads.create_and_run_stream": lambda s: _thread_and_run(s, "Calculate 2 + 2 and plot it."),
    "beta.threads.messages.create": lambda s: {"thread_id": s.thread, "role": "user", "content": "Hello"},
    "beta.threads.messages.retrieve": lambda s: s.message,
    "beta.threads.messages.update": lambda s: {**s.message, "metadata": {"c": "d"}},
    "beta.threads.messages.list": lambda s: {"thread_id": s.ended["thread_id"]},
    "beta.threads.messages.delete": lambda s: s.message,
    "beta.threads.runs.create": _run,
    "beta.threads.runs.create[search]": lambda s: _run(s, "Are refunds granted within thirty days?"),
    "beta.threads.runs.create[calls]": lambda s: _run(s, "What is the weather in Paris?"),
    "beta.threads.runs.create[refusal]": lambda s: _run(s, "Please refuse."),
    "beta.threads.runs.create[failure]": lambda s: _run(s, "fail with rate_limit_exceeded"),
    "beta.threads.runs.create[cut]": lambda s: _run(s, "Tell me much.", max_completion_tokens=256, temperature=0.1),
    "beta.threads.runs.create_and_poll": _run,
    "beta.threads.runs.create_and_poll[plot]": lambda s: _run(s, "Calculate 2 + 2, plot it and write a csv file."),
    "beta.threads.runs.create_and_stream": _run,
    "beta.threads.runs.stream": lambda s: _run(s, "Calculate 2 + 2, plot it and write a csv file."),
    "beta.threads.runs.stream[calls]": lambda s: _run(s, "What is the weather in Paris?"),
    "beta.threads.runs.retrieve": lambda s: s.ended,
    "beta.threads.runs.update": lambda s: {**s.ended, "metadata": {"c": "d"}},
    "beta.threads.runs.list": lambda s: {"thread_id": s.ended["thread_id"]},
    "beta.threads.runs.cancel": lambda s: s.active,
    "beta.threads.runs.poll": lambda s: s.active,
    "beta.threads.runs.submit_tool_outputs": lambda s: s.waiting,
    "beta.threads.runs.submit_tool_outputs_and_poll": lambda s: s.waiting,
    "beta.threads.runs.submit_tool_outputs_stream": lambda s: s.waiting,
    "beta.threads.runs.steps.list": lambda s: {
        **s.ended,
        "include": ["step_details.tool_calls[*].file_search.results[*].content"],
    },
    "beta.threads.runs.steps.retrieve": lambda s: s.step,
}

RESPONSES: dict[str, Arguments] = {
    "responses.create": lambda _: {"model": MODEL, "input": "Hello", "instructions": "i", "metadata": {"a": "b"}},
    "responses.create[calls]": lambda _: {"model": MODEL, "input": "Weather in Paris?", "tools": [NEW_FUNCTION]},
    "responses.create[search]": _search,
    "responses.create[plot]": _plot,
    "responses.create[refusal]": lambda _: {"model": MODEL, "input": "Please refuse."},
    "responses.create[failure]": lambda _: {"model": MODEL, "input": "fail with server_error", "background": True},
    "responses.create[cut]": lambda _: {"model": MODEL, "input": "Tell me much.", "max_output_tokens": 16},
    "responses.create[background]": lambda _: {"model": MODEL, "input": "Hello", "background": True},
    "responses.create[conversation]": lambda s: {"model": MODEL, "input": "Hello", "conversation": s.conversation},
    "responses.parse": lambda _: {"model": MODEL, "input": "Who is it?", "text_format": Person},
    "responses.stream": lambda _: {"model": MODEL, "input": "Who is it?", "text_format": Person},
    "responses.stream[search]": _search,
    "responses.stream[plot]": _plot,
    "responses.retrieve": lambda s: {"response_id": s.streamed_background},
    "responses.cancel": lambda s: {"response_id": s.background},
    "responses.delete": lambda s: {"response_id": s.response},
    # The SDK's type of the answer has no place for the user's messages, which the real API gives back.
    "responses.compact": lambda _: {"model": MODEL, "input": [{"role": "assistant", "content": "Hello"}]},
    "responses.input_items.list": lambda s: {"response_id": s.response},
    "responses.input_tokens.count": lambda _: {"model": MODEL, "input": "Hello"},
    "conversations.create": lambda _: {"items": [{"role": "user", "content": "Hello"}], "metadata": {"a": "b"}},
    "conversations.retrieve": lambda s: {"conversation_id": s.conversation},
    "conversations.update": lambda s: {"conversation_id": s.conversation, "metadata": {"c": "d"}},
    "conversations.delete": lambda s: {"conversation_id": s.conversation},
    "conversations.items.create": lambda s: {
        "conversation_id": s.conversation,
        "items": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "1"},
        ],
    },
    "conversations.items.list": lambda s: {"conversation_id": s.conversation},
    "conversations.items.retrieve": lambda s: s.item,
    "conversations.items.delete": lambda s: s.item,
    "containers.create": lambda s: {"name": "c", "file_ids": [s.file]},
    "containers.list": lambda s: {"name": s.container and "c"},
    "containers.retrieve": lambda s: {"container_id": s.container},
    "containers.delete": lambda s: {"container_id": s.container},
    "containers.files.create": lambda s: {"container_id": s.container, "file": ("a.csv", b"a,b\n")},
    "containers.files.create[by id]": lambda s: {"container_id": s.container, "file_id": s.file},
    "containers.files.list": lambda s: {"container_id": s.container_file["container_id"]},
    "containers.files.retrieve": lambda s: s.container_file,
    "containers.files.delete": lambda s: s.container_file,
    "containers.files.content.retrieve": lambda s: s.container_file,
}

FILES: dict[str, Arguments] = {
    "files.create": lambda _: {"file": ("notes.txt", b"notes"), "purpose": "user_data"},
    "files.retrieve": lambda s: {"file_id": s.file},
    "files.list": lambda s: {"purpose": s.file and "assistants"},
    "files.delete": lambda s: {"file_id": s.file},
    "files.content": lambda s: {"file_id": s.downloadable},
    "files.retrieve_content": lambda s: {"file_id": s.downloadable},
    "files.wait_for_processing": lambda s: {"id": s.file},
    "vector_stores.create": lambda s: {"name": "n", "file_ids": [s.file], "metadata": {"a": "b"}},
    "vector_stores.retrieve": lambda s: {"vector_store_id": s.filled},
    "vector_stores.update": lambda s: {"vector_store_id": s.store, "name": "m"},
    "vector_stores.list": lambda s: {"limit": len(s.store)},
    "vector_stores.delete": lambda s: {"vector_store_id": s.store},
    "vector_stores.search": lambda s: {"vector_store_id": s.filled, "query": "refunds"},
    "vector_stores.files.create": lambda s: {"vector_store_id": s.store, "file_id": s.file},
    "vector_stores.files.create_and_poll": lambda s: {"vector_store_id": s.store, "file_id": s.file},
    "vector_stores.files.retrieve": lambda s: {"vector_store_id": s.filled, "file_id": s.file},
    "vector_stores.files.update": lambda s: {"vector_store_id": s.filled, "file_id": s.file, "attributes": {"a": 1}},
    "vector_stores.files.list": lambda s: {"vector_store_id": s.filled},
    "vector_stores.files.delete": lambda s: {"vector_store_id": s.filled, "file_id": s.file},
    "vector_stores.files.content": lambda s: {"vector_store_id": s.filled, "file_id": s.file},
    "vector_stores.files.poll": lambda s: {"vector_store_id": s.filled, "file_id": s.file},
    "vector_stores.files.upload": lambda s: {"vector_store_id": s.store, "file": ("a.txt", b"a")},
    "vector_stores.files.upload_and_poll": lambda s: {"vector_store_id": s.store, "file": ("a.txt", b"a")},
    "vector_stores.file_batches.create": lambda s: {"vector_store_id": s.store, "file_ids": [s.file]},
    "vector_stores.file_batches.create_and_poll": lambda s: {"vector_store_id": s.store, "file_ids": [s.file]},
    "vector_stores.file_batches.upload_and_poll": lambda s: {"vector_store_id": s.store, "files": [("a.txt", b"a")]},
    "vector_stores.file_batches.retrieve": lambda s: s.batch,
    "vector_stores.file_batches.list_files": lambda s: s.batch,
    "vector_stores.file_batches.cancel": lambda s: s.batch,
    "vector_stores.file_batches.poll": lambda s: s.batch,
    "models.list": lambda _: {},
    "models.retrieve": lambda _: {"model": MODEL},
    "models.delete": lambda _: {"model": "ft:gpt-4o-mini:acme::abc123"},
}

CALLS = ASSISTANTS | RESPONSES | FILES
EXEMPT = {"responses.connect": "a WebSocket, which the sandbox does not speak"}
