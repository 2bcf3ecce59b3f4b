"""Source expressions of the old shapes become the new ones, or None where the source does not say enough."""

from __future__ import annotations

import ast
import pprint
import textwrap
from typing import Any

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.rewrite.literals.converted import (
    Lookup,
    Resources,
    assistant_arguments,
    input_message,
    is_text,
    message_content,
    messages,
    run_overrides,
    text_format,
    tool_choice,
    tool_output,
    tools,
)
from assist2resp.rewrite.syntax.edits import Edits
from assist2resp.rewrite.syntax.nodes import descendants, dotted, string_value
from assist2resp.rewrite.syntax.scope_walk import index_module

param = pytest.param


class Source:
    """A module, its calls of `create(…)` and a lookup that has them as its sites."""

    def __init__(self, text: str, shared: tuple[str, ...] = ()) -> None:
        self.tree = cst.parse_module(textwrap.dedent(text))
        self.scopes = index_module(self.tree, "app")
        self.calls = [call for call in self.scopes.calls if (dotted(call.func) or "").split(".")[-1] == "create"]
        self.look = Lookup(self.scopes, frozenset(self.calls), shared.__contains__)

    def argument(self, name: str) -> cst.BaseExpression:
        """The value of the first call's argument."""
        return next(arg.value for arg in self.calls[0].args if arg.keyword and arg.keyword.value == name)

    def changed(self, old: cst.CSTNode, new: cst.CSTNode, *more: tuple[cst.CSTNode, cst.CSTNode]) -> str:
        """The module's text with nodes replaced."""
        edits = Edits()
        for before, after in ((old, new), *more):
            edits.replace(before, after)
        text = edits.apply(self.tree, self.scopes).code
        ast.parse(text)
        return text


def text_of(node: cst.CSTNode | None) -> str | None:
    return None if node is None else cst.Module([]).code_for_node(node)


def lone(expression: str) -> Source:
    return Source(f"create(x={expression})\n")


# assistant_arguments --------------------------------------------------------------------------------------------------

ASSISTANTS = [
    param('create(model="gpt-4o")', '{"model": "gpt-4o", "truncation": "auto"}', id="model alone"),
    param("create(model='m', top_p=.5)", "{'model': 'm', 'top_p': .5, 'truncation': 'auto'}", id="quotes of the user"),
    param('create(name="A", model=MODEL)', '{"model": MODEL, "truncation": "auto"}', id="name left out"),
    param(
        'create(model="m", instructions=None, temperature=NOT_GIVEN, top_p=openai.NOT_GIVEN, tools=omit)',
        '{"model": "m", "truncation": "auto"}',
        id="arguments that say nothing",
    ),
    param(
        'create(model="m", extra_headers={"OpenAI-Beta": "assistants=v2"}, timeout=20)',
        '{"model": "m", "truncation": "auto"}',
        id="options of the request that is gone",
    ),
    param(
        'create(\n    name="A",  # shown nowhere\n    # the good one\n    model="gpt-4o",  # or mini\n)',
        '{\n    # the good one\n    "model": "gpt-4o",  # or mini\n    "truncation": "auto",\n}',
        id="comments stay with what they are about",
    ),
    param(
        'create(\n    model="m",\n    instructions="x"  # why\n)',
        '{\n    "model": "m",\n    "instructions": "x",  # why\n    "truncation": "auto"\n}',
        id="comment after the last argument",
    ),
    param(
        'create(  # noqa\n    model="m",\n)',
        '{  # noqa\n    "model": "m",\n    "truncation": "auto",\n}',
        id="comment after the bracket",
    ),
    param(
        'create(\n    name="A", model="m", instructions="x"\n)',
        '{"model": "m", "instructions": "x", "truncation": "auto"}',
        id="wrapped line that now fits",
    ),
    param(
        f'create(\n    model="m", instructions="{"x" * 70}"\n)',
        f'{{\n    "model": "m",\n    "instructions": "{"x" * 70}",\n    "truncation": "auto",\n}}',
        id="wrapped line that does not fit",
    ),
    param(
        'create(name="A",\n       model="m",\n       instructions="x")',
        '{\n    "model": "m",\n    "instructions": "x",\n    "truncation": "auto",\n}',
        id="aligned arguments",
    ),
    param(
        'create(model="m", instructions="Use Python.", tools=[{"type": "code_interpreter"}])',
        '{\n    "model": "m",\n    "instructions": "Use Python.",\n'
        '    "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],\n    "truncation": "auto",\n}',
        id="line that grows too long",
    ),
    param(
        'create(model="m", reasoning_effort="low")',
        '{"model": "m", "reasoning": {"effort": "low"}, "truncation": "auto"}',
        id="reasoning effort",
    ),
    param('create(model="m", response_format="auto")', '{"model": "m", "truncation": "auto"}', id="automatic format"),
    param(
        'create(model="m", response_format={"type": "json_object"})',
        '{"model": "m", "text": {"format": {"type": "json_object"}}, "truncation": "auto"}',
        id="JSON mode",
    ),
    param(
        'create(\n    model="m",\n    response_format={\n        "type": "json_schema",\n        "json_schema": {\n'
        '            "name": "n",\n            "schema": {\n                "type": "object",\n            },\n'
        "        },\n    },\n)",
        '{\n    "model": "m",\n    "text": {"format": {\n        "type": "json_schema",\n        "name": "n",\n'
        '        "schema": {\n            "type": "object",\n        },\n    }},\n    "truncation": "auto",\n}',
        id="JSON schema over several lines",
    ),
    param(
        'create(model="gpt-4o", tools=[{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": [vs.id]}})',
        '{\n    "model": "gpt-4o",\n    "tools": [{"type": "file_search", "max_num_results": 20, "vector_store_ids": [vs.id]}],\n'
        '    "truncation": "auto",\n}',
        id="stores go into the tool",
    ),
    param(
        'create(\n    model="gpt-3.5-turbo",\n    tools=[{"type": "file_search"}],\n'
        '    tool_resources={\n        "file_search": {"vector_store_ids": [vs.id]}\n    },\n)',
        '{\n    "model": "gpt-3.5-turbo",\n    "tools": [{"type": "file_search", "max_num_results": 5, "vector_store_ids": [vs.id]}],\n'
        '    "truncation": "auto",\n}',
        id="number of results of the old model",
    ),
    param(
        'create(model="m", tools=[{"type": "file_search"}])',
        '{"model": "m", "truncation": "auto"}',
        id="search in nothing",
    ),
    param(
        'create(\n    model="m",\n    tools=[{"type": "code_interpreter"}, {"type": "file_search"}],\n)',
        '{\n    "model": "m",\n    "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],\n'
        '    "truncation": "auto",\n}',
        id="search in nothing beside another tool",
    ),
    param(
        'create(model="m", tools=[{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": []}})',
        '{"model": "m", "truncation": "auto"}',
        id="no stores",
    ),
    param(
        'create(\n    model="m",\n    tools=[{"type": "code_interpreter"}],\n    tool_resources={"code_interpreter": {"file_ids": [f.id]}},\n)',
        '{\n    "model": "m",\n    "tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [f.id]}}],\n'
        '    "truncation": "auto",\n}',
        id="files go into the container",
    ),
]


