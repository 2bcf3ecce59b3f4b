"""Calls are written in the layout and with the comments of the calls that they take the place of."""

from __future__ import annotations

import libcst as cst
import pytest

from assist2resp.rewrite.flows.sites import LinePlace
from assist2resp.rewrite.syntax.calls import Argument, attribute, paragraphs, rebuild_call, subscript
from assist2resp.rewrite.syntax.nodes import code

param = pytest.param

RUN = [
    Argument("conversation", cst.Name("t")),
    Argument("input", cst.Name("said")),
    Argument(None, cst.Name("assistant")),
]
LONG = [*RUN[:1], Argument("input", cst.SimpleString(f'"{"x" * 60}"')), *RUN[2:]]
TIMES = [Argument("items", cst.Name("said")), Argument("metadata", cst.Name("m"))]


def call(text: str) -> cst.Call:
    return cst.ensure_type(cst.parse_expression(text), cst.Call)


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        param("old(thread_id=t, assistant_id=a)", RUN, "new(conversation=t, input=said, **assistant)", id="one line"),
        param("old()", [], "new()", id="no arguments"),
        param("old( )", [], "new( )", id="space in empty parentheses"),
        param("old( t )", RUN[:1], "new( conversation=t )", id="space in parentheses"),
        param(
            "old(thread_id=t, assistant_id=a)",
            LONG,
            f'new(\n    conversation=t,\n    input="{"x" * 60}",\n    **assistant,\n)',
            id="one line that grows too long",
        ),
        param(
            "old(\n    thread_id=t,\n    assistant_id=a,\n)",
            RUN,
            "new(\n    conversation=t,\n    input=said,\n    **assistant,\n)",
            id="an argument on each line",
        ),
        param(
            "old(\n    thread_id=t,\n    assistant_id=a\n)",
            RUN,
            "new(\n    conversation=t,\n    input=said,\n    **assistant\n)",
            id="no comma at the end",
        ),
        param(
            "old(\n  thread_id=t,\n  assistant_id=a,\n  )",
            RUN,
            "new(\n  conversation=t,\n  input=said,\n  **assistant,\n  )",
            id="an indentation of their own",
        ),
        param(
            "old(\n    thread_id=t, assistant_id=a\n)",
            RUN,
            "new(conversation=t, input=said, **assistant)",
            id="wrapped line that now fits",
        ),
        param(
            f"old(\n    thread_id={'t' * 40}, assistant_id={'a' * 40}\n)",
            [Argument("conversation", cst.Name("t" * 40)), Argument(None, cst.Name("a" * 40))],
            f"new(\n    conversation={'t' * 40},\n    **{'a' * 40},\n)",
            id="wrapped line that is too long",
        ),
        param(
            "old(\n    metadata=m\n)",
            [Argument("metadata", cst.SimpleString(f'"{"x" * 90}"'))],
            f'new(\n    metadata="{"x" * 90}"\n)',
            id="wrapped line of one argument",
        ),
        param(
            "old(thread_id=t,\n    assistant_id=a)",
            RUN,
            "new(conversation=t, input=said, **assistant)",
            id="aligned lines that fit one",
        ),
        param(
            "old(thread_id=t,\n    assistant_id=a)",
            LONG,
            f'new(\n    conversation=t,\n    input="{"x" * 60}",\n    **assistant,\n)',
            id="aligned lines that fit no more",
        ),
        param(
            "old(\n    thread_id=t,  # ours\n    # who answers\n    assistant_id=a,  # or b\n)",
            RUN,
            "new(\n    conversation=t,  # ours\n    input=said,\n    # who answers\n    **assistant,  # or b\n)",
            id="comments follow what they are about",
        ),
        param(
            "old(  # noqa\n    thread_id=t,\n)",
            RUN[:1],
            "new(  # noqa\n    conversation=t,\n)",
            id="comment after the parenthesis",
        ),
        param(
            "old(\n    thread_id=t,\n    # instructions=x,\n)",
            RUN[:1],
            "new(\n    conversation=t,\n    # instructions=x,\n)",
            id="comment after the last argument",
        ),
        param(
            "old(thread_id=t,  # ours\n    assistant_id=a)",
            RUN,
            "new(\n    conversation=t,  # ours\n    input=said,\n    **assistant,\n)",
            id="comment in aligned lines",
        ),
        param(
            "old(\n    messages=said,  # so far\n    metadata=m,\n)",
            TIMES,
            "new(\n    items=said,  # so far\n    metadata=m,\n)",
            id="comment of an argument with a new name",
        ),
        param(
            "old(\n    thread_id=t,\n    poll_interval_ms=5,  # fast\n    assistant_id=a,  # hers\n)",
            RUN,
            "new(\n    conversation=t,\n    input=said,\n    # hers\n    **assistant,  # fast\n)",
            id="comment of an argument that is gone",
        ),
        param("old(t, role='user')", TIMES[:1], "new(items=said)", id="positional argument"),
    ],
)
def test_rebuilt(before: str, arguments: list[Argument], after: str) -> None:
    made = code(rebuild_call(call(before), cst.Name("new"), arguments))
    assert made == after
    assert isinstance(cst.parse_expression(made), cst.Call)


def test_the_place_in_the_line_counts() -> None:
    old = call("old(thread_id=t)")
    deep = rebuild_call(old, cst.Name("new"), RUN, place=LinePlace(60, 8, "    "))
    assert code(deep) == "new(\n        conversation=t,\n        input=said,\n        **assistant,\n    )"
    assert "\n" not in code(rebuild_call(old, cst.Name("new"), RUN, place=LinePlace(20, 8, "    ")))


def test_a_call_without_arguments_stays_on_its_line() -> None:
    assert code(rebuild_call(call("old()"), cst.Name("new"), [], place=LinePlace(119, 8, "    "))) == "new()"


def test_attribute() -> None:
    assert code(attribute(cst.Name("client"), "responses", "create")) == "client.responses.create"
    assert code(subscript(cst.Name("assistant"), "instructions")) == 'assistant["instructions"]'


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        param(None, "more", "more", id="alone"),
        param('"a"', "f'{b}'", '"a" + "\\n\\n" + f\'{b}\'', id="strings"),
        param("a or b", "c", '(a or b) + "\\n\\n" + c', id="weaker operator"),
        param("(a or b)", "c.d()", '(a or b) + "\\n\\n" + c.d()', id="parentheses"),
    ],
)
def test_paragraphs(first: str | None, second: str, text: str) -> None:
    node = cst.parse_expression(first) if first else None
    assert code(paragraphs(node, cst.parse_expression(second))) == text
