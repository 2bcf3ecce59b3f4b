"""How programs tell the events of a stream apart, and the statements around a branch that is settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.streams.events import CLASSES, ResponseEvent
from assist2resp.rewrite.syntax.nodes import string_value
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import External

Path: TypeAlias = Callable[[cst.CSTNode], str | None]
_DELTA = "thread.message.delta"


def event_names(node: cst.CSTNode, path: Path, file: SourceFile, inference: Inference) -> list[str] | None:
    """The names of the events that a test or a pattern lets through; None where it asks something else.

    `path` says what of the event an expression is.
    """
    match node:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
            return _compared(left, operator, right, path)
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=what), cst.Arg(value=which)]):
            return _of_classes(path(what), which, file, inference)
        case cst.MatchValue():
            name = string_value(node.value)
            return None if name is None else [name]
        case cst.MatchOr():
            found = [event_names(element.pattern, path, file, inference) for element in node.patterns]
            return None if None in found else [name for names in found for name in names or ()]
        case cst.MatchClass(patterns=[], kwds=[]):
            return _of_classes("", node.cls, file, inference)
    return None


def _compared(
    left: cst.BaseExpression, operator: cst.BaseCompOp, right: cst.BaseExpression, path: Path
) -> list[str] | None:
    if isinstance(operator, cst.Equal):
        if path(right) is not None:
            left, right = right, left
        name, told_by = string_value(right), path(left)
        if told_by == "data.object":
            return [_DELTA] if name == _DELTA else None
        return [name] if told_by == "event" and name is not None else None
    if isinstance(operator, cst.In) and path(left) == "event" and isinstance(right, (cst.List, cst.Tuple, cst.Set)):
        names = [string_value(element.value) for element in right.elements]
        return None if None in names else [name for name in names if name is not None]
    return None


def _of_classes(
    path: str | None, which: cst.BaseExpression, file: SourceFile, inference: Inference
) -> list[str] | None:
    if path not in {"", "data"}:
        return None
    classes = [element.value for element in which.elements] if isinstance(which, cst.Tuple) else [which]
    names: list[str] = []
    for one in classes:
        kind = inference.kind(one, file)
        qualified = kind.qualified if isinstance(kind, External) else ""
        if path == "data":
            is_delta = qualified.startswith("openai.types.beta.") and qualified.endswith(".MessageDeltaEvent")
            name = _DELTA if is_delta else None
        else:
            name = CLASSES.get(qualified)
        if name is None:
            return None
        names.append(name)
    return names


def branch_test(
    old: cst.BaseExpression, events: Sequence[ResponseEvent], variable: str, parent: cst.CSTNode
) -> cst.BaseExpression:
    """The test that lets these events of a response through, in the place of `old`; only one may ask for more than a type."""
    quote = _quote(old)
    told = variable if not _is_held(old) else ""
    kind = f"{told}.type" if told else _held(old)
    if len(events) == 1:
        text = f"{kind} == {quote}{events[0].type}{quote}"
        if events[0].item:
            text += f" and {variable}.item.type == {quote}{events[0].item}{quote}"
        if events[0].condition:
            text += f" and {events[0].condition.format(event=variable)}".replace('"', quote)
        more = events[0].item or events[0].condition
        if more and isinstance(parent, (cst.BooleanOperation, cst.UnaryOperation)) and not _is_and(parent):
            text = f"({text})"
    else:
        text = f"{kind} in ({', '.join(f'{quote}{event.type}{quote}' for event in events)})"
    new = cst.parse_expression(text)
    return new.with_changes(lpar=old.lpar, rpar=old.rpar) if old.lpar and not new.lpar else new


def _is_and(parent: cst.CSTNode) -> bool:
    return isinstance(parent, cst.BooleanOperation) and isinstance(parent.operator, cst.And)


def _is_held(old: cst.BaseExpression) -> bool:
    """Whether the event's name is in a variable of its own."""
    return bool(_held(old))


def _held(old: cst.BaseExpression) -> str:
    if not isinstance(old, cst.Comparison):
        return ""
    sides = (old.left, old.comparisons[0].comparator)
    return next((side.value for side in sides if isinstance(side, cst.Name)), "")


def _quote(node: cst.BaseExpression) -> str:
    stack: list[cst.CSTNode] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, cst.SimpleString):
            return top.quote
        stack.extend(top.children)
    return '"'


def opened(updated: cst.CSTNode) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
    """The statements of a branch or loop that is always taken once, with the comments around them."""
    assert isinstance(updated, (cst.If, cst.For))
    remark = updated.body.header.comment if isinstance(updated.body, cst.IndentedBlock) else None
    lines = [*updated.leading_lines, *([cst.EmptyLine(comment=remark)] if remark is not None else [])]
    if not isinstance(updated.body, cst.IndentedBlock):
        assert isinstance(updated.body, cst.SimpleStatementSuite)
        return cst.SimpleStatementLine(updated.body.body, leading_lines=lines)
    body = list(updated.body.body)
    if not body:
        return cst.RemoveFromParent()
    first = body[0]
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    body[0] = first.with_changes(leading_lines=[*lines, *first.leading_lines])
    return cst.FlattenSentinel(body)


def without_branch(updated: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel:
    """A chain of branches without its first one."""
    node = cst.ensure_type(updated, cst.If)
    if not isinstance(node.orelse, cst.If):
        return cst.RemoveFromParent()
    return node.orelse.with_changes(leading_lines=node.leading_lines)
