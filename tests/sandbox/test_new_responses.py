"""Responses: what a plain one is, what continues what, and everything that the API refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import openai
import pytest
from openai import OpenAI

from assist2resp.sandbox.clock import ManualClock
from tests.sandbox.old_scene import Play, called, said, world_of

CITY = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"type": "function", "name": "get_weather", "parameters": {**CITY, "required": ["city"]}, "strict": False}
SEARCH = {"type": "file_search", "vector_store_ids": ["vs_1"]}


@pytest.fixture
def client() -> Iterator[OpenAI]:
    with world_of() as server:
        yield server.client(max_retries=0, _strict_response_validation=True)


def test_a_response_and_what_is_stored_of_it(client: OpenAI) -> None:
    made = client.responses.create(
        model="gpt-4o", input="Hello", instructions="Be brief.", metadata={"a": "b"}, temperature=0.5
    )
    assert (made.status, made.model, made.instructions) == ("completed", "gpt-4o-2024-08-06", "Be brief.")
    assert made.output_text.startswith('About "Hello"')
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens
    assert client.responses.retrieve(made.id) == made
    (item,) = client.responses.input_items.list(made.id)
    assert item.to_dict()["content"] == [{"type": "input_text", "text": "Hello"}]
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError, match=f"Response with id '{made.id}' not found"):
        client.responses.retrieve(made.id)


def test_a_response_that_is_not_stored(client: OpenAI) -> None:
    made = client.responses.create(model="gpt-4o", input="Hello", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def test_the_chain_of_responses_is_the_history() -> None:
    play = Play(said("one"), said("two"), said("three"))
    with world_of(play) as server:
        client = server.client()
        first = client.responses.create(model="gpt-4o", input="a", instructions="only here")
        second = client.responses.create(model="gpt-4o", input="b", previous_response_id=first.id)
        client.responses.create(model="gpt-4o", input="c", previous_response_id=second.id)
        assert [turn.text for turn in play.prompts[2].history] == ["a", "one", "b", "two", "c"]
        assert play.prompts[2].instructions == ""
        client.responses.delete(first.id)
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model="gpt-4o", input="d", previous_response_id=second.id)
        assert caught.value.code == "previous_response_not_found"


def test_a_chain_may_begin_in_a_conversation() -> None:
    play = Play(said("one"), said("two"))
    with world_of(play) as server:
        client = server.client()
        conversation = client.conversations.create(items=[{"role": "user", "content": "before"}])
        first = client.responses.create(model="gpt-4o", input="a", conversation=conversation.id)
        client.responses.create(model="gpt-4o", input="b", previous_response_id=first.id)
        assert [turn.text for turn in play.prompts[1].history] == ["before", "a", "one", "b"]


def test_functions_are_called_and_answered(client: OpenAI) -> None:
    asked = client.responses.create(model="gpt-4o", input="The weather in Rome?", tools=[FUNCTION])
    (call,) = asked.output
    assert (asked.status, call.type, call.name, call.arguments) == (
        "completed",
        "function_call",
        "get_weather",
        '{"city":"Rome"}',
    )
    output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    told = client.responses.create(model="gpt-4o", input=[output], previous_response_id=asked.id, tools=[FUNCTION])
    assert "get_weather returned sunny" in told.output_text


def test_an_input_may_refer_to_an_item() -> None:
    play = Play(said("one"), said("two"))
    with world_of(play) as server:
        client = server.client()
        first = client.responses.create(model="gpt-4o", input="a")
        reference: Any = {"type": "item_reference", "id": first.output[0].id}
        client.responses.create(model="gpt-4o", input=[reference, {"role": "user", "content": "b"}])
        assert [turn.text for turn in play.prompts[1].history] == ["one", "b"]
        with pytest.raises(openai.NotFoundError, match="Item with id 'msg_x' not found"):
            client.responses.create(model="gpt-4o", input=[{"type": "item_reference", "id": "msg_x"}])


def user(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": list(parts)}]


CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "x"}
REFUSED: dict[str, tuple[dict[str, Any], int, str, str | None, str | None]] = {
    "nothing given": ({}, 400, "must be provided", None, "missing_required_parameter"),
    "unknown model": ({"input": "a", "model": "x"}, 400, "'x' does not exist", "model", "model_not_found"),
    "retired model": ({"input": "a", "model": "gpt-4-32k"}, 404, "deprecated", "model", "model_not_found"),
    "unknown parameter": (
        {"input": "a", "nonsense": 1},
        400,
        "Unknown parameter: 'nonsense'",
        "nonsense",
        "unknown_parameter",
    ),
    "moved parameter": ({"messages": []}, 400, "moved to 'input'", "messages", "unsupported_parameter"),
    "assistant's part": (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "a"}]}]},
        400,
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        "input[0].content[0]",
        "invalid_value",
    ),
    "old part": (
        {"input": user({"type": "text", "text": "a"})},
        400,
        "Invalid value: 'text'",
        "input[0].content[0]",
        "invalid_value",
    ),
    "old image": (
        {"input": user({"type": "input_image", "image_url": {"url": "https://x"}})},
        400,
        "expected a string",
        "input[0].content[0].image_url",
        "invalid_type",
    ),
    "field of a message": (
        {"input": [{"role": "user", "content": "a", "metadata": {}}]},
        400,
        "Unknown parameter: 'input[0].metadata'",
        "input[0].metadata",
        "unknown_parameter",
    ),
    "role": (
        {"input": [{"role": "tool", "content": "a"}]},
        400,
        "Invalid value: 'tool'",
        "input[0].role",
        "invalid_value",
    ),
    "unknown item": ({"input": [{"type": "x"}]}, 400, "Invalid value: 'x'", "input[0].type", "invalid_value"),
    "output as an object": (
        {"input": [CALL, {**OUTPUT, "output": {"a": 1}}]},
        400,
        "expected one of an array of objects or string",
        "input[1].output",
        "invalid_type",
    ),
    "unanswered call": ({"input": [CALL]}, 400, "No tool output found for function call call_1.", "input", None),
    "unknown call": (
        {"input": [OUTPUT]},
        400,
        "No tool call found for function call output with call_id call_1.",
        "input",
        None,
    ),
    "output before its call": ({"input": [OUTPUT, CALL]}, 400, "No tool call found", "input", None),
    "same item twice": (
        {"input": [{**CALL, "id": "fc_1"}, {**OUTPUT, "id": "fc_1"}]},
        400,
        "Duplicate item found with id fc_1",
        "input",
        None,
    ),
    "nested function": (
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        400,
        "Missing required parameter: 'tools[0].name'",
        "tools[0].name",
        "missing_required_parameter",
    ),
    "no container": (
        {"tools": [{"type": "code_interpreter"}]},
        400,
        "Missing required parameter",
        "tools[0].container",
        "missing_required_parameter",
    ),
    "no vector stores": (
        {"tools": [{"type": "file_search"}]},
        400,
        "Missing required parameter",
        "tools[0].vector_store_ids",
        "missing_required_parameter",
    ),
    "nested search": (
        {"tools": [{**SEARCH, "file_search": {"max_num_results": 3}}]},
        400,
        "Unknown parameter",
        "tools[0].file_search",
        "unknown_parameter",
    ),
    "unknown vector store": ({"tools": [SEARCH]}, 404, "vs_1", "tools", None),
    "too many results": (
        {"tools": [{**SEARCH, "max_num_results": 51}]},
        400,
        "51",
        "tools[0].max_num_results",
        "integer_above_max_value",
    ),
    "retrieval": (
        {"tools": [{"type": "retrieval"}]},
        400,
        "Invalid value: 'retrieval'",
        "tools[0].type",
        "invalid_value",
    ),
    "open strict schema": (
        {"tools": [{**FUNCTION, "strict": True}]},
        400,
        "'additionalProperties' is required to be supplied and to be false",
        "tools[0].parameters",
        "invalid_function_parameters",
    ),
    "nested tool choice": (
        {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
        400,
        "Missing required parameter: 'tool_choice.name'",
        "tool_choice.name",
        "missing_required_parameter",
    ),
    "choice of no tool": (
        {"tool_choice": {"type": "function", "name": "f"}},
        400,
        "'f' not found in 'tools'",
        "tool_choice",
        None,
    ),
    "required without tools": ({"tool_choice": "required"}, 400, "must be specified with 'tools'", "tool_choice", None),
    "nested format": (
        {"text": {"format": {"type": "json_schema", "json_schema": {"name": "n"}}}},
        400,
        "Missing required parameter",
        "text.format.name",
        "missing_required_parameter",
    ),
    "no word of JSON": (
        {"text": {"format": {"type": "json_object"}}},
        400,
        "must contain the word 'json'",
        "input",
        None,
    ),
    "temperature while reasoning": (
        {"model": "gpt-5", "temperature": 1},
        400,
        "Unsupported parameter: 'temperature' is not supported with this model.",
        "temperature",
        None,
    ),
    "top_p while reasoning": ({"model": "gpt-6-luna", "top_p": 0.5}, 400, "'top_p' is not supported", "top_p", None),
    "effort without reasoning": (
        {"reasoning": {"effort": "low"}},
        400,
        "'reasoning.effort' is not supported with this model",
        "reasoning.effort",
        "unsupported_parameter",
    ),
    "unsupported effort": (
        {"model": "gpt-6-astra", "reasoning": {"effort": "none"}},
        400,
        "Unsupported value: 'none' is not supported with the 'gpt-6-astra' model.",
        "reasoning.effort",
        "unsupported_value",
    ),
    "two sources": (
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        400,
        "Mutually exclusive",
        None,
        "mutually_exclusive_parameters",
    ),
    "no such conversation": ({"conversation": "conv_1"}, 404, "Conversation with id 'conv_1' not found.", None, None),
    "a thread": (
        {"conversation": "thread_1"},
        400,
        "Expected an ID that begins with 'conv'",
        "conversation",
        "invalid_value",
    ),
    "no such response": (
        {"previous_response_id": "resp_1"},
        400,
        "Previous response with id 'resp_1' not found.",
        "previous_response_id",
        "previous_response_not_found",
    ),
    "prompt object": ({"prompt": {"id": "pmpt_1"}}, 404, "Prompt with id 'pmpt_1' not found", "prompt", None),
    "background unstored": ({"background": True, "store": False}, 400, "store", "background", "invalid_value"),
    "stream options": (
        {"stream_options": {"include_obfuscation": False}},
        400,
        "only allowed when",
        "stream_options",
        None,
    ),
    "few tokens": (
        {"max_output_tokens": 15},
        400,
        "Expected a value >= 16",
        "max_output_tokens",
        "integer_below_min_value",
    ),
    "temperature": ({"temperature": 2.1}, 400, "Expected a value <= 2", "temperature", "decimal_above_max_value"),
    "metadata": ({"metadata": {"k": "v" * 513}}, 400, "string too long", "metadata.k", "string_above_max_length"),
    "much metadata": (
        {"metadata": {str(n): "" for n in range(17)}},
        400,
        "16 properties",
        "metadata",
        "object_above_max_properties",
    ),
    "include": ({"include": ["usage"]}, 400, "Invalid value: 'usage'", "include[0]", "invalid_value"),
    "long input": (
        {"model": "gpt-3.5-turbo", "input": "word " * 16_400},
        400,
        "context window",
        "input",
        "context_length_exceeded",
    ),
}


@pytest.mark.parametrize(("request_body", "status", "text", "param", "code"), REFUSED.values(), ids=REFUSED)
def test_refusals(
    client: OpenAI, request_body: dict[str, Any], status: int, text: str, param: str | None, code: str | None
) -> None:
    given: dict[str, Any] = {
        "model": "gpt-4o",
        **({} if not request_body or "messages" in request_body else {"input": "a"}),
        **request_body,
    }
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/responses", body=given, cast_to=object)
    error: Any = caught.value.body
    assert (caught.value.status_code, error["type"]) == (status, "invalid_request_error")
    assert text in error["message"]
    assert (error["param"], error["code"]) == (param, code)


ALLOWED: dict[str, dict[str, Any]] = {
    "a conversation object": {"conversation": None},
    "temperature without effort": {"model": "gpt-6-luna", "reasoning": {"effort": "none"}, "temperature": 0.2},
    "temperature where none is the default": {"model": "gpt-5.4", "temperature": 0.2},
    "text format": {"text": {"format": {"type": "text"}, "verbosity": "low"}},
    "JSON in the instructions": {"text": {"format": {"type": "json_object"}}, "instructions": "Answer in JSON."},
    "inert tools": {
        "tools": [{"type": "web_search"}, {"type": "image_generation"}, {"type": "mcp", "server_label": "s"}]
    },
    "allowed tools": {
        "tools": [FUNCTION],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "auto",
            "tools": [{"type": "function", "name": "get_weather"}],
        },
    },
    "choice of a hosted tool": {
        "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
        "tool_choice": {"type": "code_interpreter"},
    },
    "metadata at its limits": {"metadata": {f"{n:064}": "v" * 512 for n in range(16)}},
    "fine-tune": {"model": "ft:gpt-4o-mini:acme::1"},
}


def test_a_model_must_be_named(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Missing required parameter: 'model'") as caught:
        client.responses.create(input="a")
    assert (caught.value.param, caught.value.code) == ("model", "missing_required_parameter")


@pytest.mark.parametrize("request_body", ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed(client: OpenAI, request_body: dict[str, Any]) -> None:
    made = client.responses.create(**{"model": "gpt-4o", "input": "Hello", **request_body})
    assert made.status == "completed"


@pytest.mark.parametrize(
    ("today", "model", "error"),
    [
        (date(2026, 11, 21), "gpt-4", openai.NotFoundError),
        (date(2026, 11, 21), "nonsense", openai.NotFoundError),
        (date(2027, 1, 14), "ft:gpt-4o:acme::1", openai.NotFoundError),
    ],
)
def test_models_of_another_day(today: date, model: str, error: type[openai.APIStatusError]) -> None:
    with world_of(today=today) as server, pytest.raises(error) as caught:
        server.client().responses.create(model=model, input="a")
    assert caught.value.code == "model_not_found"


def test_prompt_objects_end() -> None:
    with world_of(today=date(2026, 11, 30)) as server, pytest.raises(openai.BadRequestError) as caught:
        server.client().responses.create(model="gpt-5", input="a", prompt={"id": "pmpt_1"})
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "prompt")


def test_truncation_drops_the_beginning() -> None:
    play = Play(said("ok"))
    with world_of(play) as server:
        inputs: Any = [{"role": "user", "content": text} for text in ("first " * 9_000, "second " * 9_000, "last")]
        server.client().responses.create(model="gpt-3.5-turbo", input=inputs, truncation="auto")
    assert [turn.text[:6] for turn in play.prompts[0].history] == ["second", "last"]


@pytest.mark.parametrize(
    ("text", "status", "details"),
    [
        ("fail with rate_limit_exceeded", "failed", ("error", "rate_limit_exceeded")),
        ("content filter", "incomplete", ("incomplete_details", "content_filter")),
    ],
)
def test_ends_other_than_completed(client: OpenAI, text: str, status: str, details: tuple[str, str]) -> None:
    made = client.responses.create(model="gpt-4o", input=text)
    shown: Any = made.to_dict()[details[0]]
    assert made.status == status
    assert details[1] in shown.values()


def test_few_output_tokens_end_incomplete(client: OpenAI) -> None:
    made = client.responses.create(model="gpt-4o", input="hello", max_output_tokens=16)
    assert made.incomplete_details is not None
    assert (made.status, made.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert made.output[0].to_dict()["status"] == "incomplete"


def test_a_model_that_reasons_says_so_first(client: OpenAI) -> None:
    made = client.responses.create(model="gpt-5", input="hello", include=["reasoning.encrypted_content"])
    assert [item.type for item in made.output] == ["reasoning", "message"]
    assert made.output[0].to_dict()["encrypted_content"]
    assert "encrypted_content" not in client.responses.retrieve(made.id).output[0].to_dict()
    plain = client.responses.create(model="gpt-6-luna", input="hello", reasoning={"effort": "none"})
    assert [item.type for item in plain.output] == ["message"]


def test_strict_follows_from_the_schema_when_absent(client: OpenAI) -> None:
    closed: Any = {"type": "function", "name": "f", "parameters": {**CITY, "required": ["city"]}}
    tools_given: Any = [closed, {**closed, "name": "g", "parameters": CITY}]
    made = client.responses.create(model="gpt-4o", input="a", tools=tools_given)
    tools = [tool.to_dict() for tool in made.tools]
    assert [tool["strict"] for tool in tools] == [True, False]
    assert tools[0]["parameters"]["additionalProperties"] is False
    assert "additionalProperties" not in tools[1]["parameters"]


def test_counting_input_tokens(client: OpenAI) -> None:
    counted = client.responses.input_tokens.count(model="gpt-4o", input="one two three", instructions="four five")
    assert counted.input_tokens == 3 + 3 + 2
    made = client.responses.create(model="gpt-4o", input="one two three", instructions="four five")
    assert made.usage is not None
    assert made.usage.input_tokens == counted.input_tokens


def test_compacting_keeps_the_users_messages() -> None:
    play = Play(said("ok"))
    with world_of(play) as server:
        client = server.client()
        inputs: Any = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        body = {"model": "gpt-4o", "input": inputs}
        compacted: Any = client.post("/responses/compact", body=body, cast_to=object)
        assert [item["type"] for item in compacted["output"]] == ["message", "compaction"]
        client.responses.create(model="gpt-4o", input=[*compacted["output"], {"role": "user", "content": "c"}])
    assert [turn.role for turn in play.prompts[0].history] == ["user", "developer", "user"]


def test_background_responses_are_polled_cancelled_and_gone_on_with(client: OpenAI) -> None:
    clock = ManualClock(hold=True)
    with world_of(Play(said("done")), clock=clock) as server:
        client = server.client()
        made = client.responses.create(model="gpt-4o", input="a", background=True)
        assert made.status == "queued"
        other = client.responses.create(model="gpt-4o", input="b", background=True)
        cancelled = client.responses.cancel(other.id)
        assert (cancelled.status, cancelled.output) == ("cancelled", [])
        assert client.responses.cancel(other.id).status == "cancelled"
        clock.advance(1)
        while (made := client.responses.retrieve(made.id)).status != "completed":
            assert made.status in ("queued", "in_progress")
            clock.advance(1)
        assert made.output_text == "done"
        assert client.responses.retrieve(other.id).status == "cancelled"


def test_only_background_responses_can_be_cancelled(client: OpenAI) -> None:
    made = client.responses.create(model="gpt-4o", input="a")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)


def test_hosted_calls_beyond_the_limit_are_ignored() -> None:
    with world_of() as server:
        client = server.client()
        store = client.vector_stores.create(name="s")
        file = client.files.create(file=("a.txt", b"plotting is fun"), purpose="assistants")
        client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
        tools: Any = [
            {"type": "file_search", "vector_store_ids": [store.id]},
            {"type": "code_interpreter", "container": {"type": "auto"}},
        ]
        both = client.responses.create(model="gpt-4o", input="plotting: plot 1 and 2", tools=tools)
        one = client.responses.create(model="gpt-4o", input="plotting: plot 1 and 2", tools=tools, max_tool_calls=1)
    assert [item.type for item in both.output] == ["file_search_call", "code_interpreter_call", "message"]
    assert [item.type for item in one.output] == ["file_search_call", "message"]


def test_a_call_is_shown_with_a_new_id_each_time() -> None:
    with world_of(Play(called("get_weather"))) as server:
        client = server.client()
        made = [client.responses.create(model="gpt-4o", input="a", tools=[FUNCTION]).output[0] for _ in range(2)]
    assert len({item.to_dict()["call_id"] for item in made}) == 2
