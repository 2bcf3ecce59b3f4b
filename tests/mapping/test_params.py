"""Assistants and runs as request arguments, and the account of every field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.mapping.params import arguments_of, prompt_of, run_arguments_of
from assist2resp.mapping.tools import text_format_of, tool_choice_of

FUNCTION = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {"a": {}}}}

TOOLS = {
    "function": (
        {"tools": [{"type": "function", "function": FUNCTION}]},
        [{"type": "function", **FUNCTION, "strict": False}],
    ),
    "strict function": (
        {"tools": [{"type": "function", "function": {**FUNCTION, "strict": True}}]},
        [{"type": "function", **FUNCTION, "strict": True}],
    ),
    "function without parameters": (
        {"tools": [{"type": "function", "function": {"name": "f", "strict": None}}]},
        [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}],
    ),
    "interpreter": (
        {"tools": [{"type": "code_interpreter"}]},
        [{"type": "code_interpreter", "container": {"type": "auto"}}],
    ),
    "interpreter with files": (
        {
            "tools": [{"type": "code_interpreter"}],
            "tool_resources": {"code_interpreter": {"file_ids": ["file-a", "file-b"]}},
        },
        [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-a", "file-b"]}}],
    ),
    "search": (
        {
            "tools": [{"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 0.5}}}],
            "tool_resources": {"file_search": {"vector_store_ids": ["vs_a"]}},
        },
        [
            {
                "type": "file_search",
                "max_num_results": 20,
                "ranking_options": {"score_threshold": 0.5},
                "vector_store_ids": ["vs_a"],
            }
        ],
    ),
    "search of an old model": (
        {
            "model": "gpt-3.5-turbo",
            "tools": [{"type": "file_search"}],
            "tool_resources": {"file_search": {"vector_store_ids": ["vs_a"]}},
        },
        [{"type": "file_search", "max_num_results": 5, "vector_store_ids": ["vs_a"]}],
    ),
}


@pytest.mark.parametrize(("settings", "expected"), TOOLS.values(), ids=TOOLS)
def test_tools(settings, expected):
    assert arguments_of({"model": "gpt-4o", **settings})["tools"] == expected


NO_TOOL = {
    "search without a store": ({"type": "file_search"}, "add it with the thread's store"),
    "retrieval": ({"type": "retrieval"}, "make a vector store"),
    "unknown": ({"type": "browser"}, "'browser' has no known new form"),
    "nothing": (None, "None has no known new form"),
    "nameless function": ({"type": "function"}, "without a name"),
}


@pytest.mark.parametrize(("tool", "reason"), NO_TOOL.values(), ids=NO_TOOL)
def test_a_tool_without_a_new_form_is_stated(tool, reason):
    record = prompt_of({"id": "asst_a", "model": "gpt-4o", "tools": [{"type": "code_interpreter"}, tool]}, "asst_a")
    assert [kept["type"] for kept in record.arguments["tools"]] == ["code_interpreter"]
    assert reason in record.losses.lost["tools.1"]


ARGUMENTS = {
    "least": ({"model": "gpt-6-luna"}, {"model": "gpt-6-luna", "truncation": "auto"}),
    "defaults": ({"temperature": 1.0, "top_p": 1.0, "response_format": "auto"}, {"truncation": "auto"}),
    "sampling": ({"temperature": 0, "top_p": 0.5}, {"truncation": "auto", "temperature": 0, "top_p": 0.5}),
    "effort": ({"reasoning_effort": "low"}, {"truncation": "auto", "reasoning": {"effort": "low"}}),
    "instructions": ({"instructions": "Be brief."}, {"truncation": "auto", "instructions": "Be brief."}),
    "code": (
        {"tools": [{"type": "code_interpreter"}]},
        {
            "truncation": "auto",
            "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
            "include": ["code_interpreter_call.outputs"],
        },
    ),
}


@pytest.mark.parametrize(("settings", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments(settings, expected):
    assert arguments_of(settings) == expected


def test_a_run_has_more_arguments():
    run = {
        "model": "gpt-4o",
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "max_completion_tokens": 7,
        "truncation_strategy": {"type": "last_messages", "last_messages": 3},
    }
    assert run_arguments_of(run) == {
        "model": "gpt-4o",
        "truncation": "auto",
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "max_output_tokens": 7,
    }


FORMATS = {
    "none": (None, None),
    "auto": ("auto", None),
    "text": ({"type": "text"}, None),
    "json": ({"type": "json_object"}, {"type": "json_object"}),
    "schema": (
        {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": None}},
        {"type": "json_schema", "name": "n", "schema": {"type": "object"}},
    ),
}


@pytest.mark.parametrize(("old", "expected"), FORMATS.values(), ids=FORMATS)
def test_text_formats(old, expected):
    assert text_format_of(old) == expected


@pytest.mark.parametrize(
    ("old", "expected"),
    [(None, None), ("auto", None), ("required", "required"), ({"type": "file_search"}, {"type": "file_search"})],
)
def test_tool_choices(old, expected):
    assert tool_choice_of(old) == expected


def test_a_model_that_ends_is_a_change():
    losses = prompt_of({"id": "asst_a", "model": "gpt-4o"}, "asst_a").losses
    assert "2027-01-14" in losses.changed["model"]
    assert "gpt-6-luna" in losses.changed["model"]
    assert prompt_of({"id": "asst_a", "model": "gpt-6-luna"}, "asst_a").losses.kept == ("model",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["id", "model", "name", "tools", "tool_resources", "metadata", "response_format", "temperature", "new_field"]
)


@given(st.dictionaries(NAMES | st.text(max_size=6), JSON, max_size=8))
def test_every_field_that_says_something_is_stated_once(assistant):
    record = prompt_of(assistant, "asst_a")
    stated = [*record.losses.kept, *record.losses.changed, *record.losses.lost]
    assert len(stated) == len(set(stated))
    said = {name for name, value in record.assistant.items() if value not in (None, "", [], {})}
    assert said == {name for name in stated if name in record.assistant}
    assert record.model_dump_json()
