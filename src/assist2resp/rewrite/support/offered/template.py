"""Tests of the support module, against an API in memory: run them with pytest.

They hold what the module promises to the program. assist2resp wrote them beside it; they are yours as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from assist2resp.rewrite.support.offered import everything as support

Json = dict[str, Any]
ASSISTANT = {"model": "gpt-5", "instructions": "Be brief.", "tools": []}
http: Any = importlib.import_module("httpx2" if int(openai.__version__.partition(".")[0]) > 2 else "httpx")


class Api:
    """As much of the Responses and Conversations APIs as the tests need; `replies` are what the model says, in turn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.conversations: dict[str, list[Json]] = {}
        self.metadata: dict[str, Json] = {}
        self.responses: dict[str, Json] = {}
        self.requests: list[Json] = []
        self.replies: list[Json] = []
        self.locked = 0
        """How many requests are refused because another one works on the conversation."""
        transport = http.MockTransport(self.answer)
        self.client: Any
        # region sync
        http_client = openai.DefaultHttpxClient(transport=transport)
        self.client = openai.OpenAI(api_key="none", base_url="http://api", http_client=http_client, max_retries=0)
        # endregion
        # region only_async
        async_http_client = openai.DefaultAsyncHttpxClient(transport=transport)
        self.client = openai.AsyncOpenAI(
            api_key="none", base_url="http://api", http_client=async_http_client, max_retries=0
        )
        # endregion

    def answer(self, request: Any) -> Any:
        body = json.loads(request.content or b"{}")
        _, kind, *rest = request.url.path.split("/")
        if self.locked and request.method == "POST" and (rest or kind == "responses"):
            self.locked -= 1
            return self.refused("Another request works on this conversation.", "conversation_locked")
        if kind == "responses":
            return self.respond(body) if not rest else http.Response(200, json=self.responses[rest[0]])
        if not rest:
            rest = [f"conv_{len(self.conversations) + 1}"]
            self.conversations[rest[0]], self.metadata[rest[0]] = [], body.get("metadata") or {}
        if rest[0] not in self.conversations:
            return http.Response(404, json={"error": {"message": "Conversation not found."}})
        items = self.conversations[rest[0]]
        if rest[1:2] != ["items"]:
            own = {"id": rest[0], "object": "conversation", "created_at": 1, "metadata": self.metadata[rest[0]]}
            return http.Response(200, json=own)
        if request.method == "DELETE":
            items[:] = [item for item in items if item["id"] != rest[2]]
            return http.Response(200, json={"id": rest[0], "object": "conversation", "created_at": 1})
        shown = self.add(rest[0], body["items"]) if body else items
        shown = shown if request.url.params.get("order") == "asc" or body else shown[::-1]
        return http.Response(200, json={"object": "list", "data": shown, "has_more": False})

    def add(self, conversation: str, items: list[Json]) -> list[Json]:
        """Keep items as the API would show them."""
        shown: list[Json] = []
        for item in items:
            number = len(self.conversations[conversation]) + len(shown) + 1
            content = item.get("content")
            if isinstance(content, str):
                content = [{"type": "input_text", "text": content}]
            own = {"id": f"item_{number}", "type": "message", "status": "completed"}
            shown.append({**own, **item, **({"content": content} if content else {})})
        self.conversations[conversation] += shown
        return shown

    def respond(self, body: Json) -> Any:
        self.requests.append(body)
        given = body.get("input") or []
        items = self.conversations[body["conversation"]]
        outputs = {item.get("call_id") for item in [*items, *given] if item.get("type") == "function_call_output"}
        if any(item["type"] == "function_call" and item["call_id"] not in outputs for item in items):
            return self.refused("No tool output found for function call.")
        reply = self.replies.pop(0) if self.replies else said("Yes.")
        self.add(body["conversation"], given)
        output = self.add(body["conversation"], [reply])
        response = {
            "id": f"resp_{len(self.responses) + 1}",
            "object": "response",
            "created_at": 1,
            "model": body["model"],
            "status": "completed",
            "output": output,
            "usage": {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5},
            "conversation": {"id": body["conversation"]},
        }
        self.responses[str(response["id"])] = response
        # region stream
        if body.get("stream"):
            events = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told(response, output[0]))
            return http.Response(200, text=events, headers={"content-type": "text/event-stream"})
        # endregion
        return http.Response(200, json=response)

    @staticmethod
    def refused(message: str, code: str | None = None) -> Any:
        return http.Response(400, json={"error": {"message": message, "code": code, "type": "invalid_request_error"}})


