"""Changes to one file: replacements and removals of nodes, applied in one pass over the parts that change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile
from typing import TypeAlias, TypeVar

import libcst as cst

from assist2resp.rewrite.syntax.nodes import in_its_parentheses
from assist2resp.rewrite.syntax.scopes import ModuleScopes

Built: TypeAlias = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
Build: TypeAlias = Callable[[cst.CSTNode], Built]

_Body = TypeVar("_Body", cst.IndentedBlock, cst.Module)
_Statement = TypeVar("_Statement", bound=cst.BaseStatement)


@dataclass
class Edits:
    """The changes to one file, by node. A change is given the node with the changes below it already made."""

    builds: dict[cst.CSTNode, list[Build]] = field(default_factory=dict)
    comments: dict[cst.CSTNode, list[str]] = field(default_factory=dict)
    """Comment lines to stand above a statement."""

    def __bool__(self) -> bool:
        return bool(self.builds or self.comments)

    def change(self, node: cst.CSTNode, build: Build) -> None:
        """Change `node`; later changes of the same node see the earlier ones' result."""
        self.builds.setdefault(node, []).append(build)

    def replace(self, node: cst.CSTNode, new: cst.CSTNode) -> None:
        """Put `new` in the place of `node`."""
        self.change(node, lambda _: new)

    def remove(self, statement: cst.CSTNode) -> None:
        """Remove a small statement or a compound one; an emptied line goes, its comments stay."""
        self.change(statement, lambda _: cst.RemoveFromParent())

    def comment(self, statement: cst.CSTNode, line: str) -> None:
        """Put a comment line above a statement, once."""
        lines = self.comments.setdefault(statement, [])
        if line not in lines:
            lines.append(line)

    def apply(self, tree: cst.Module, scopes: ModuleScopes) -> cst.Module:
        """The tree with every change made."""
        touched = _with_ancestors([*self.builds, *self.comments], scopes)
        result = tree.visit(_Applier(self, touched, scopes))
        assert isinstance(result, cst.Module)
        return result


def _with_ancestors(nodes: Iterable[cst.CSTNode], scopes: ModuleScopes) -> set[cst.CSTNode]:
    found: set[cst.CSTNode] = set()
    for node in nodes:
        current: cst.CSTNode | None = node
        while current is not None and current not in found:
            found.add(current)
            current = scopes.parent_of.get(current)
    return found


_HOLDS_NO_CODE = frozenset({
    cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Newline, cst.Comment,
    cst.Comma, cst.Dot, cst.Semicolon, cst.AssignEqual, cst.Colon, cst.LeftParen, cst.RightParen,
    cst.LeftSquareBracket, cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace,
})  # fmt: skip


