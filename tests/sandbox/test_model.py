"""The deterministic model: what its code depends on, and what a turn makes it do."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.sandbox.digest import code_of
from assist2resp.sandbox.model import answer
from assist2resp.sandbox.prompt import (
    CodeInterpreter,
    Document,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    InterpreterCall,
    Prompt,
    Refusal,
    SearchCall,
    Text,
    Turn,
)

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Function("get_weather", "The weather", CITY, strict=False)
STOCK = Function(
    "get_stock_price", "The price", {"type": "object", "properties": {"symbol": {"type": "string"}}}, False
)
HANDBOOK = Document("file-1", "handbook.txt", "Returns are accepted within 30 days. Shipping is free.", "d1")
PRICES = Document("file-2", "prices.txt", "A lamp costs 20 euros. A chair costs 50 euros.", "d2")
BASE = Prompt(
    "gpt-4o",
    "Be brief.",
    (
        Turn("user", "The weather in Paris?"),
        FunctionCall("call_a", "get_weather", '{"city": "Paris", "unit": "c"}'),
        FunctionCall("call_b", "get_stock_price", "{}"),
        FunctionOutput("call_a", "sunny"),
        FunctionOutput("call_b", "12"),
        Turn("assistant", "It is sunny."),
        Turn("user", "And tomorrow?", images=("i1",), files=("f1",)),
    ),
    (WEATHER, STOCK, FileSearch((HANDBOOK, PRICES), 20), CodeInterpreter((PRICES,))),
)

H = BASE.history
DIFFERENT = {
    "model": replace(BASE, model="gpt-4o-mini"),
    "instructions": replace(BASE, instructions="Be very brief."),
    "no instructions": replace(BASE, instructions=""),
    "turn lost": replace(BASE, history=H[:-1]),
    "turn doubled": replace(BASE, history=(*H, H[-1])),
    "turns reordered": replace(BASE, history=(H[5], *H[:5], H[6])),
    "role": replace(BASE, history=(*H[:5], Turn("user", "It is sunny."), H[6])),
    "image lost": replace(BASE, history=(*H[:-1], replace(H[-1], images=()))),
    "file lost": replace(BASE, history=(*H[:-1], replace(H[-1], files=()))),
    "call lost": replace(BASE, history=(*H[:2], H[3], *H[5:])),
    "output changed": replace(BASE, history=(*H[:4], FunctionOutput("call_b", "13"), *H[5:])),
    "outputs swapped": replace(
        BASE, history=(*H[:3], FunctionOutput("call_a", "12"), FunctionOutput("call_b", "sunny"), *H[5:])
    ),
    "calls in two steps": replace(BASE, history=(H[0], H[1], H[3], H[2], *H[4:])),
    "arguments": replace(BASE, history=(H[0], FunctionCall("call_a", "get_weather", "{}"), *H[2:])),
    "function lost": replace(BASE, tools=BASE.tools[1:]),
    "description": replace(BASE, tools=(replace(WEATHER, description=""), *BASE.tools[1:])),
    "parameters": replace(BASE, tools=(replace(WEATHER, parameters=None), *BASE.tools[1:])),
    "strict": replace(BASE, tools=(replace(WEATHER, strict=True), *BASE.tools[1:])),
    "search lost": replace(BASE, tools=(*BASE.tools[:2], BASE.tools[3])),
    "document lost": replace(BASE, tools=(*BASE.tools[:2], FileSearch((HANDBOOK,), 20), BASE.tools[3])),
    "max_num_results": replace(BASE, tools=(*BASE.tools[:2], FileSearch((HANDBOOK, PRICES), 5), BASE.tools[3])),
    "threshold": replace(
        BASE, tools=(*BASE.tools[:2], FileSearch((HANDBOOK, PRICES), 20, {"score_threshold": 0.5}), BASE.tools[3])
    ),
    "interpreter lost": replace(BASE, tools=BASE.tools[:3]),
    "interpreter file": replace(BASE, tools=(*BASE.tools[:3], CodeInterpreter((HANDBOOK,)))),
    "tool_choice": replace(BASE, tool_choice="none"),
    "parallel_tool_calls": replace(BASE, parallel_tool_calls=False),
    "temperature": replace(BASE, temperature=0.2),
    "top_p": replace(BASE, top_p=0.5),
    "max_output_tokens": replace(BASE, max_output_tokens=1000),
    "effort": replace(BASE, reasoning_effort="low"),
    "format": replace(BASE, response_format={"type": "json_object"}),
}

SAME = {
    "white space of instructions": replace(BASE, instructions=" Be\n\n brief.\n"),
    "ids of calls": replace(
        BASE,
        history=tuple(
            replace(e, call_id=f"x{e.call_id}") if isinstance(e, FunctionCall | FunctionOutput) else e for e in H
        ),
    ),
    "arguments spelled otherwise": replace(
        BASE, history=(H[0], FunctionCall("call_a", "get_weather", '{"unit":"c","city":"Paris"}'), *H[2:])
    ),
    "order of outputs": replace(BASE, history=(*H[:3], H[4], H[3], *H[5:])),
    "order of tools": replace(BASE, tools=tuple(reversed(BASE.tools))),
    "ids of files": replace(
        BASE, tools=(*BASE.tools[:2], FileSearch((PRICES, replace(HANDBOOK, file_id="file-9")), 20), BASE.tools[3])
    ),
    "name of the ranker": replace(
        BASE,
        tools=(
            *BASE.tools[:2],
            FileSearch((HANDBOOK, PRICES), 20, {"ranker": "auto", "score_threshold": 0}),
            BASE.tools[3],
        ),
    ),
    "default temperature": replace(BASE, temperature=1, top_p=1.0),
    "text format": replace(BASE, response_format={"type": "text"}),
    "a search over nothing": replace(BASE, tools=(*BASE.tools, FileSearch((), 20))),
}


@pytest.mark.parametrize("changed", DIFFERENT.values(), ids=DIFFERENT)
def test_code_changes_with_what_the_model_is_given(changed: Prompt) -> None:
    assert code_of(changed) != code_of(BASE)


def test_changes_differ_from_one_another() -> None:
    codes = [code_of(prompt) for prompt in DIFFERENT.values()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("spelled", SAME.values(), ids=SAME)
def test_code_does_not_change_with_spelling(spelled: Prompt) -> None:
    assert code_of(spelled) == code_of(BASE)


def test_no_parameters_equal_an_empty_object() -> None:
    empty = Function("f", "", {"type": "object", "properties": {}}, strict=False)
    bare = replace(empty, parameters=None)
    assert code_of(replace(BASE, tools=(empty,))) == code_of(replace(BASE, tools=(bare,)))


TEXT = st.text(max_size=12)
CALL_IDS = st.sampled_from(["a", "b", "c"])
ENTRIES = st.one_of(
    st.builds(Turn, st.sampled_from(["user", "assistant"]), TEXT, st.tuples(TEXT) | st.just(())),
    st.builds(FunctionCall, CALL_IDS, TEXT, TEXT),
    st.builds(FunctionOutput, CALL_IDS, TEXT),
)
PROMPTS = st.builds(
    Prompt,
    model=st.sampled_from(["gpt-4o", "gpt-5"]),
    instructions=TEXT,
    history=st.lists(ENTRIES, max_size=5).map(tuple),
    tools=st.lists(st.builds(Function, TEXT, TEXT, st.none(), st.booleans()), max_size=2).map(tuple),
    temperature=st.none() | st.floats(0, 2),
    max_output_tokens=st.none() | st.integers(16, 99),
)


@given(PROMPTS, st.text(min_size=1))
def test_a_further_turn_always_changes_the_code(prompt: Prompt, text: str) -> None:
    assert code_of(replace(prompt, history=(*prompt.history, Turn("user", text)))) != code_of(prompt)


@given(PROMPTS, st.data())
def test_a_lost_entry_changes_the_code(prompt: Prompt, data: st.DataObject) -> None:
    if prompt.history:
        at = data.draw(st.integers(0, len(prompt.history) - 1))
        lost = prompt.history[:at] + prompt.history[at + 1 :]
        assert code_of(replace(prompt, history=lost)) != code_of(prompt)


@given(PROMPTS)
def test_renamed_calls_and_joined_instructions_do_not(prompt: Prompt) -> None:
    renamed = tuple(
        replace(entry, call_id=f"call_{entry.call_id}") if isinstance(entry, FunctionCall | FunctionOutput) else entry
        for entry in prompt.history
    )
    spelled = replace(prompt, history=renamed, instructions=f"{prompt.instructions}\n\n")
    assert code_of(spelled) == code_of(prompt)


@given(PROMPTS)
def test_any_prompt_is_answered_and_deltas_join(prompt: Prompt) -> None:
    given_back = answer(prompt)
    assert given_back == answer(prompt)
    for part in given_back.parts:
        if isinstance(part, Text):
            assert "".join(part.deltas) == part.text


def ask(text: str, *tools: Any, **settings: Any) -> Any:
    return answer(Prompt("gpt-4o", "", (Turn("user", text),), tools, **settings))


def called(text: str, *tools: Function, **settings: Any) -> list[tuple[str, Any]]:
    parts = ask(text, *tools, **settings).parts
    return [(part.name, json.loads(part.arguments)) for part in parts if isinstance(part, FunctionCall)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("What is the weather in Paris?", [("get_weather", {"city": "Paris"})], id="word"),
        pytest.param("get_weather please", [("get_weather", {"city": "city"})], id="name"),
        pytest.param('The WEATHER in "Rio de Janeiro"', [("get_weather", {"city": "Rio de Janeiro"})], id="quoted"),
        pytest.param("Whether to get it", [], id="other words"),
        pytest.param(
            "The stock price, and the weather in Rome",
            [("get_stock_price", {}), ("get_weather", {"city": "Rome"})],
            id="several in the order of the text",
        ),
    ],
)
def test_functions_are_called_when_named(text: str, expected: list[Any]) -> None:
    assert called(text, WEATHER, STOCK) == expected


def test_without_parallel_calls_one_comes_after_the_other() -> None:
    turn = Turn("user", "The weather in Rome and the stock price")
    prompt = Prompt("gpt-4o", "", (turn,), (WEATHER, STOCK), parallel_tool_calls=False)
    first = answer(prompt).parts
    assert [part.name for part in first] == ["get_weather"]
    history = (turn, FunctionCall("a", "get_weather", "{}"), FunctionOutput("a", "fine"))
    assert [part.name for part in answer(replace(prompt, history=history)).parts] == ["get_stock_price"]


@pytest.mark.parametrize(
    ("choice", "names"),
    [("required", ["get_stock_price"]), ("get_weather", ["get_weather"]), ("none", []), ("auto", [])],
)
def test_tool_choice_forces(choice: str, names: list[str]) -> None:
    assert [name for name, _ in called("hello", WEATHER, STOCK, tool_choice=choice)] == names


def test_outputs_are_quoted_and_nothing_is_called_twice() -> None:
    history = (Turn("user", "The weather?"), FunctionCall("a", "get_weather", "{}"), FunctionOutput("a", "sunny"))
    (part,) = answer(Prompt("gpt-4o", "", history, (WEATHER,), tool_choice="required")).parts
    assert "get_weather returned sunny" in part.text


SCHEMAS = {
    "enum named": ({"enum": ["celsius", "fahrenheit"]}, "in fahrenheit", "fahrenheit"),
    "enum first": ({"enum": ["celsius", "fahrenheit"]}, "the weather", "celsius"),
    "integer": ({"type": "integer"}, "for 3 days", 3),
    "number": ({"type": "number"}, "at 2.5 percent", 2.5),
    "out of bounds": ({"type": "integer", "minimum": 5, "maximum": 5}, "for 3 days", 5),
    "array": ({"type": "array", "items": {"type": "string"}}, "to `Rome`", ["Rome"]),
    "nested": ({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, "7", {"a": 7}),
    "nullable": ({"type": ["null", "string"]}, "to 'Rome'", "Rome"),
    "any of": ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "4", 4),
    "email": ({"type": "string", "format": "email"}, "write to Jo@x.org now", "Jo@x.org"),
    "const": ({"const": 9}, "", 9),
    "reference": ({"$ref": "#/$defs/n"}, "8", 8),
}


@pytest.mark.parametrize(("schema", "text", "expected"), SCHEMAS.values(), ids=SCHEMAS)
def test_arguments_come_from_schema_and_text(schema: dict[str, Any], text: str, expected: object) -> None:
    parameters = {"properties": {"x": schema}, "required": ["x"], "$defs": {"n": {"type": "integer"}}}
    assert called(f"task {text}", Function("run_task", "", parameters, strict=False)) == [("run_task", {"x": expected})]


def test_optional_properties_are_filled_when_named() -> None:
    parameters = {"type": "object", "properties": {"unit": {"enum": ["c", "f"]}, "days": {"type": "integer"}}}
    tool = Function("get_weather", "", parameters, strict=False)
    assert called("The weather for 3 days", tool) == [("get_weather", {"days": 3})]


LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 3},
        {"type": "integer", "minimum": -4, "maximum": 2},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["a", 1, None]},
        {"const": {"k": []}},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
    ]
)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


SCHEMA_TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).map(_object)
        | inner.map(lambda items: {"type": "array", "items": items, "minItems": 2})
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("abc"), SCHEMA_TREES, min_size=1).map(_object), st.text(max_size=20))
def test_structured_answers_obey_their_schema(schema: dict[str, Any], text: str) -> None:
    response_format = {"type": "json_schema", "name": "x", "schema": schema, "strict": True}
    (part,) = answer(Prompt("gpt-4o", "", (Turn("user", text),), response_format=response_format)).parts
    if isinstance(part, Text):
        jsonschema.validate(json.loads(part.text), schema)


def test_a_recursive_schema_ends() -> None:
    schema = _object({"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}})
    (part,) = ask("hi", response_format={"type": "json_schema", "name": "x", "schema": schema}).parts
    jsonschema.validate(json.loads(part.text), schema)


def test_structured_answers_carry_the_code() -> None:
    (part,) = ask("hi", response_format={"type": "json_object"}).parts
    prompt = Prompt("gpt-4o", "", (Turn("user", "hi"),), response_format={"type": "json_object"})
    assert json.loads(part.text)["answer"].endswith(f"[{code_of(prompt)}]")


def test_search_cites_the_document_that_shares_words() -> None:
    found, said = ask("How long are returns accepted?", FileSearch((PRICES, HANDBOOK), 20)).parts
    assert isinstance(found, SearchCall)
    assert [result.document.filename for result in found.results] == ["handbook.txt", "prices.txt"]
    (citation,) = said.citations
    assert said.text[: citation.index].endswith('handbook.txt says "Returns are accepted within 30 days"')


def test_search_obeys_its_limits() -> None:
    tool = FileSearch((PRICES, HANDBOOK), 20, {"score_threshold": 0.1})
    found = ask("How long are returns accepted?", tool).parts[0]
    assert [result.document for result in found.results] == [HANDBOOK]
    assert len(ask("Shipping", FileSearch((PRICES, HANDBOOK), 1)).parts[0].results) == 1


def test_long_documents_are_searched_in_passages() -> None:
    long = Document("f", "long.txt", " ".join(f"w{n}" for n in range(900)) + " needle", "d")
    found = ask("needle", FileSearch((long,), 20)).parts[0]
    assert found.results[0].text.endswith("needle")
    assert len(found.results) > 2


@pytest.mark.parametrize(
    ("text", "logs"),
    [
        ("calculate 12 * 7 + 1", "85\n"),
        ("Compute (2+3)*4 please", "20\n"),
        ("use python to add 3 and 4", "7\n"),
        ("compute 1/0", "1\n"),
    ],
)
def test_interpreter_reckons(text: str, logs: str) -> None:
    ran, said = ask(text, CodeInterpreter(())).parts
    assert ran.logs == logs
    assert f"The code printed {logs.strip()}." in said.text


def test_interpreter_reads_its_files() -> None:
    assert ask("run code", CodeInterpreter((replace(PRICES, text="a\nb\n"),))).parts[0].logs.startswith("2\n")


def test_interpreter_draws_a_png() -> None:
    ran = ask("plot a chart of 3, 5 and 8", CodeInterpreter(())).parts[0]
    assert isinstance(ran, InterpreterCall)
    assert ran.image is not None
    assert ran.image.startswith(b"\x89PNG\r\n\x1a\n")
    pixels = zlib.decompress(ran.image[ran.image.index(b"IDAT") + 4 : ran.image.index(b"IEND") - 8])
    assert len(pixels) == 80 * (1 + 3 * 120)


def test_interpreter_writes_the_csv_that_the_text_links() -> None:
    ran, said = ask("save 3 and 5 as sums.csv", CodeInterpreter(())).parts
    assert [(file.filename, file.data) for file in ran.files] == [("sums.csv", b"item,value\n1,3\n2,5\n")]
    (path,) = said.paths
    assert said.text[path.start : path.end] == "sandbox:/mnt/data/sums.csv"


def test_without_an_interpreter_no_code_runs() -> None:
    assert [type(part) for part in ask("calculate 1 + 1").parts] == [Text]


@pytest.mark.parametrize(
    ("text", "stop", "error"),
    [
        ("please refuse", "end", None),
        ("content filter", "content_filter", None),
        ("fail with rate_limit_exceeded", "error", "rate_limit_exceeded"),
        ("Fail with whatever", "error", "server_error"),
    ],
)
def test_ends_on_request(text: str, stop: str, error: str | None) -> None:
    given_back = ask(text)
    assert given_back.stop == stop
    assert (given_back.error or [None])[0] == error
    assert [type(part) for part in given_back.parts] == ([Refusal] if text == "please refuse" else [])


def test_max_output_tokens_cuts_the_text() -> None:
    given_back = ask("hello", max_output_tokens=16)
    assert given_back.stop == "length"
    assert given_back.usage.output_tokens == 16
    assert ask("hello", max_output_tokens=100).stop == "end"