def said(text: str) -> Json:
    """A message of the model's."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "content": content}


def called(name: str) -> Json:
    """A call of a function that the model asks for."""
    return {"type": "function_call", "call_id": "call_1", "name": name, "arguments": "{}"}


# region stream
def told(response: Json, item: Json) -> Iterator[Json]:
    """The events of a response that says one message."""
    yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
    yield {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}}
    for piece in item["content"][0]["text"].split(" "):
        yield {"type": "response.output_text.delta", "item_id": item["id"], "delta": piece + " "}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": response}


# endregion
def do(result: Any) -> Any:
    """What a call gives, awaited where that is to be awaited."""
    # region only_async

    async def awaited() -> Any:
        return await result

    if inspect.isawaitable(result):
        return asyncio.run(awaited())
    # endregion
    return result


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the files of the support module, with one assistant."""
    (tmp_path / "assistants.json").write_text(json.dumps({"asst_1": ASSISTANT}), encoding="utf-8")
    monkeypatch.setenv("ASSISTANTS_FILE", str(tmp_path / "assistants.json"))
    monkeypatch.setenv("ASSISTANTS_STATE", str(tmp_path / "state.sqlite"))
    monkeypatch.setenv("ASSISTANTS_ID_MAP", str(tmp_path / "ids.sqlite"))
    return tmp_path


@pytest.fixture
def api(files: Path) -> Api:
    """An API of its own for each test."""
    return Api(files)


def texts(page: Any) -> list[str]:
    """The texts of a page of messages."""
    return [message.content[0].text.value for message in page.data]


def begun(api: Api, text: str) -> str:
    """The id of a thread in which somebody said this."""
    api.conversations["conv_begun"] = []
    api.metadata["conv_begun"] = {}
    api.add("conv_begun", [{"role": "user", "content": text}])
    return "conv_begun"


def test_a_thread_is_a_conversation(api: Api) -> None:
    thread = do(support.threads(api.client).create(metadata={"user": "ann"}))
    found = do(support.threads(api.client).retrieve(thread.id))
    assert (found.id, found.metadata) == (thread.id, {"user": "ann"})
    assert list(api.conversations) == [thread.id]


def test_messages_come_newest_first(api: Api) -> None:
    messages = support.threads(api.client).messages
    thread_id = begun(api, "Hello")
    made = do(messages.create(thread_id, role="user", content="Is it open?"))
    page = do(messages.list(thread_id))
    assert texts(page) == ["Is it open?", "Hello"]
    assert page.data[0].id == made.id
    assert texts(do(messages.list(thread_id, order="asc", limit=1))) == ["Hello"]


def test_an_old_thread_id_leads_to_its_conversation(api: Api) -> None:
    with contextlib.closing(sqlite3.connect(api.folder / "ids.sqlite")) as database, database:
        database.execute("CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT)")
        database.execute("INSERT INTO ids VALUES ('thread_old', ?)", (begun(api, "Long ago"),))
    page = do(support.threads(api.client).messages.list("thread_old"))
    assert texts(page) == ["Long ago"]
    assert page.data[0].thread_id == "thread_old"


def test_an_unknown_thread_is_not_found(api: Api) -> None:
    with pytest.raises(openai.NotFoundError, match="No thread found with id 'thread_lost'"):
        do(support.threads(api.client).messages.list("thread_lost"))


