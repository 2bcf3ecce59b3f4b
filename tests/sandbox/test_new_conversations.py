"""Conversations: their items, when a turn joins them, the lock, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from assist2resp.sandbox.clock import ManualClock
from tests.sandbox.old_scene import Play, said, world_of


@pytest.fixture
def client() -> Iterator[OpenAI]:
    with world_of() as server:
        yield server.client(max_retries=0, _strict_response_validation=True)


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def texts(client: OpenAI, conversation: str) -> list[str]:
    """The texts of the messages, oldest first."""
    items = client.conversations.items.list(conversation, order="asc")
    return [item.content[0].text for item in items if item.type == "message"]


def test_life_of_a_conversation(client: OpenAI) -> None:
    made = client.conversations.create(metadata={"a": "b"}, items=[user("Hello")])
    assert (made.object, made.metadata) == ("conversation", {"a": "b"})
    assert client.conversations.retrieve(made.id) == made
    assert client.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    gone = client.conversations.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "conversation.deleted", True)
    for call in (client.conversations.retrieve, client.conversations.items.list, client.conversations.delete):
        with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{made.id}' not found"):
            call(made.id)


def test_items_are_added_listed_read_and_removed(client: OpenAI) -> None:
    conversation = client.conversations.create().id
    added = client.conversations.items.create(
        conversation,
        items=[
            user("one"),
            {"role": "assistant", "content": "two"},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "x"},
        ],
    )
    ids = [item.id for item in added.data]
    assert (added.first_id, added.last_id, added.has_more) == (ids[0], ids[-1], False)
    assert [item.type for item in added.data] == ["message", "message", "function_call", "function_call_output"]
    assert [item.content[0].type for item in added.data[:2]] == ["input_text", "output_text"]
    listed = client.conversations.items.list(conversation, limit=3)
    assert [item.id for item in listed.data] == ids[:0:-1]
    assert listed.has_more
    assert [item.id for item in listed] == ids[::-1]
    assert client.conversations.items.retrieve(ids[0], conversation_id=conversation) == added.data[0]
    assert client.conversations.items.delete(ids[0], conversation_id=conversation).id == conversation
    with pytest.raises(openai.NotFoundError, match=f"Item with id '{ids[0]}' not found"):
        client.conversations.items.retrieve(ids[0], conversation_id=conversation)


def test_items_of_another_conversation_are_not_found(client: OpenAI) -> None:
    one = client.conversations.create(items=[user("a")]).id
    other = client.conversations.create().id
    item = client.conversations.items.list(one).data[0].id
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.retrieve(item, conversation_id=other)


REFUSED: dict[str, tuple[dict[str, Any], str, str | None, str]] = {
    "too many": ({"items": [user("a")] * 21}, "maximum length 20", "items", "array_above_max_length"),
    "none": ({"items": []}, "minimum length 1", "items", "empty_array"),
    "nothing": ({}, "Missing required parameter: 'items'", "items", "missing_required_parameter"),
    "assistant's part": (
        {"items": [{"role": "assistant", "content": [{"type": "input_text", "text": "a"}]}]},
        "Invalid value: 'input_text'",
        "items[0].content[0]",
        "invalid_value",
    ),
    "time of a message": (
        {"items": [{**user("a"), "created_at": 1}]},
        "Unknown parameter",
        "items[0].created_at",
        "unknown_parameter",
    ),
}


@pytest.mark.parametrize(("body", "text", "param", "code"), REFUSED.values(), ids=REFUSED)
def test_refusals(client: OpenAI, body: Any, text: str, param: str, code: str) -> None:
    conversation = client.conversations.create().id
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/conversations/{conversation}/items", body=body, cast_to=object)
    assert text in caught.value.message
    assert (caught.value.param, caught.value.code) == (param, code)
    assert texts(client, conversation) == []


def test_too_many_items_at_creation(client: OpenAI) -> None:
    assert client.conversations.create(items=[user("a")] * 20).id
    with pytest.raises(openai.BadRequestError, match="maximum length 20"):
        client.conversations.create(items=[user("a")] * 21)


def test_a_turn_joins_the_conversation_when_it_is_complete() -> None:
    play, clock = Play(said("the answer")), ManualClock(hold=True)
    with world_of(play, clock=clock) as server:
        client = server.client()
        conversation = client.conversations.create(items=[user("before")]).id
        made = client.responses.create(model="gpt-4o", input="now", conversation=conversation, background=True)
        assert texts(client, conversation) == ["before"]
        while made.status != "completed":
            clock.advance(1)
            made = client.responses.retrieve(made.id)
        assert texts(client, conversation) == ["before", "now", "the answer"]
        assert made.conversation is not None
        assert made.conversation.id == conversation
    assert [turn.text for turn in play.prompts[0].history] == ["before", "now"]


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        ({"input": "hello"}, 2),
        ({"input": "hello", "max_output_tokens": 16}, 2),
        ({"input": "hello", "store": False}, 0),
        ({"input": "fail with server_error"}, 0),
        ({"input": []}, 1),
    ],
    ids=["completed", "incomplete", "not stored", "failed", "no input"],
)
def test_what_joins(client: OpenAI, request_body: Any, expected: int) -> None:
    conversation = client.conversations.create().id
    client.responses.create(model="gpt-4o", conversation={"id": conversation}, **request_body)
    assert len(texts(client, conversation)) == expected


def test_a_conversation_at_work_is_locked() -> None:
    clock = ManualClock(hold=True)
    with world_of(Play(said("ok")), clock=clock) as server:
        client = server.client(max_retries=0)
        conversation = client.conversations.create(items=[user("a")]).id
        item = client.conversations.items.list(conversation).data[0].id
        request: Any = {"model": "gpt-4o", "input": "b", "conversation": conversation, "background": True}
        first = client.responses.create(**request)
        for call in (
            lambda: client.responses.create(**request),
            lambda: client.conversations.items.create(conversation, items=[user("c")]),
            lambda: client.conversations.items.delete(item, conversation_id=conversation),
        ):
            with pytest.raises(openai.BadRequestError) as caught:
                call()
            assert (caught.value.code, caught.value.param) == ("conversation_locked", "conversation")
        assert client.conversations.items.list(conversation).data
        while client.responses.retrieve(first.id).status != "completed":
            clock.advance(1)
        assert client.conversations.items.create(conversation, items=[user("c")]).data


def test_a_cancelled_turn_leaves_the_conversation_as_it_was() -> None:
    clock = ManualClock(hold=True)
    with world_of(Play(said("ok")), clock=clock) as server:
        client = server.client(max_retries=0)
        conversation = client.conversations.create().id
        request: Any = {"model": "gpt-4o", "conversation": conversation, "background": True}
        first = client.responses.create(input="a", **request)
        client.responses.cancel(first.id)
        clock.advance(1)
        second = client.responses.create(input="b", **request)
        while client.responses.retrieve(second.id).status != "completed":
            clock.advance(1)
        assert texts(client, conversation) == ["b", "ok"]


def test_a_conversation_deleted_at_work_stays_deleted() -> None:
    clock = ManualClock(hold=True)
    with world_of(Play(said("ok")), clock=clock) as server:
        client = server.client(max_retries=0)
        conversation = client.conversations.create().id
        made = client.responses.create(model="gpt-4o", input="a", conversation=conversation, background=True)
        client.conversations.delete(conversation)
        while client.responses.retrieve(made.id).status != "completed":
            clock.advance(1)
        assert server.world.store.table("items").of(conversation) == []


def test_an_unanswered_call_blocks_the_conversation_until_it_is_answered_or_removed(client: OpenAI) -> None:
    conversation = client.conversations.create().id
    tool: Any = {"type": "function", "name": "get_weather", "parameters": None, "strict": False}
    request: Any = {"model": "gpt-4o", "conversation": conversation, "tools": [tool]}
    call: Any = client.responses.create(input="The weather?", **request).output[0]
    with pytest.raises(openai.BadRequestError, match=f"No tool output found for function call {call.call_id}"):
        client.responses.create(input="Hello?", **request)
    client.conversations.items.delete(call.id, conversation_id=conversation)
    assert client.responses.create(input="Hello?", **request).status == "completed"


def test_an_item_given_again_is_refused(client: OpenAI) -> None:
    conversation = client.conversations.create().id
    made = client.responses.create(model="gpt-4o", input="a", conversation=conversation)
    again: Any = made.output[0].to_dict()
    with pytest.raises(openai.BadRequestError, match=f"Duplicate item found with id {again['id']}"):
        client.responses.create(model="gpt-4o", input=[again], conversation=conversation)


def test_results_and_images_are_shown_only_if_included(client: OpenAI) -> None:
    image: Any = {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}
    search: Any = {"type": "file_search_call", "queries": ["q"], "status": "completed", "results": [], "id": "fs_1"}
    conversation = client.conversations.create(items=[{"role": "user", "content": [image]}, search]).id
    plain = [item.to_dict() for item in client.conversations.items.list(conversation)]
    assert (plain[0]["results"], plain[1]["content"][0]["image_url"]) == (None, None)
    include: Any = ["file_search_call.results", "message.input_image.image_url"]
    full = [item.to_dict() for item in client.conversations.items.list(conversation, include=include)]
    assert (full[0]["results"], full[1]["content"][0]["image_url"]) == ([], "https://example.com/a.png")


def test_conversations_survive_a_restart(tmp_path: Path) -> None:
    with world_of(state=tmp_path / "state") as server:
        client = server.client()
        conversation = client.conversations.create(items=[user("a")]).id
        made = client.responses.create(model="gpt-4o", input="b", conversation=conversation)
    with world_of(state=tmp_path / "state") as server:
        client = server.client()
        assert texts(client, conversation)[:2] == ["a", "b"]
        assert client.responses.retrieve(made.id).output_text == made.output_text
        assert client.responses.create(model="gpt-4o", input="c", previous_response_id=made.id).status == "completed"


def test_a_background_response_goes_on_after_a_restart(tmp_path: Path) -> None:
    with world_of(Play(said("never")), state=tmp_path / "state", clock=ManualClock(hold=True)) as server:
        client = server.client()
        conversation = client.conversations.create().id
        made = client.responses.create(model="gpt-4o", input="a", conversation=conversation, background=True)
    with world_of(Play(said("late")), state=tmp_path / "state") as server:
        client = server.client()
        while made.status != "completed":
            made = client.responses.retrieve(made.id)
        assert texts(client, conversation) == ["a", "late"]