@pytest.mark.parametrize(("before", "after"), ASSISTANTS)
def test_assistant_arguments(before: str, after: str) -> None:
    source = Source(f"import openai\nfrom openai import NOT_GIVEN, omit\nA = {before}\n")
    made = assistant_arguments(source.calls[0], source.look)
    assert made is not None
    assert text_of(made.node) == after
    assert source.changed(source.calls[0], made.node).endswith(f"A = {after}\n")


@pytest.mark.parametrize(
    "call",
    [
        param("create(**settings)", id="spread"),
        param("create(model='m', **settings)", id="spread after a keyword"),
        param("create('m')", id="positional"),
        param("create(instructions='x')", id="no model"),
        param("create(model=None)", id="model None"),
        param("create(model='m', file_ids=[f.id])", id="files of v1"),
        param("create(model='m', extra_body={'a': 1})", id="extra body"),
        param("create(model='m', name=next_name())", id="dropped call with an effect"),
        param("create(model='m', name=(n := 'x'))", id="dropped name that is bound"),
        param("create(model='m', reasoning_effort=effort)", id="effort that may be omitted"),
        param("create(model='m', response_format=Answer)", id="format that is a class"),
        param(
            "create(model='m', response_format={'type': 'json_schema', 'json_schema': schema})", id="schema of a name"
        ),
        param("create(model='m', tools=load_tools())", id="tools of a call"),
        param("create(model='m', tools=[{'type': 'retrieval'}])", id="tool of v1"),
        param("create(model='m', tools=[{'type': 'web_search'}])", id="unknown tool"),
        param("create(model='m', tool_resources={'file_search': {'vector_store_ids': ['v']}})", id="stores of no tool"),
        param(
            "create(model='m', tools=[{'type': 'file_search'}], tool_resources={'file_search': {'vector_stores': [{}]}})",
            id="stores yet to be made",
        ),
        param("create(model='m', tools=[{'type': 'file_search'}], tool_resources=resources)", id="resources of a name"),
    ],
)
def test_uncertain_assistants_are_left(call: str) -> None:
    source = Source(f"from openai import NOT_GIVEN\n\ndef make(settings, effort=NOT_GIVEN):\n    return {call}\n")
    assert assistant_arguments(source.calls[0], source.look) is None


def test_fields_that_are_read_keep_the_assistant() -> None:
    source = Source('create(model="m", name="A", description="d")\n')
    assert assistant_arguments(source.calls[0], source.look, unused=["name"]) is None
    assert assistant_arguments(source.calls[0], source.look, unused=["name", "description"]) is not None


# tools ----------------------------------------------------------------------------------------------------------------

FLAT = '{"type": "function", "name": "f", "parameters": P, "strict": False}'
NESTED = '{"type": "function", "function": {"name": "f", "parameters": P}}'