def test_a_run_is_a_response_with_all_settings(api: Api) -> None:
    thread_id = begun(api, "Is it open?")
    run = do(support.threads(api.client).runs.create(thread_id=thread_id, assistant_id="asst_1"))
    assert (run.status, run.thread_id, run.assistant_id) == ("completed", thread_id, "asst_1")
    assert (run.usage.prompt_tokens, run.usage.completion_tokens) == (2, 3)
    assert api.requests[0]["instructions"] == "Be brief."
    assert api.requests[0]["conversation"] == thread_id


def test_a_run_is_found_by_its_id(api: Api) -> None:
    runs = support.threads(api.client).runs
    run = do(runs.create(thread_id=begun(api, "Is it open?"), assistant_id="asst_1"))
    assert do(runs.retrieve(run.id, thread_id=run.thread_id)).status == "completed"


def test_a_locked_conversation_is_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "_LOCK_PAUSE", 0)
    api.locked = 2
    run = do(support.threads(api.client).runs.create(thread_id=begun(api, "Hello"), assistant_id="asst_1"))
    assert run.status == "completed"
    assert api.locked == 0


def test_calls_of_functions_are_answered(api: Api) -> None:
    api.replies = [called("opening_hours"), said("Till five.")]
    runs = support.threads(api.client).runs
    asked = do(runs.create(thread_id=begun(api, "How long?"), assistant_id="asst_1"))
    assert asked.status == "requires_action"
    call = asked.required_action.submit_tool_outputs.tool_calls[0]
    assert call.function.name == "opening_hours"
    outputs: Any = [{"tool_call_id": call.id, "output": "17:00"}]
    run = do(runs.submit_tool_outputs(asked.id, thread_id=asked.thread_id, tool_outputs=outputs))
    assert (run.id, run.status, run.usage.total_tokens) == (asked.id, "completed", 10)
    assert api.requests[1]["input"] == [{"type": "function_call_output", "call_id": "call_1", "output": "17:00"}]
    assert api.requests[1]["instructions"] == "Be brief."


def test_calls_that_a_dead_process_left_stop_nothing(api: Api) -> None:
    thread_id = begun(api, "How long?")
    api.add(thread_id, [called("opening_hours"), {"role": "user", "content": "Hello?"}])
    run = do(support.threads(api.client).runs.create(thread_id=thread_id, assistant_id="asst_1"))
    assert run.status == "completed"
    assert "function_call" not in [item["type"] for item in api.conversations[thread_id]]


def test_an_assistant_keeps_its_settings(api: Api) -> None:
    assistants = support.assistants(api.client)
    made = do(assistants.create(model="gpt-5", name="Guide", instructions="Show the way."))
    found = do(assistants.retrieve(made.id))
    assert (found.name, found.instructions, found.tools) == ("Guide", "Show the way.", [])


@pytest.mark.usefixtures("files")
def test_request_arguments_are_those_of_the_assistant() -> None:
    arguments = support.request_arguments("asst_1", additional_instructions="In French.")
    assert arguments == {"model": "gpt-5", "instructions": "Be brief.\n\nIn French.", "truncation": "auto"}
    with pytest.raises(openai.NotFoundError, match="No assistant found with id 'asst_lost'"):
        support.request_arguments("asst_lost")


@pytest.mark.usefixtures("files")
def test_conversation_ids_are_found() -> None:
    assert support.conversation_id("conv_1") == "conv_1"
    with pytest.raises(openai.NotFoundError, match="No thread found with id 'thread_lost'"):
        support.conversation_id("thread_lost")


# region stream
def test_a_stream_tells_the_text(api: Api) -> None:
    api.replies = [said("Till five.")]
    runs = support.threads(api.client).runs
    # region sync
    with runs.stream(thread_id=begun(api, "How long?"), assistant_id="asst_1") as stream:
        text = "".join(stream.text_deltas)
        status = stream.get_final_run().status
    # endregion
    # region only_async

    async def heard() -> tuple[str, str]:
        async with runs.stream(thread_id=begun(api, "How long?"), assistant_id="asst_1") as stream:
            pieces = [piece async for piece in stream.text_deltas]
            return "".join(pieces), (await stream.get_final_run()).status

    text, status = asyncio.run(heard())
    # endregion
    assert text.split() == ["Till", "five."]
    assert status == "completed"


# endregion