class _Applier(cst.CSTTransformer):
    """Visits only what changes. What a change puts in is visited too, since it may hold nodes that change themselves."""

    def __init__(self, edits: Edits, touched: set[cst.CSTNode], scopes: ModuleScopes) -> None:
        super().__init__()
        self.edits, self.touched, self.originals = edits, touched, scopes.parent_of
        self.done: dict[cst.CSTNode, Built] = {}
        self.under_way: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if type(node) in _HOLDS_NO_CODE:
            return False
        if node in self.under_way or node in self.done:
            return False
        return node in self.touched or node not in self.originals

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Built:  # type: ignore[override]
        if original_node in self.done:
            return self.done[original_node]
        if original_node in self.under_way or original_node not in self.touched:
            return updated_node
        self.under_way.add(original_node)
        result = self._changed(original_node, updated_node)
        self.under_way.discard(original_node)
        self.done[original_node] = result
        return result

    def _changed(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Built:
        result: Built = updated_node
        for build in self.edits.builds.get(original_node, ()):
            if isinstance(result, cst.RemovalSentinel):
                break
            *before, node = result if isinstance(result, cst.FlattenSentinel) else [result]
            result = self._spliced(before, build(node), original_node)
        if isinstance(result, cst.BaseExpression) and isinstance(original_node, cst.BaseExpression):
            result = in_its_parentheses(original_node, result)
        lines = self.edits.comments.get(original_node)
        if lines and isinstance(result, cst.CSTNode):
            result = _with_comments(result, lines)
        if isinstance(result, cst.SimpleStatementLine) and isinstance(original_node, cst.SimpleStatementLine):
            ended_so = isinstance(original_node.body[-1].semicolon, cst.Semicolon)
            is_whole = len(result.body) == len(original_node.body)
            result = result if ended_so and is_whole else without_last_semicolon(result)
        if isinstance(result, cst.Module) and isinstance(original_node, cst.Module):
            result = self._with_inherited_lines(original_node, result)
        if isinstance(result, cst.IndentedBlock) and isinstance(original_node, cst.IndentedBlock):
            first_is_gone = bool(original_node.body) and _is_gone(self.done.get(original_node.body[0]))
            result = _tidied(
                original_node, self._with_inherited_lines(original_node, result), first_is_gone=first_is_gone
            )
        if isinstance(result, cst.Try) and isinstance(original_node, cst.Try):
            result = _without_empty_finally(original_node, result)
        return result

    def _spliced(self, before: Sequence[cst.CSTNode], new: Built, original_node: cst.CSTNode) -> Built:
        """What a change made of the last of several nodes, with those before it; what is new is visited too."""
        if isinstance(new, cst.CSTNode):
            new = new if new is original_node else new.visit(self)
        elif isinstance(new, cst.FlattenSentinel):
            made = [node.visit(self) for node in new]
            new = cst.FlattenSentinel([node for node in made if isinstance(node, cst.CSTNode)])
        if not before or isinstance(new, cst.RemovalSentinel):
            return cst.FlattenSentinel(before) if before else new
        return cst.FlattenSentinel([*before, *(new if isinstance(new, cst.FlattenSentinel) else [new])])

    def _with_inherited_lines(self, before: _Body, after: _Body) -> _Body:
        """What stood above a line that went stands above the next one: its blank lines, and its comments if they stay."""
        heirs: dict[cst.CSTNode, list[cst.EmptyLine]] = {}
        inherited: list[cst.EmptyLine] = []
        for statement in before.body:
            result = self.done.get(statement, statement)
            if _is_gone(result):
                left = self._left_behind(statement)
                inherited += dropwhile(_is_blank, left) if inherited else left
            elif inherited:
                heir = result[0] if isinstance(result, cst.FlattenSentinel) else result
                assert isinstance(heir, cst.CSTNode)
                heirs[heir], inherited = inherited, []
        if not heirs:
            return after
        body = [_below(heirs[line], line) if line in heirs else line for line in after.body]
        return after.with_changes(body=body)

    def _left_behind(self, statement: cst.BaseStatement) -> list[cst.EmptyLine]:
        lines = list(_leading_lines(statement))
        small = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
        if any(leaving_comments in self.edits.builds.get(part, ()) for part in small):
            return lines
        return list(takewhile(_is_blank, lines))


def leaving_comments(node: cst.CSTNode) -> cst.RemovalSentinel:
    """Removes a small statement whose comments are as true of what follows it."""
    del node
    return cst.RemoveFromParent()


def _below(inherited: Sequence[cst.EmptyLine], statement: _Statement) -> _Statement:
    """The statement with the lines of one that stood above it; without a comment, blank lines are not added up."""
    own = _leading_lines(statement)
    comments = [line for line in inherited if line.comment is not None]
    if not comments and own and own[0].comment is None:
        return statement
    blank = list(takewhile(_is_blank, inherited))
    return statement.with_changes(leading_lines=[*blank, *comments, *_leading_lines(_without_blank_lines(statement))])


def _is_blank(line: cst.EmptyLine) -> bool:
    return line.comment is None


def _leading_lines(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def without_last_semicolon(line: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
    """A line whose last small statement may have gone, without the semicolon before that."""
    if not line.body or not isinstance(line.body[-1].semicolon, cst.Semicolon):
        return line
    return line.with_changes(body=[*line.body[:-1], line.body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])


def _with_comments(node: cst.CSTNode, lines: Sequence[str]) -> cst.CSTNode:
    if not hasattr(node, "leading_lines"):
        return node
    present = {line.comment.value for line in node.leading_lines if line.comment is not None}
    new = [cst.EmptyLine(comment=cst.Comment(line)) for line in lines if line not in present]
    return node.with_changes(leading_lines=[*node.leading_lines, *new])


def _is_gone(result: Built | None) -> bool:
    """Whether nothing is left of a statement."""
    return isinstance(result, cst.RemovalSentinel) or (isinstance(result, cst.SimpleStatementLine) and not result.body)


def _tidied(before: cst.IndentedBlock, after: cst.IndentedBlock, *, first_is_gone: bool) -> cst.IndentedBlock:
    """An emptied block gets its `pass`; one whose first statement went begins without blank lines."""
    if not after.body and before.body:
        return after.with_changes(body=[cst.SimpleStatementLine([cst.Pass()])])
    if after.body and first_is_gone:
        return after.with_changes(body=[_without_blank_lines(after.body[0]), *after.body[1:]])
    return after


def _without_empty_finally(before: cst.Try, after: cst.Try) -> cst.Try:
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
    lines = _leading_lines(statement)
    kept = list(dropwhile(_is_blank, lines))
    return statement if len(kept) == len(lines) else statement.with_changes(leading_lines=kept)


def expression(code: str) -> cst.BaseExpression:
    """Parse an expression that we write."""
    return cst.parse_expression(code)


def call(func: str | cst.BaseExpression, *args: cst.BaseExpression) -> cst.Call:
    """`func(args…)`, written plainly."""
    target = cst.parse_expression(func) if isinstance(func, str) else func
    last = len(args) - 1
    return cst.Call(
        target,
        [
            cst.Arg(
                arg,
                comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if i < last else cst.MaybeSentinel.DEFAULT,
            )
            for i, arg in enumerate(args)
        ],
    )