TOOLS = [
    param("[]", "[]", id="none"),
    param(f"[{NESTED}]", f"[{FLAT}]", id="function on one line"),
    param(f"({NESTED},)", f"({FLAT},)", id="tuple"),
    param(f"[{NESTED}] + [{NESTED}]", f"[{FLAT}] + [{FLAT}]", id="sum"),
    param(f"[{NESTED}] if q else NOT_GIVEN", f"[{FLAT}] if q else NOT_GIVEN", id="choice"),
    param(
        '[{"function": {"name": "f", "parameters": P}, "type": "function"}]',
        '[{"name": "f", "parameters": P, "type": "function", "strict": False}]',
        id="type last",
    ),
    param(
        '[{"type": "function", "function": {"name": "f"}}]',
        '[{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}]',
        id="function without parameters",
    ),
    param(
        '[{"type": "function", "function": {"name": "f", "strict": True, "parameters": P}}]',
        '[{"type": "function", "name": "f", "strict": True, "parameters": P}]',
        id="strict function",
    ),
    param(
        '[{"type": "function", "function": {"name": "f", "strict": None, "parameters": P}}]',
        '[{"type": "function", "name": "f", "strict": False, "parameters": P}]',
        id="strict None",
    ),
    param(
        '[\n    {\n        "type": "function",\n        "function": {\n            "name": "f",  # a comment\n'
        '            # about P\n            "parameters": {\n                "type": "object",\n            },\n        },\n    },\n]',
        '[\n    {\n        "type": "function",\n        "name": "f",  # a comment\n'
        '        # about P\n        "parameters": {\n            "type": "object",\n        },\n        "strict": False,\n    },\n]',
        id="function over several lines",
    ),
    param(
        '[\n    {"type": "function", "function": {\n        "name": "f",\n        "parameters": P\n    }},\n]',
        '[\n    {\n        "type": "function",\n        "name": "f",\n        "parameters": P,\n        "strict": False\n    },\n]',
        id="bracket of the function on the line of its type",
    ),
    param(
        '[{"type": "file_search", "file_search": {"max_num_results": n, '
        '"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.5}}}]',
        '[{"type": "file_search", "max_num_results": n, '
        '"ranking_options": {"ranker": "auto", "score_threshold": 0.5}, "vector_store_ids": S}]',
        id="search with options",
    ),
    param(
        "[{'type': 'code_interpreter'}]",
        "[{'type': 'code_interpreter', 'container': {'type': 'auto', 'file_ids': F}}]",
        id="interpreter with files",
    ),
]


@pytest.mark.parametrize(("before", "after"), TOOLS)
def test_tools(before: str, after: str) -> None:
    source = Source(f"from openai import NOT_GIVEN\ncreate(tools={before})\n")
    made = tools(source.argument("tools"), source.look, Resources(cst.Name("F"), cst.Name("S")))
    assert made is not None
    assert text_of(made.node) == after
    assert not made.edits


@pytest.mark.parametrize(
    "value",
    [
        param("load()", id="call"),
        param("[tool(f) for f in FUNCTIONS]", id="comprehension"),
        param("[FunctionToolParam(type='function', function=F)]", id="typed dict"),
        param("[openai.pydantic_function_tool(Model)]", id="pydantic"),
        param("[*load()]", id="starred call"),
        param("[{**base}]", id="spread dict"),
        param("[{'type': 'function', 'function': tool.schema}]", id="schema of an attribute"),
        param("[{'type': 'function', 'function': {**schema}}]", id="spread schema"),
        param("[{'type': 'function', 'function': {'name': 'f', 'extra': 1}}]", id="unknown key"),
        param("[{'type': 'function', 'function': {'description': 'd'}}]", id="no name"),
        param("[{'type': kind}]", id="type of a name"),
        param("[{'type': 'code_interpreter', 'more': 1}]", id="interpreter with more"),
        param("[{'type': 'file_search', 'file_search': options}]", id="options of a name"),
        param("[{'type': 'file_search', 'file_search': {'ranking_options': {'ranker': r}}}]", id="ranker of a name"),
        param("None if q else tools", id="choice of None"),
        param("A - B", id="difference"),
    ],
)
def test_uncertain_tools_are_left(value: str) -> None:
    source = Source(f"create(tools={value})\n")
    assert tools(source.argument("tools"), source.look, Resources(cst.Name("F"), cst.Name("S"))) is None


DEFINED = [
    param(f"T = [{NESTED}]\ncreate(tools=T)\n", f"T = [{FLAT}]\ncreate(tools=T)\n", id="list"),
    param(f"T = {NESTED}\ncreate(tools=[T])\n", f"T = {FLAT}\ncreate(tools=[T])\n", id="tool"),
    param(f"T: dict = {NESTED}\ncreate(tools=[T])\n", f"T: dict = {FLAT}\ncreate(tools=[T])\n", id="annotated"),
    param(
        f"A = {NESTED}\nT = [A]\ncreate(tools=T)\ncreate(tools=[*T, A])\n",
        f"A = {FLAT}\nT = [A]\ncreate(tools=T)\ncreate(tools=[*T, A])\n",
        id="tool in a list, both used",
    ),
    param(
        f"def f():\n    T = [{NESTED}]\n    return create(tools=T + [{{'type': 'code_interpreter'}}])\n",
        f"def f():\n    T = [{FLAT}]\n    return create(tools=T + [{{'type': 'code_interpreter', 'container': {{'type': 'auto'}}}}])\n",
        id="local list and more",
    ),
    param(
        "S = {'name': 'f', 'parameters': P}\nprint(S)\ncreate(tools=[{'type': 'function', 'function': S}])\n",
        "S = {'name': 'f', 'parameters': P}\nprint(S)\ncreate(tools=[{'type': 'function', **S, 'strict': False}])\n",
        id="schema, whatever else reads it",
    ),
    param(
        "S = {'name': 'f', 'strict': True, 'parameters': P}\ncreate(tools=[{'type': 'function', 'function': S}])\n",
        "S = {'name': 'f', 'strict': True, 'parameters': P}\ncreate(tools=[{'type': 'function', **S}])\n",
        id="strict schema",
    ),
]


