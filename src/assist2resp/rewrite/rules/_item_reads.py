"""How what the program reads of messages is read of the items that take their place."""

from __future__ import annotations

import functools
from collections.abc import Collection

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.dumped import dump_around
from assist2resp.rewrite.messages.reads import MessageReads
from assist2resp.rewrite.messages.shapes import Found, Shape
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.edits import call
from assist2resp.rewrite.syntax.nodes import code, key_of


def read_items(
    plan: Plan, reads: MessageReads, site: Site, done: set[cst.CSTNode], shown: Collection[Found] = ()
) -> None:
    """Read of items what was read of a listing's messages; `done` is what another listing changed already."""
    for found in (found for shape in Shape for found in reads.of(shape, site)):
        node = found.file.scopes.parent_of[found.node]
        dump = dump_around(found.node, found.file) if found not in shown and not found.is_dumped else None
        if dump is not None and dump not in done:
            done.add(dump)
            plan.change(found.file, dump, _undumped)
        word = key_of(node) if found.is_dumped else node.attr.value if isinstance(node, cst.Attribute) else None
        if word is None or node in done or (reads.cites and found.shape is Shape.TEXT):
            continue
        done.add(node)
        if reads.cites and (found.shape, word) == (Shape.PART, "text"):
            plan.change(found.file, node, functools.partial(_cited, plan.need(found.file, "cited_text")))
        else:
            _read(plan, found, node, word)


def _read(plan: Plan, found: Found, node: cst.CSTNode, word: str) -> None:
    parent = found.file.scopes.parent_of[node]
    if word in {"data", "value"} and assigns_to_itself(parent, found.node):
        plan.change(found.file, parent, leaving_comments)
    elif word in {"data", "value"}:
        plan.change(found.file, node, value_of)
    else:
        if word == "type" and found.shape is Shape.PART:
            plan.change(found.file, parent, _is_text)
        if found.is_dumped:
            plan.change(found.file, node, functools.partial(_attribute_of, word))


def _cited(name: str, updated: cst.CSTNode) -> cst.Call:
    """`cited_text(part)` in place of `part.text`."""
    return call(name, value_of(updated))


def _undumped(updated: cst.CSTNode) -> cst.BaseExpression:
    """The object itself in place of `node.dict()` or `json.loads(node.json())`."""
    call = cst.ensure_type(updated, cst.Call)
    if isinstance(call.func, cst.Attribute) and not _is_loads(call):
        return call.func.value
    return _undumped(call.args[0].value)


def _is_loads(call: cst.Call) -> bool:
    return code(call.func) == "json.loads"


def _attribute_of(word: str, updated: cst.CSTNode) -> cst.BaseExpression:
    """`node.word` in place of `node["word"]`."""
    return attribute(value_of(updated), word)


def value_of(updated: cst.CSTNode) -> cst.BaseExpression:
    """What an attribute or an item is read of, in its place."""
    assert isinstance(updated, (cst.Attribute, cst.Subscript))
    return updated.value


def assigns_to_itself(parent: cst.CSTNode, held: cst.BaseExpression) -> bool:
    """Whether `messages = messages.data`, or `list(messages)`, is all that a statement says."""
    return (
        isinstance(parent, cst.Assign)
        and isinstance(held, cst.Name)
        and [code(target.target) for target in parent.targets] == [held.value]
    )


def _is_text(updated: cst.CSTNode) -> cst.CSTNode:
    """`part.type == "text"` asks for one of two types now, by who wrote the message."""
    test = cst.ensure_type(updated, cst.Comparison)
    target = test.comparisons[0]
    quote = cst.ensure_type(target.comparator, cst.SimpleString).quote
    types = cst.parse_expression(f"({quote}input_text{quote}, {quote}output_text{quote})")
    operator = cst.In() if isinstance(target.operator, cst.Equal) else cst.NotIn()
    return test.with_changes(comparisons=[cst.ComparisonTarget(operator, types)])
