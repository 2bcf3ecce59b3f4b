"""Streams of responses: the order of events, their numbers and keys, and joining one that runs in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import openai
import pytest
from openai import OpenAI

from assist2resp.sandbox.clock import ManualClock
from assist2resp.sandbox.prompt import Answer, Item, Usage
from tests.sandbox.old_scene import Play, said, world_of

FUNCTION: Any = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
BEGIN = ["response.created", "response.in_progress"]
TEXT = [
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
]
END = ["response.completed"]


@pytest.fixture
def client() -> Iterator[OpenAI]:
    with world_of() as server:
        yield server.client(max_retries=0, _strict_response_validation=True)


def streamed(client: OpenAI, **request: Any) -> list[Any]:
    return list(client.responses.create(**{"model": "gpt-4o", "input": "Hello", "stream": True, **request}))


def kinds(events: list[Any]) -> list[str]:
    """The types in order, repeated ones once."""
    return [kind for kind, _ in groupby(event.type for event in events)]


def test_text(client: OpenAI) -> None:
    events = streamed(client)
    assert kinds(events) == [*BEGIN, *TEXT, *END]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    final = events[-1].response
    assert len(deltas) > 2
    assert "".join(deltas) == final.output_text
    assert events[0].response.status == "in_progress"
    assert (events[0].response.output, events[0].response.usage) == ([], None)
    assert client.responses.retrieve(final.id).output == final.output


def test_function_call(client: OpenAI) -> None:
    events = streamed(client, input="The weather in Rome", tools=[FUNCTION])
    assert kinds(events)[2:-1] == [
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
    ]
    assert events[2].item.arguments == ""
    assert events[-2].item.arguments == '{"city":"Rome"}'


def test_refusal(client: OpenAI) -> None:
    events = streamed(client, input="please refuse")
    assert "response.refusal.delta" in kinds(events)
    done = next(event for event in events if event.type == "response.refusal.done")
    assert done.refusal == events[-1].response.output[0].content[0].refusal


def test_search_and_citation(client: OpenAI) -> None:
    store = client.vector_stores.create(name="s")
    file = client.files.create(file=("a.txt", b"Refunds take thirty days."), purpose="assistants")
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    search: Any = {"type": "file_search", "vector_store_ids": [store.id]}
    events = streamed(client, input="How long do refunds take?", tools=[search])
    assert kinds(events) == [
        *BEGIN,
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
        *TEXT[:3],
        "response.output_text.annotation.added",
        *TEXT[2:],
        *END,
    ]
    found = events[-1].response.output[0]
    assert (found.queries, found.results) == (["How long do refunds take?"], None)
    (annotation,) = events[-1].response.output[1].content[0].annotations
    text = events[-1].response.output_text
    assert (annotation.type, annotation.file_id, annotation.filename) == ("file_citation", file.id, "a.txt")
    assert text[: annotation.index].endswith('"Refunds take thirty days"')


def test_interpreter(client: OpenAI) -> None:
    tool: Any = {"type": "code_interpreter", "container": {"type": "auto"}}
    events = streamed(client, input="calculate 6 * 7", tools=[tool], include=["code_interpreter_call.outputs"])
    assert kinds(events)[2:10] == [
        "response.output_item.added",
        "response.code_interpreter_call.in_progress",
        "response.code_interpreter_call_code.delta",
        "response.code_interpreter_call_code.done",
        "response.code_interpreter_call.interpreting",
        "response.code_interpreter_call.completed",
        "response.output_item.done",
        "response.output_item.added",
    ]
    call = events[-1].response.output[0]
    assert [output.logs for output in call.outputs] == ["42\n"]
    assert client.responses.retrieve(events[-1].response.id).output[0].to_dict()["outputs"] is None


def test_reasoning_with_a_summary(client: OpenAI) -> None:
    events = streamed(client, model="gpt-5", reasoning={"summary": "auto"})
    assert kinds(events)[2:8] == [
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
    ]


def test_an_item_of_another_kind_streams_too() -> None:
    search = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
    spoken = {
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "found it out"}],
    }
    play = Play(Answer((Item(search), Item(spoken)), Usage(1, 1)))
    with world_of(play) as server:
        events = streamed(server.client())
    assert kinds(events)[3:6] == [
        f"response.web_search_call.{word}" for word in ("in_progress", "searching", "completed")
    ]
    assert "response.output_text.delta" in kinds(events)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("fail with server_error", "response.failed"),
        ("content filter", "response.incomplete"),
        ("hello", "response.incomplete"),
    ],
)
def test_other_ends(client: OpenAI, text: str, end: str) -> None:
    events = streamed(client, input=text, max_output_tokens=16)
    assert events[-1].type == end
    assert f"response.{events[-1].response.status}" == end


def test_deltas_are_padded_unless_told_otherwise(client: OpenAI) -> None:
    def deltas(**options: Any) -> list[dict[str, Any]]:
        events = streamed(client, **options)
        return [event.to_dict() for event in events if event.type.endswith(".delta")]

    assert all((len(delta["delta"]) + len(delta["obfuscation"])) % 16 == 0 for delta in deltas())
    assert all("obfuscation" not in delta for delta in deltas(stream_options={"include_obfuscation": False}))


def test_the_wire_has_named_events_and_no_end_marker(client: OpenAI) -> None:
    with client.responses.with_streaming_response.create(model="gpt-4o", input="Hello", stream=True) as response:
        blocks = response.read().decode().strip().split("\n\n")
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    for block in blocks:
        name, data = block.split("\n")
        assert name == f"event: {json.loads(data.removeprefix('data: '))['type']}"


def test_a_background_stream_can_be_joined_again() -> None:
    clock = ManualClock(hold=True)
    with world_of(Play(said("done at last")), clock=clock) as server:
        client = server.client(_strict_response_validation=True)
        with client.responses.create(model="gpt-4o", input="a", background=True, stream=True) as stream:
            created, queued = next(stream), next(stream)
        assert [created.type, queued.type] == ["response.created", "response.queued"]
        response_id = created.response.id
        assert client.responses.retrieve(response_id).status == "queued"
        with client.responses.retrieve(response_id, stream=True, starting_after=0) as again:
            first = next(again)
            assert (first.type, first.sequence_number) == ("response.queued", 1)
            clock.advance(1)
            assert next(again).type == "response.in_progress"
            clock.advance(1)
            rest = list(again)
        assert kinds(rest) == [*TEXT, *END]
        late = list(client.responses.retrieve(response_id, stream=True, starting_after=2))
        assert [event.to_dict() for event in late] == [event.to_dict() for event in rest]


def test_only_a_background_stream_can_be_joined(client: OpenAI) -> None:
    made = client.responses.create(model="gpt-4o", input="a", background=True)
    with pytest.raises(openai.BadRequestError, match="'background' and 'stream'"):
        client.responses.retrieve(made.id, stream=True)


def test_a_stream_that_is_left_adds_nothing() -> None:
    with world_of(clock=ManualClock(hold=True)) as server:
        client = server.client()
        conversation = client.conversations.create()
        with client.responses.create(model="gpt-4o", input="a", conversation=conversation.id, stream=True) as stream:
            response_id = next(stream).response.id
        statuses = (client.responses.retrieve(response_id).status for _ in range(100))
        assert "cancelled" in statuses
        assert client.conversations.items.list(conversation.id).data == []
