"""Loops that kept the messages of a run of all, as they go through those of its response."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.messages.of_run import Kept, conjunction
from assist2resp.rewrite.rules._item_lists import in_parentheses


def passing_on(kept: Kept, updated: cst.CSTNode, given: cst.BaseExpression, *, is_plain: bool) -> cst.CSTNode:
    """The loop over `given`, without its test for the run; items that are no messages are passed over (`is_plain`)."""
    if isinstance(updated, cst.CompFor) and isinstance(kept.loop, cst.CompFor):
        tests = [_without(kept, old.test, new.test) for old, new in zip(kept.loop.ifs, updated.ifs, strict=True)]
        left = [new.with_changes(test=test) for new, test in zip(updated.ifs, tests, strict=True) if test is not None]
        if is_plain:
            first = left[0] if left else updated.ifs[0]
            both = first.with_changes(test=_of_messages(kept, first.test if left else None))
            left = [both, *left[1:]]
        return updated.with_changes(iter=given, ifs=left, asynchronous=None)
    loop = cst.ensure_type(updated, cst.For)
    block, old = cst.ensure_type(loop.body, cst.IndentedBlock), cst.ensure_type(kept.loop, cst.For)
    asked = cst.ensure_type(block.body[0], cst.If)
    before = cst.ensure_type(cst.ensure_type(old.body, cst.IndentedBlock).body[0], cst.If)
    test = _without(kept, before.test, asked.test)
    if is_plain:
        test = _of_messages(kept, test)
    body = asked.body if test is None else block.with_changes(body=[asked.with_changes(test=test)])
    return loop.with_changes(iter=given, body=body, asynchronous=None)


def _without(kept: Kept, before: cst.BaseExpression, test: cst.BaseExpression) -> cst.BaseExpression | None:
    """A test without the part that asks for the run; None where that is all. `before` is the test as it was written."""
    parts = list(conjunction(before))
    if kept.test not in parts:
        return test
    return _dropping(test, parts.index(kept.test))[0]


def _dropping(test: cst.BaseExpression, place: int) -> tuple[cst.BaseExpression | None, int]:
    """A test without the part at a place of its conjunction, and how many parts it had."""
    if not (isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And)):
        return (None if place == 0 else test), 1
    left, before = _dropping(test.left, place)
    right, after = _dropping(test.right, place - before)
    if left is None or right is None:
        kept = right if left is None else left
        return (
            kept.with_changes(lpar=test.lpar, rpar=test.rpar) if kept is not None and test.lpar else kept
        ), before + after
    return test.with_changes(left=left, right=right), before + after


def _of_messages(kept: Kept, test: cst.BaseExpression | None) -> cst.BaseExpression:
    """A test that what the loop goes through is a message, and then what was asked of it."""
    name = cst.ensure_type(kept.loop.target, cst.Name).value
    only = cst.parse_expression(f'{name}.type == "message"')
    if test is None:
        return only
    wrapped = test.lpar and isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And)
    inner = test.with_changes(lpar=(), rpar=()) if wrapped else test
    both = cst.BooleanOperation(only, cst.And(), in_parentheses(inner))
    return both.with_changes(lpar=test.lpar, rpar=test.rpar) if wrapped else both
