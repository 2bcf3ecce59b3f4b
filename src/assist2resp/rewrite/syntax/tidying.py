"""What a change leaves around it: blank lines, comments, semicolons, and suites that do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile
from typing import TypeVar

import libcst as cst

_Statement = TypeVar("_Statement", bound=cst.BaseStatement)


def below(inherited: Sequence[cst.EmptyLine], statement: _Statement) -> _Statement:
    """The statement with the lines of one that stood above it; without a comment, blank lines are not added up."""
    own = leading_lines(statement)
    comments = [line for line in inherited if line.comment is not None]
    if not comments and own and own[0].comment is None:
        return statement
    blank = list(takewhile(is_blank, inherited))
    return statement.with_changes(leading_lines=[*blank, *comments, *leading_lines(_without_blank_lines(statement))])


def is_blank(line: cst.EmptyLine) -> bool:
    return line.comment is None


def leading_lines(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def without_last_semicolon(line: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
    """A line whose last small statement may have gone, without the semicolon before that."""
    if not line.body or not isinstance(line.body[-1].semicolon, cst.Semicolon):
        return line
    return line.with_changes(body=[*line.body[:-1], line.body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])


def with_comments(node: cst.CSTNode, lines: Sequence[str]) -> cst.CSTNode:
    if not hasattr(node, "leading_lines"):
        return node
    present = {line.comment.value for line in node.leading_lines if line.comment is not None}
    new = [cst.EmptyLine(comment=cst.Comment(line)) for line in lines if line not in present]
    return node.with_changes(leading_lines=[*node.leading_lines, *new])


def tidied_block(before: cst.IndentedBlock, after: cst.IndentedBlock, *, first_is_gone: bool) -> cst.IndentedBlock:
    """An emptied block gets its `pass`; one whose first statement went begins without blank lines."""
    if not after.body and before.body:
        return after.with_changes(body=[cst.SimpleStatementLine([cst.Pass()])])
    if after.body and first_is_gone:
        return after.with_changes(body=[_without_blank_lines(after.body[0]), *after.body[1:]])
    return after


def without_empty_finally(before: cst.Try, after: cst.Try) -> cst.Try:
    if (
        after.finalbody is None
        or not after.handlers
        or after.finalbody is before.finalbody
        or not only_passes(after.finalbody.body)
    ):
        return after
    return after.with_changes(finalbody=None)


def only_passes(suite: cst.BaseSuite) -> bool:
    """Whether a suite does nothing."""
    return all(passes(line) for line in suite.body)


def passes(line: cst.CSTNode) -> bool:
    """Whether a line does nothing."""
    return isinstance(line, cst.SimpleStatementLine) and all(isinstance(small, cst.Pass) for small in line.body)


def _without_blank_lines(statement: _Statement) -> _Statement:
    lines = leading_lines(statement)
    kept = list(dropwhile(is_blank, lines))
    return statement if len(kept) == len(lines) else statement.with_changes(leading_lines=kept)
