"""Pages, errors, ids, events, and the checks of bodies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.sandbox import params
from assist2resp.sandbox.assistants_params import ASSISTANT, MESSAGE, RUN, THREAD, THREAD_AND_RUN, TOOL_OUTPUTS
from assist2resp.sandbox.wire import Ids, WireError, page, sse

ROWS = [{"id": f"x{number}"} for number in range(1, 8)]

PAGES = {
    "newest first by default": ({}, "7654321", False),
    "oldest first": ({"order": "asc"}, "1234567", False),
    "limited": ({"limit": "3"}, "765", True),
    "limited exactly": ({"limit": "7"}, "7654321", False),
    "after": ({"limit": "3", "after": "x5"}, "432", True),
    "after, to the end": ({"limit": "3", "after": "x3"}, "21", False),
    "after the last": ({"after": "x1"}, "", False),
    "after, oldest first": ({"order": "asc", "limit": "2", "after": "x2"}, "34", True),
    "before: the page directly before": ({"limit": "2", "before": "x3"}, "54", True),
    "before, to the start": ({"limit": "5", "before": "x4"}, "765", False),
    "after and before": ({"after": "x7", "before": "x3", "limit": "2"}, "65", True),
    "empty values count as absent": ({"limit": "", "order": "", "after": ""}, "7654321", False),
}


@pytest.mark.parametrize(("query", "expected", "more"), PAGES.values(), ids=PAGES)
def test_pages(query, expected, more):
    answer = page(ROWS, query)
    assert "".join(row["id"][1:] for row in answer["data"]) == expected
    assert answer["has_more"] is more
    assert answer["first_id"] == (f"x{expected[0]}" if expected else None)
    assert answer["last_id"] == (f"x{expected[-1]}" if expected else None)


BAD_PAGES = {
    "limit above": ({"limit": "101"}, "integer_above_max_value", "Expected a value <= 100, but got 101 instead."),
    "limit below": ({"limit": "0"}, "integer_below_min_value", "Expected a value >= 1, but got 0 instead."),
    "limit a word": ({"limit": "many"}, "invalid_type", "Invalid type for 'limit'"),
    "order": ({"order": "up"}, "invalid_value", "Supported values are: 'asc' and 'desc'."),
    "after": ({"after": "x99"}, "invalid_value", "'x99'"),
    "before": ({"before": "x99"}, "invalid_value", "'x99'"),
}


@pytest.mark.parametrize(("query", "code", "text"), BAD_PAGES.values(), ids=BAD_PAGES)
def test_bad_pages(query, code, text):
    with pytest.raises(WireError) as caught:
        page(ROWS, query)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert text in caught.value.message


def test_before_can_be_unknown_to_a_route():
    assert page(ROWS, {"before": "x99"}, before=False)["first_id"] == "x7"


@given(st.integers(0, 30), st.integers(1, 9), st.sampled_from(["asc", "desc"]))
def test_paging_visits_every_row_once(count, limit, order):
    rows = [{"id": str(number)} for number in range(count)]
    seen, query = [], {"limit": str(limit), "order": order}
    while True:
        answer = page(rows, query)
        seen += [row["id"] for row in answer["data"]]
        if not answer["has_more"]:
            break
        query["after"] = answer["last_id"]
    assert seen == [row["id"] for row in (rows if order == "asc" else rows[::-1])]


def test_ids_repeat_for_a_seed_and_differ_between_seeds():
    first, second, other = Ids("a"), Ids("a"), Ids("b")
    made = [first.new("run_") for _ in range(50)]
    assert made == [second.new("run_") for _ in range(50)]
    assert len(set(made)) == 50
    assert other.new("run_") not in made
    assert len(first.new("cntr_", 60)) == 65


def test_events():
    assert sse("done", "[DONE]") == b"event: done\ndata: [DONE]\n\n"
    assert sse(None, {"a": "é\n"}) == 'data: {"a":"é\\n"}\n\n'.encode()


def test_errors_have_the_four_keys():
    response = WireError(400, "No.", param="p", code="c", headers={"retry-after": "1"}).response()
    assert json.loads(response.body) == {
        "error": {"message": "No.", "type": "invalid_request_error", "param": "p", "code": "c"}
    }
    assert response.headers["retry-after"] == "1"


FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
GOOD = {
    "smallest assistant": (ASSISTANT, {"model": "gpt-4o"}),
    "nulls": (ASSISTANT, {"model": "gpt-4o", "name": None, "instructions": None, "temperature": None}),
    "every tool": (
        ASSISTANT,
        {
            "model": "gpt-4o",
            "tools": [
                FUNCTION,
                {"type": "code_interpreter"},
                {"type": "file_search", "file_search": {"max_num_results": 3}},
            ],
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
        },
    ),
    "message of parts": (
        MESSAGE,
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "see"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
            ],
            "attachments": [{"file_id": "file-a", "tools": [{"type": "file_search"}]}],
        },
    ),
    "run": (RUN, {"assistant_id": "asst_a", "tool_choice": {"type": "function", "function": {"name": "f"}}}),
    "outputs": (TOOL_OUTPUTS, {"tool_outputs": [{"tool_call_id": "call_a", "output": ""}]}),
}


@pytest.mark.parametrize(("shape", "body"), GOOD.values(), ids=GOOD)
def test_accepted_bodies(shape, body):
    shape(body, "")


BAD = {
    "model missing": (ASSISTANT, {}, "missing_required_parameter", "Missing required parameter: 'model'."),
    "v1 file_ids": (
        ASSISTANT,
        {"model": "m", "file_ids": []},
        "unknown_parameter",
        "Unknown parameter: 'file_ids'.",
    ),
    "v1 retrieval": (
        ASSISTANT,
        {"model": "m", "tools": [{"type": "retrieval"}]},
        "invalid_value",
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'function', and 'file_search'.",
    ),
    "v1 message files": (
        MESSAGE,
        {"role": "user", "content": "a", "file_ids": ["file-a"]},
        "unknown_parameter",
        "Unknown parameter: 'file_ids'.",
    ),
    "flat tool": (
        ASSISTANT,
        {"model": "m", "tools": [{"type": "function", "name": "f"}]},
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].function'.",
    ),
    "metadata of booleans": (
        THREAD,
        {"metadata": {"modified": True}},
        "invalid_type",
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
    ),
    "metadata too long": (THREAD, {"metadata": {"k": "v" * 513}}, "string_above_max_length", "maximum length 512"),
    "metadata key too long": (THREAD, {"metadata": {"k" * 65: "v"}}, "string_above_max_length", "maximum length 64"),
    "metadata too many": (
        THREAD,
        {"metadata": {str(number): "" for number in range(17)}},
        "object_above_max_properties",
        "17 properties",
    ),
    "metadata no object": (THREAD, {"metadata": []}, "invalid_type", "expected an object, but got an array instead."),
    "name too long": (
        ASSISTANT,
        {"model": "m", "name": "n" * 257},
        "string_above_max_length",
        "Expected a string with maximum length 256, but got a string with length 257 instead.",
    ),
    "too hot": (
        ASSISTANT,
        {"model": "m", "temperature": 2.5},
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
    ),
    "temperature a string": (
        ASSISTANT,
        {"model": "m", "temperature": "1"},
        "invalid_type",
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ),
    "too many tools": (
        ASSISTANT,
        {"model": "m", "tools": [FUNCTION] * 129},
        "array_above_max_length",
        "maximum length 128, but got an array with length 129",
    ),
    "function name": (
        ASSISTANT,
        {"model": "m", "tools": [{"type": "function", "function": {"name": "a b"}}]},
        "invalid_value",
        "Invalid 'tools[0].function.name': string does not match pattern.",
    ),
    "function name empty": (
        ASSISTANT,
        {"model": "m", "tools": [{"type": "function", "function": {"name": ""}}]},
        "empty_string",
        "empty string",
    ),
    "system role": (
        MESSAGE,
        {"role": "system", "content": "a"},
        "invalid_value",
        "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    ),
    "content a number": (
        MESSAGE,
        {"role": "user", "content": 1},
        "invalid_type",
        "Invalid type for 'content': expected one of a string or array of objects, but got an integer instead.",
    ),
    "nested in a thread": (
        THREAD,
        {"messages": [{"role": "user"}]},
        "missing_required_parameter",
        "Missing required parameter: 'messages[0].content'.",
    ),
    "two stores": (
        THREAD,
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_a", "vs_b"]}}},
        "array_above_max_length",
        "maximum length 1",
    ),
    "assistant_id": (
        RUN,
        {"assistant_id": "thread_a"},
        "invalid_value",
        "Invalid 'assistant_id': 'thread_a'. Expected an ID that begins with 'asst'.",
    ),
    "max_prompt_tokens": (
        RUN,
        {"assistant_id": "asst_a", "max_prompt_tokens": 255},
        "integer_below_min_value",
        "Expected a value >= 256, but got 255 instead.",
    ),
    "max_completion_tokens decimal": (
        RUN,
        {"assistant_id": "asst_a", "max_completion_tokens": 1.5},
        "invalid_type",
        "expected an integer, but got a decimal number instead.",
    ),
    "unknown inside a thread": (
        THREAD_AND_RUN,
        {"assistant_id": "asst_a", "thread": {"title": "t"}},
        "unknown_parameter",
        "Unknown parameter: 'thread.title'.",
    ),
    "outputs null": (
        TOOL_OUTPUTS,
        {"tool_outputs": None},
        "invalid_type",
        "expected an array, but got null instead.",
    ),
    "new wire's input": (RUN, {"assistant_id": "asst_a", "input": "a"}, "unknown_parameter", "'input'"),
}


@pytest.mark.parametrize(("shape", "body", "code", "text"), BAD.values(), ids=BAD)
def test_refused_bodies(shape, body, code, text):
    with pytest.raises(WireError) as caught:
        shape(body, "")
    assert (caught.value.status, caught.value.type, caught.value.code) == (400, "invalid_request_error", code)
    assert text in caught.value.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SHAPES = {"assistant": ASSISTANT, "thread": THREAD, "message": MESSAGE, "run": RUN, "outputs": TOOL_OUTPUTS}
KEYS = ["role", "content", "tools", "model", "metadata", "messages", "assistant_id", "tool_resources", "tool_outputs"]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@given(body=st.dictionaries(st.sampled_from([*KEYS, "attachments", "response_format"]), json_values, max_size=5))
def test_any_body_is_accepted_or_refused_as_the_api_does(shape, body):
    try:
        shape(body, "")
    except WireError as error:
        assert error.status == 400
        assert error.code


def test_an_array_may_have_to_hold_something():
    with pytest.raises(WireError, match="empty array") as caught:
        params.array(params.boolean, least=1)([], "a")
    assert caught.value.code == "empty_array"
