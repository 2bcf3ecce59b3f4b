"""Changes of nodes, made in one pass, leave the text around them as a person would."""

from __future__ import annotations

import ast
from collections.abc import Callable

import libcst as cst
import pytest

from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.edits import Edits, call, expression
from assist2resp.rewrite.syntax.nodes import code, descendants
from assist2resp.rewrite.syntax.scope_walk import index_module

param = pytest.param


def edited(text: str, plan: Callable[[cst.Module, Edits], None]) -> str:
    """The text after a plan's changes."""
    tree = cst.parse_module(text)
    edits = Edits()
    plan(tree, edits)
    made = edits.apply(tree, index_module(tree, "app")).code
    ast.parse(made)
    return made


def named(tree: cst.Module, name: str) -> cst.Name:
    return next(node for node in descendants(tree) if isinstance(node, cst.Name) and node.value == name)


def gone(text: str, *, build: Callable[[cst.CSTNode], cst.RemovalSentinel] | None = None) -> str:
    """The text without the expression statements that call `gone`."""

    def plan(tree: cst.Module, edits: Edits) -> None:
        for node in descendants(tree):
            if isinstance(node, cst.Expr) and code(node).startswith("gone("):
                edits.change(node, build) if build else edits.remove(node)

    return edited(text, plan)


REMOVALS = [
    param("a = 1\ngone()\nb = 2\n", "a = 1\nb = 2\n", id="line"),
    param("a = 1; gone(); b = 2\n", "a = 1; b = 2\n", id="part of a line"),
    param("a = 1; gone()\n", "a = 1\n", id="end of a line"),
    param("a = 1; gone();\n", "a = 1\n", id="end of a line that a semicolon ends"),
    param("if a:\n    gone()\n", "if a:\n    pass\n", id="emptied block"),
    param("if a:\n    b = 1\n    gone()\n", "if a:\n    b = 1\n", id="last line of a block"),
    param("def f():\n    gone()\n\n    return 1\n", "def f():\n    return 1\n", id="first line of a block"),
    param("try:\n    a()\nfinally:\n    gone()\n", "try:\n    a()\nfinally:\n    pass\n", id="finally that must stay"),
    param(
        "try:\n    a()\nexcept E:\n    b()\nfinally:\n    gone()\n",
        "try:\n    a()\nexcept E:\n    b()\n",
        id="finally that need not stay",
    ),
    param("a = 1\n\ngone()\nb = 2\n", "a = 1\n\nb = 2\n", id="paragraph stays apart"),
    param("a = 1\n\ngone()\n\nb = 2\n", "a = 1\n\nb = 2\n", id="blank lines are not added up"),
    param("a = 1\n\ngone()\n\ngone()\nb = 2\n", "a = 1\n\nb = 2\n", id="two in a row"),
    param("a = 1\n# why\ngone()\nb = 2\n", "a = 1\nb = 2\n", id="comment goes"),
    param("a = 1\ngone()\n# what\nb = 2\n", "a = 1\n# what\nb = 2\n", id="comment of the next line stays"),
    param("a = 1\n# end\ngone()\n", "a = 1\n", id="last line of the file"),
]


@pytest.mark.parametrize(("before", "after"), REMOVALS)
def test_removal(before: str, after: str) -> None:
    assert gone(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param("a = 1\n# ask\ngone()\nb = 2\n", "a = 1\n# ask\nb = 2\n", id="moves down"),
        param("a = 1\n\n# ask\ngone()\nb = 2\n", "a = 1\n\n# ask\nb = 2\n", id="with its blank line"),
        param("a = 1\n# ask\ngone()\n\n# run\nb = 2\n", "a = 1\n# ask\n# run\nb = 2\n", id="above another comment"),
        param("# 1\ngone()\n# 2\ngone()\nb = 2\n", "# 1\n# 2\nb = 2\n", id="of two lines"),
        param("if a:\n    # ask\n    gone()\n    b = 2\n", "if a:\n    # ask\n    b = 2\n", id="in a block"),
        param("a = 1\n# end\ngone()\n", "a = 1\n", id="nowhere to go"),
        param("# ask\ngone()\nif b:\n    pass\n", "# ask\nif b:\n    pass\n", id="to a compound statement"),
    ],
)
def test_comments_that_are_left_behind(before: str, after: str) -> None:
    assert gone(before, build=leaving_comments) == after