@pytest.mark.parametrize(("before", "after"), DEFINED)
def test_tools_are_changed_where_they_are_defined(before: str, after: str) -> None:
    source = Source(before)
    edits: dict[cst.CSTNode, cst.CSTNode] = {}
    for call in source.calls:
        value = next(arg.value for arg in call.args)
        made = tools(value, source.look)
        assert made is not None
        edits[value] = made.node
        edits |= {edit.node: edit.replacement for edit in made.edits}
    first, *others = edits.items()
    assert source.changed(*first, *others) == after


@pytest.mark.parametrize(
    "text",
    [
        param(f"T = [{NESTED}]\nT.append(more)\ncreate(tools=T)\n", id="appended to"),
        param(f"T = [{NESTED}]\nT += more\ncreate(tools=T)\n", id="added to"),
        param(f"T = [{NESTED}]\nT[0]['type'] = 'x'\ncreate(tools=T)\n", id="assigned into"),
        param(f"T = [{NESTED}]\nT = [{NESTED}]\ncreate(tools=T)\n", id="bound twice"),
        param(f"T = [{NESTED}]\nprint(T)\ncreate(tools=T)\n", id="printed"),
        param(f"T = [{NESTED}]\nfor t in T: pass\ncreate(tools=T)\n", id="looped over"),
        param(f"T = [{NESTED}]\ncreate(tools=T)\nchat(tools=T)\n", id="given to another call"),
        param(f"T = [{NESTED}]\ncreate(tools=T, other=T)\n", id="given as another argument"),
        param(f"T = [{NESTED}]\ncreate(tools=T)\nU = T[0]\n", id="taken from"),
        param(f"S = [{NESTED}]\ncreate(tools=S)\n", id="used by another module"),
        param(f"class A:\n    T = [{NESTED}]\n    create(tools=T)\n", id="attribute of a class"),
        param(
            f"from openai.types.beta import FunctionToolParam\nT: FunctionToolParam = {NESTED}\ncreate(tools=[T])\n",
            id="typed",
        ),
        param("T = [{'type': 'file_search'}]\ncreate(tools=T)\n", id="search, whose stores are the call's"),
        param("T = [{'type': 'code_interpreter'}]\ncreate(tools=T)\n", id="interpreter, whose files are the call's"),
        param("from tools import T\ncreate(tools=T)\n", id="imported"),
        param("def f(T): create(tools=T)\n", id="parameter"),
        param(
            "S = {'name': 'f'}\nS['strict'] = True\ncreate(tools=[{'type': 'function', 'function': S}])\n",
            id="schema changed",
        ),
        param(
            "S = {'name': 'f'}\nS.update(x)\ncreate(tools=[{'type': 'function', 'function': S}])\n", id="schema updated"
        ),
    ],
)
def test_definitions_with_other_uses_are_left(text: str) -> None:
    source = Source(text, shared=("S",))
    assert tools(source.argument("tools"), source.look, Resources(cst.Name("F"), cst.Name("S"))) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param('"required"', '"required"', id="word"),
        param("'maybe'", None, id="unknown word"),
        param("pick()", None, id="call"),
        param('{"type": "file_search"}', '{"type": "file_search"}', id="built-in tool"),
        param('{"type": "function", "function": {"name": n}}', '{"type": "function", "name": n}', id="function"),
        param('{"type": "function", "function": f}', None, id="function of a name"),
    ],
)
def test_tool_choice(before: str, after: str | None) -> None:
    source = lone(before)
    assert text_of(tool_choice(source.argument("x"), source.look)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param('{"type": "text"}', '{"type": "text"}', id="text"),
        param(
            '{"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": S}}',
            '{"type": "json_schema", "name": "n", "strict": True, "schema": S}',
            id="schema",
        ),
        param(
            '{"type": "json_schema", "json_schema": {"name": "n"}}',
            '{"type": "json_schema", "name": "n", "schema": {}}',
            id="no schema",
        ),
        param("type_to_response_format(Model)", None, id="call"),
        param('{"type": "json_schema", "json_schema": {"name": "n", "more": 1}}', None, id="unknown key"),
    ],
)
def test_text_format(before: str, after: str | None) -> None:
    source = lone(before)
    assert text_of(text_format(source.argument("x"), source.look)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param(
            '{"tool_call_id": call.id, "output": out}',
            '{"type": "function_call_output", "call_id": call.id, "output": out}',
            id="dict",
        ),
        param(
            "{'output': o, 'tool_call_id': i}",
            "{'type': 'function_call_output', 'output': o, 'call_id': i}",
            id="order",
        ),
        param(
            '{\n    "tool_call_id": i,  # which\n    "output": o,\n}',
            '{\n    "type": "function_call_output",\n    "call_id": i,  # which\n    "output": o,\n}',
            id="lines",
        ),
        param(
            "dict(tool_call_id=i, output='x')",
            "dict(type='function_call_output', call_id=i, output='x')",
            id="dict call",
        ),
        param(
            "ToolOutput(tool_call_id=i, output=o)",
            '{"type": "function_call_output", "call_id": i, "output": o}',
            id="typed dict",
        ),
        param('{"tool_call_id": i}', None, id="no output"),
        param('{"tool_call_id": i, "output": o, "more": 1}', None, id="unknown key"),
        param("{**base, 'output': o}", None, id="spread"),
        param("make(tool_call_id=i, output=o)", None, id="another call"),
        param("ToolOutput(i, o)", None, id="positional"),
    ],
)
def test_tool_output(before: str, after: str | None) -> None:
    source = Source(
        f"from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput\ncreate(x={before})\n"
    )
    assert text_of(tool_output(source.argument("x"), source.look)) == after


# Runs -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "overrides", "apart"),
    [
        param("create(thread_id=t.id, assistant_id=a)", [], {"thread_id": "t.id", "assistant_id": "a"}, id="none"),
        param("create(t.id, assistant_id=a)", [], {"thread_id": "t.id", "assistant_id": "a"}, id="positional thread"),
        param(
            "create(thread_id=t, stream=False, instructions=None, model=NOT_GIVEN)",
            [],
            {"thread_id": "t"},
            id="omitted",
        ),
        param(
            'create(instructions=f"Hi {x}", model="m", temperature=0, top_p=1, metadata={"a": "b"}, parallel_tool_calls=False)',
            [
                'instructions=f"Hi {x}"',
                'model="m"',
                "temperature=0",
                "top_p=1",
                'metadata={"a": "b"}',
                "parallel_tool_calls=False",
            ],
            {},
            id="same names",
        ),
        param(
            "create(instructions=text, max_completion_tokens=most)",
            ["instructions=text?", "max_output_tokens=most?"],
            {},
            id="unknown",
        ),
        param(
            "create(instructions='a', reasoning_effort='low')",
            ["instructions='a'", "reasoning={'effort': 'low'}"],
            {},
            id="effort",
        ),
        param('create(response_format="auto")', ['text={"format": {"type": "text"}}'], {}, id="automatic format"),
        param(
            'create(response_format={"type": "json_object"})',
            ['text={"format": {"type": "json_object"}}'],
            {},
            id="JSON mode",
        ),
        param('create(truncation_strategy={"type": "auto"})', ['truncation="auto"'], {}, id="truncation"),
        param(
            'create(tool_choice={"type": "function", "function": {"name": "f"}})',
            ['tool_choice={"type": "function", "name": "f"}'],
            {},
            id="tool choice",
        ),
        param(
            'create(tools=[{"type": "code_interpreter"}])',
            ['tools=[{"type": "code_interpreter", "container": {"type": "auto"}}]'],
            {},
            id="tools",
        ),
        param(
            'create(include=["step_details.tool_calls[*].file_search.results[*].content"])',
            ['include=["file_search_call.results"]'],
            {},
            id="search results",
        ),
        param(
            "create(additional_instructions=x, additional_messages=[m], timeout=3, extra_headers=h, poll_interval_ms=50)",
            [],
            {
                "additional_instructions": "x",
                "additional_messages": "[m]",
                "timeout": "3",
                "extra_headers": "h",
                "poll_interval_ms": "50",
            },
            id="told apart",
        ),
    ],
)
def test_run_overrides(call: str, overrides: list[str], apart: dict[str, str]) -> None:
    source = Source(f"from openai import NOT_GIVEN\n{call}\n")
    made = run_overrides(source.calls[0], source.look)
    assert made is not None
    assert [f"{o.name}={text_of(o.node)}{'?' * o.may_be_none}" for o in made.overrides] == overrides
    assert {name: text_of(node) for name, node in made.apart.items()} == apart


@pytest.mark.parametrize(
    "arguments",
    [
        "**kwargs",
        "t, a",
        "max_prompt_tokens=500",
        "stream=flag",
        'truncation_strategy={"type": "last_messages", "last_messages": 5}',
        "truncation_strategy=strategy",
        "tools=self.tools",
        'tools=[{"type": "file_search"}]',
        "tool_choice=choice",
        "response_format=Model",
        "reasoning_effort=effort",
        "include=wanted",
        "tool_resources={}",
        "file_ids=[]",
    ],
)
def test_uncertain_runs_are_left(arguments: str) -> None:
    source = Source(f"create({arguments})\n")
    assert run_overrides(source.calls[0], source.look) is None


# Content --------------------------------------------------------------------------------------------------------------

CONTENT = [
    param('"hello"', '"hello"', id="literal"),
    param('f"{x}"', 'f"{x}"', id="f-string"),
    param('[{"type": "text", "text": t}]', '[{"type": "input_text", "text": t}]', id="text"),
    param(
        '[{"type": "image_url", "image_url": {"url": u, "detail": "low"}}]',
        '[{"type": "input_image", "image_url": u, "detail": "low"}]',
        id="image by address",
    ),
    param(
        "[{'type': 'image_url', 'image_url': {'url': u}}]",
        "[{'type': 'input_image', 'image_url': u, 'detail': 'auto'}]",
        id="image without detail",
    ),
    param(
        '[\n    {"type": "text", "text": "a"},  # first\n    {\n        "type": "image_file",\n'
        '        "image_file": {"file_id": f.id},\n    },\n]',
        '[\n    {"type": "input_text", "text": "a"},  # first\n    {\n        "type": "input_image",\n'
        '        "file_id": f.id,\n        "detail": "auto",\n    },\n]',
        id="parts on lines",
    ),
    param("unknown", None, id="unknown name"),
    param("[]", None, id="no parts"),
    param("[part]", None, id="part of a name"),
    param("[*parts]", None, id="starred parts"),
    param("[p for p in parts]", None, id="comprehension"),
    param('[{"type": "text", "text": {"value": "x", "annotations": []}}]', None, id="text as it is read"),
    param('[{"type": "image_url", "image_url": u}]', None, id="image of a name"),
    param('[{"type": "image_url", "image_url": {"url": u, "detail": d}}]', None, id="detail of a name"),
    param('[{"type": "audio", "audio": a}]', None, id="unknown part"),
]