def test_nested_changes() -> None:
    """An outer change sees the inner one's result; what it embeds of the original changes too."""

    def plan(tree: cst.Module, edits: Edits) -> None:
        inner, outer = named(tree, "inner"), next(node for node in descendants(tree) if isinstance(node, cst.Call))
        edits.replace(inner, cst.Name("changed"))
        edits.change(outer, lambda node: call("wrap", cst.ensure_type(node, cst.Call), inner))

    assert edited("x = f(inner)\n", plan) == "x = wrap(f(changed), changed)\n"


def test_a_changed_first_line_keeps_the_blank_line_above_it() -> None:
    def plan(tree: cst.Module, edits: Edits) -> None:
        edits.replace(named(tree, "a"), cst.Name("b"))

    assert edited("def f():\n\n    a()\n", plan) == "def f():\n\n    b()\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param(
            "x = (\n    a()\n    .b\n    .value\n)\n", "x = (\n    a()\n    .b\n)\n", id="kept where lines hang on it"
        ),
        param("x = (a.b.value)\n", "x = a.b\n", id="not needed"),
        param("x = f(a(\n    1\n).value)\n", "x = f(a(\n    1\n))\n", id="brackets of its own"),
    ],
)
def test_parentheses_around_what_is_replaced(before: str, after: str) -> None:
    def plan(tree: cst.Module, edits: Edits) -> None:
        value = next(n for n in descendants(tree) if isinstance(n, cst.Attribute) and n.attr.value == "value")
        edits.change(value, lambda updated: cst.ensure_type(updated, cst.Attribute).value)

    assert edited(before, plan) == after


def test_a_semicolon_at_the_end_stays() -> None:
    """In a notebook it keeps a value from being shown."""
    assert edited("a = 1; b();\n", lambda tree, edits: edits.change(named(tree, "b"), lambda _: cst.Name("c"))) == (
        "a = 1; c();\n"
    )


def test_later_changes_of_a_node_see_earlier_ones() -> None:
    def plan(tree: cst.Module, edits: Edits) -> None:
        node = named(tree, "a")
        edits.replace(node, cst.Name("b"))
        edits.change(node, lambda updated: cst.Attribute(cst.ensure_type(updated, cst.Name), cst.Name("c")))

    assert edited("print(a)\n", plan) == "print(b.c)\n"


def test_flattened_statements_take_what_stood_above_a_removed_line() -> None:
    def plan(tree: cst.Module, edits: Edits) -> None:
        first, loop = tree.body
        assert isinstance(first, cst.SimpleStatementLine)
        edits.change(first.body[0], leaving_comments)
        edits.change(loop, lambda node: cst.FlattenSentinel(cst.ensure_type(node, cst.While).body.body))

    assert edited("# ask\ngone()\nwhile a:\n    b = 1\n    c = 2\n", plan) == "# ask\nb = 1\nc = 2\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param("a = 1\n", "# TODO x\na = 1\n", id="above"),
        param("\n# own\na = 1\n", "\n# own\n# TODO x\na = 1\n", id="below the user's"),
        param("# TODO x\na = 1\n", "# TODO x\na = 1\n", id="once"),
        param("if b:\n    pass\n", "# TODO x\nif b:\n    pass\n", id="compound statement"),
    ],
)
def test_comment(before: str, after: str) -> None:
    def plan(tree: cst.Module, edits: Edits) -> None:
        for _ in range(2):
            edits.comment(tree.body[1], "# TODO x")

    assert edited(f"import b\n{before}", plan) == f"import b\n{after}"


def test_nothing_to_do() -> None:
    edits = Edits()
    assert not edits
    edits.replace(cst.Name("a"), expression("b"))
    assert edits


def test_call() -> None:
    assert code(call("a.b", cst.Name("c"), cst.Name("d"))) == "a.b(c, d)"