@pytest.mark.parametrize(("before", "after"), CONTENT)
def test_message_content(before: str, after: str | None) -> None:
    source = lone(before)
    assert text_of(message_content(source.argument("x"), source.look)) == after


@pytest.mark.parametrize(
    ("role", "before", "after"),
    [
        param("assistant", '[{"type": "text", "text": t}]', '[{"type": "output_text", "text": t}]', id="text"),
        param("assistant", '[{"type": "image_file", "image_file": {"file_id": f}}]', None, id="image"),
        param(None, '[{"type": "text", "text": t}]', None, id="unknown role, parts"),
        param(None, '"text"', '"text"', id="unknown role, string"),
    ],
)
def test_content_by_role(role: str | None, before: str, after: str | None) -> None:
    source = lone(before)
    assert text_of(message_content(source.argument("x"), source.look, role)) == after


def test_input_message() -> None:
    made = input_message(cst.parse_expression("'user'"), cst.parse_expression("text"))
    assert text_of(made) == "{'role': 'user', 'content': text}"
    assert text_of(input_message(cst.Name("role"), cst.Name("text"))) == '{"role": role, "content": text}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param('[{"role": "user", "content": "a"}]', '[{"role": "user", "content": "a"}]', id="the same"),
        param(
            '[{"role": "user", "content": "a", "attachments": [], "metadata": None}]',
            '[{"role": "user", "content": "a"}]',
            id="empty fields",
        ),
        param(
            '[{"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "assistant", "content": "b"}]',
            '[{"role": "user", "content": [{"type": "input_text", "text": "a"}]}, {"role": "assistant", "content": "b"}]',
            id="parts",
        ),
        param("SAME", "SAME", id="name of what stays"),
        param("[ONE]", "[ONE]", id="name of a message that stays"),
        param("PARTS", None, id="name of what changes"),
        param("GROWN", None, id="name of what grows"),
        param('[{"role": "user", "content": "a", "attachments": [{"file_id": f}]}]', None, id="attachments"),
        param('[{"role": "user", "content": "a", "metadata": {"k": "v"}}]', None, id="metadata"),
        param('[{"role": "user", "content": unknown}]', None, id="unknown content"),
        param('[{"role": "user"}]', None, id="no content"),
        param('[{"role": "user", "content": "a"} for a in b]', None, id="comprehension"),
        param("[*history]", None, id="starred"),
        param(
            "[" + '{"role": "user", "content": "a"}, ' * 20 + "]",
            "[" + '{"role": "user", "content": "a"}, ' * 20 + "]",
            id="20",
        ),
        param("[" + '{"role": "user", "content": "a"}, ' * 21 + "]", None, id="21"),
    ],
)
def test_messages(before: str, after: str | None) -> None:
    source = Source(f"""
        ONE = {{"role": "user", "content": "a"}}
        SAME = [{{"role": "user", "content": "a"}}]
        PARTS = [{{"role": "user", "content": [{{"type": "text", "text": "a"}}]}}]
        GROWN = [{{"role": "user", "content": "a"}}]
        GROWN.append(more)
        create(x={before})
    """)
    assert text_of(messages(source.argument("x"), source.look)) == after


# Text -----------------------------------------------------------------------------------------------------------------

NAMES = """
import json, os, sys, textwrap
from openai import OpenAI

LITERAL = "a"
NUMBER = 3
TWICE = "a"
TWICE = f"{NUMBER}"
MIXED = "a"
MIXED = load()
GROWING = ""
GROWING += load()
FALLBACK = os.getenv("A") or "b"
OPTIONAL = os.getenv("A")

with open("a.txt") as handle:
    READ = handle.read()
with open("a.bin", "rb") as binary:
    BYTES = binary.read()

def typed() -> str: return load()
def typed_number() -> int: return 1
def told(): return "a" if load() else LITERAL
def untold(): return load()
def falls_through():
    if load(): return "a"
async def later() -> str: return "a"
def shadow(str): return create(x=str(1))
def each():
    for line in ("a", "b"):
        yield line
"""

TEXTS = [
    (True, ['"a"', '"a" "b"', 'f"{x}"', '"""a"""', '"a" + x', 'x + "a"', '"%s" % x', '"-" * 9', "str(x)", "repr(x)", "input()"]),
    (True, ["x.strip()", '"{}".format(x)', '", ".join(x)', "LITERAL.replace(a, b)", "LITERAL[:3]", "json.dumps(x)", "x.isoformat()"]),
    (True, ["LITERAL", "TWICE", "GROWING", "FALLBACK", "READ", "typed()", "told()", "await later()", "x.decode()", "path.read_text()"]),
    (True, ['os.environ["A"]', "sys.argv[1]", 'os.getenv("A", "b")', "textwrap.dedent(x)", '"a" if x else "b"', '(y := "a")']),
    (False, ["[]", "{}", "3", "None", "True", "(a, b)", "NUMBER", "typed_number()", "x == y", "[a for a in b]", 'b"a"', "[] + []"]),
    (None, ["x", "x.y", "load()", "MIXED", "OPTIONAL", "BYTES", "untold()", "falls_through()", "later()", "sys.argv[1:]"]),
    (None, ["a + b", "x.replace(a, b)", "x.join(y)", "jwt.decode(token)", "x[0]", "await x", '"a" if x else None', "x or y"]),
    (None, ['x and "a"', "lambda_()", "getattr(a, b)", 'os.environ.get("A")', "typed", "OpenAI().name"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "expression"),
    [param(expected, text, id=text) for expected, texts in TEXTS for text in texts],
)
def test_is_text(expected: bool | None, expression: str) -> None:
    source = Source(f"{NAMES}\nasync def here():\n    MARK({expression})\n")
    marked = next(call for call in source.scopes.calls if dotted(call.func) == "MARK")
    assert is_text(marked.args[0].value, source.look) is expected


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        param(True, "def f(x: str): create(x=x)", id="annotated"),
        param(True, "def f(x: 'str' = ''): create(x=x)", id="annotated in quotes"),
        param(None, "def f(x: str | None): create(x=x)", id="optional"),
        param(None, "def f(x: str = None): create(x=x)", id="annotated, None by default"),
        param(None, "def f(x=None):\n    x.strip()\n    create(x=x)", id="used as a string, None by default"),
        param(None, "def f(x): create(x=x)", id="never called here"),
        param(True, "def f(x): create(x=x)\nf('a')\nf(x=f'b')", id="every call gives a string"),
        param(True, "def f(a, x='b'): create(x=x)\nf(1)", id="the default is a string"),
        param(None, "def f(x): create(x=x)\nf('a')\nf(load())", id="a call gives something unknown"),
        param(None, "def f(x): create(x=x)\nf(*args)", id="a call is spread"),
        param(None, "def f(x): create(x=x)\nf('a')\nregister(f)", id="handed on"),
        param(None, "@route\ndef f(x): create(x=x)\nf('a')", id="decorated"),
        param(None, "def shared(x): create(x=x)\nshared('a')", id="called by other modules"),
        param(True, "def f(x):\n    if x.lower() == 'q': return\n    create(x=x)", id="used as a string"),
        param(None, "def f(x):\n    if isinstance(x, str): x.lower()\n    create(x=x)", id="asked for its type"),
        param(True, "def f(x):\n    x = x.strip()\n    create(x=x)", id="bound again from itself"),
        param(None, "def f(x):\n    x = g(x)\n    create(x=x)\ndef g(y): return f(y)", id="in a circle"),
        param(False, "def str(x): return [x]\ncreate(x=str(1))", id="a builtin's name taken"),
        param(True, "for x in ['a', 'b']:\n    create(x=x)", id="loop over strings"),
        param(None, "for x in load():\n    create(x=x)", id="loop over unknown things"),
        param(None, "from texts import x\ncreate(x=x)", id="imported"),
    ],
)
def test_names_that_are_text(expected: bool | None, text: str) -> None:
    source = Source(text + "\n", shared=("shared",))
    assert is_text(source.argument("x"), source.look) is expected


def test_the_caller_may_know_more() -> None:
    source = lone("message.content[0].text.value + more")
    look = Lookup(source.scopes, says_text=lambda node: True if text_of(node) == "more" else None)
    assert is_text(source.argument("x"), look) is True


def test_what_the_caller_knows_of_texts_does_not_make_a_value_certain() -> None:
    source = Source("def ask(instructions=None):\n    create(instructions=instructions)\n")
    look = Lookup(source.scopes, says_text=lambda _: True)
    made = run_overrides(source.calls[0], look)
    assert made is not None
    assert made.overrides[0].may_be_none
    assert message_content(source.argument("instructions"), look) is not None


def test_what_stays_is_the_node_that_it_was() -> None:
    source = Source("""
        create(name="A",
               model=pick(
                   1,
               ),
               tools=[{
                   "type": "function",
                   "function": {
                       "name": name(
                           2,
                       ),
                       "parameters": P,
                   },
               }])
    """)
    made = assistant_arguments(source.calls[0], source.look)
    assert made is not None
    kept = set(descendants(made.node))
    assert all(call in kept for call in source.scopes.calls[1:])


# Properties -----------------------------------------------------------------------------------------------------------

WORDS = st.text("ab '\"\n#é", max_size=12)
SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(WORDS, st.just({"type": "string"}))}
)
FUNCTIONS = st.fixed_dictionaries(
    {"name": WORDS},
    optional={"description": WORDS, "parameters": SCHEMAS, "strict": st.sampled_from([True, False, None])},
)
SEARCHES = st.fixed_dictionaries(
    {},
    optional={
        "max_num_results": st.integers(1, 50),
        "ranking_options": st.fixed_dictionaries(
            {"score_threshold": st.floats(0, 1)}, optional={"ranker": st.sampled_from(["auto", "default_2024_08_21"])}
        ),
    },
)
OLD_TOOLS = st.one_of(
    st.just({"type": "code_interpreter"}),
    FUNCTIONS.map(lambda function: {"type": "function", "function": function}),
    SEARCHES.map(lambda options: {"type": "file_search", "file_search": options}),
    st.just({"type": "file_search"}),
)
FORMATS = st.one_of(
    st.sampled_from(["auto", {"type": "text"}, {"type": "json_object"}, None]),
    st.fixed_dictionaries({"name": WORDS}, optional={"schema": SCHEMAS, "strict": st.booleans()}).map(
        lambda schema: {"type": "json_schema", "json_schema": schema}
    ),
)


@st.composite
def assistants(draw: st.DrawFn) -> dict[str, Any]:
    given_tools = draw(st.lists(OLD_TOOLS, max_size=3))
    kinds = {tool["type"] for tool in given_tools}
    resources: dict[str, Any] = {}
    if "file_search" in kinds:
        resources["file_search"] = {"vector_store_ids": ["vs_1"]}
    if "code_interpreter" in kinds and draw(st.booleans()):
        resources["code_interpreter"] = {"file_ids": draw(st.lists(WORDS, max_size=2))}
    fields: dict[str, Any] = {"model": draw(st.sampled_from(["gpt-4o", "gpt-3.5-turbo-0125"])), "tools": given_tools}
    if resources:
        fields["tool_resources"] = resources
    fields |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": WORDS,
                "instructions": st.none() | WORDS,
                "temperature": st.none() | st.floats(0, 2),
                "response_format": FORMATS,
                "reasoning_effort": st.sampled_from(["low", None]),
                "metadata": st.dictionaries(WORDS, WORDS, max_size=1),
            },
        )
    )
    return dict(draw(st.permutations(list(fields.items()))))


def expected_arguments(old: dict[str, Any]) -> dict[str, Any]:
    """The same conversion in plain Python, on values."""
    new: dict[str, Any] = {"model": old["model"], "truncation": "auto"}
    new["tools"] = [expected_tool(tool, old) for tool in old["tools"]]
    new |= {name: old[name] for name in ("instructions", "temperature") if old.get(name) is not None}
    if old.get("reasoning_effort"):
        new["reasoning"] = {"effort": old["reasoning_effort"]}
    wanted = old.get("response_format")
    if isinstance(wanted, dict):
        flat = {"schema": {}, **wanted["json_schema"]} if "json_schema" in wanted else {}
        new["text"] = {"format": {"type": wanted["type"], **flat}}
    return new


def expected_tool(tool: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    if tool["type"] == "function":
        function = {"parameters": {"type": "object", "properties": {}}, **tool["function"]}
        return {"type": "function", **function, "strict": bool(function.get("strict"))}
    resources = old.get("tool_resources", {})
    if tool["type"] == "code_interpreter":
        files = resources.get("code_interpreter", {}).get("file_ids")
        return {"type": "code_interpreter", "container": {"type": "auto", **({"file_ids": files} if files else {})}}
    options = dict(tool.get("file_search", {}))
    if "ranker" in options.get("ranking_options", {}):
        options["ranking_options"] = options["ranking_options"] | {"ranker": "auto"}
    most = 5 if old["model"].startswith("gpt-3.5") else 20
    stores = resources["file_search"]["vector_store_ids"]
    return {"type": "file_search", "max_num_results": most, **options, "vector_store_ids": stores}


@given(assistants(), st.sampled_from([20, 80, 10_000]), st.sampled_from(["", "\n    "]))
def test_what_comes_out_is_the_conversion_of_what_went_in(old: dict[str, Any], width: int, line: str) -> None:
    arguments = f",{line or ' '}".join(f"{name}={pprint.pformat(value, width=width)}" for name, value in old.items())
    source = Source(f"A = create({line}{arguments}{',' if line else ''})\n")
    made = assistant_arguments(source.calls[0], source.look)
    assert made is not None
    text = source.changed(source.calls[0], made.node).removeprefix("A = ")
    assert ast.literal_eval(text) == expected_arguments(old)


IMAGES = st.fixed_dictionaries({}, optional={"detail": st.sampled_from(["auto", "low", "high"])})
PARTS = st.one_of(
    WORDS.map(lambda text: {"type": "text", "text": text}),
    IMAGES.map(lambda image: {"type": "image_url", "image_url": {"url": "https://a/b.png", **image}}),
    IMAGES.map(lambda image: {"type": "image_file", "image_file": {**image, "file_id": "file_1"}}),
)
OLD_MESSAGES = st.fixed_dictionaries(
    {"role": st.just("user"), "content": WORDS | st.lists(PARTS, min_size=1, max_size=3)},
    optional={"attachments": st.just([]), "metadata": st.none() | st.just({})},
)


def expected_part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    image = {"detail": "auto", **part[part["type"]]}
    if part["type"] == "image_url":
        return {"type": "input_image", "image_url": image["url"], "detail": image["detail"]}
    return {"type": "input_image", **image}


@given(st.lists(OLD_MESSAGES, max_size=4), st.sampled_from([20, 80, 10_000]))
def test_messages_mean_the_same(old: list[dict[str, Any]], width: int) -> None:
    source = lone(pprint.pformat(old, width=width))
    made = messages(source.argument("x"), source.look)
    assert made is not None
    contents = [message["content"] for message in old]
    assert ast.literal_eval(text_of(made) or "") == [
        {"role": "user", "content": content if isinstance(content, str) else [expected_part(part) for part in content]}
        for content in contents
    ]


@given(assistants())
def test_a_converted_tool_is_converted_no_further(old: dict[str, Any]) -> None:
    source = Source(f"create({', '.join(f'{name}={value!r}' for name, value in old.items())})\n")
    made = assistant_arguments(source.calls[0], source.look)
    assert made is not None
    assert isinstance(made.node, cst.Dict)
    new = {string_value(e.key): e.value for e in made.node.elements if isinstance(e, cst.DictElement)}["tools"]
    again = lone(text_of(new) or "")
    assert not old["tools"] or tools(again.argument("x"), again.look, Resources(cst.Name("F"), cst.Name("S"))) is None
