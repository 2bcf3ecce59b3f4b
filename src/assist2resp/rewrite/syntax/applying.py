"""Makes the changes of a file: only what changes is built anew, and the lines around it are left as a person would."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import dropwhile, takewhile
from operator import is_
from typing import TypeAlias, TypeVar

import libcst as cst

from assist2resp.rewrite.syntax.nodes import fields_of, in_its_parentheses
from assist2resp.rewrite.syntax.tidying import (
    below,
    is_blank,
    leading_lines,
    tidied_block,
    with_comments,
    without_empty_finally,
    without_last_semicolon,
)

Built: TypeAlias = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
Build: TypeAlias = Callable[[cst.CSTNode], Built]

_Body = TypeVar("_Body", cst.IndentedBlock, cst.Module)
_HOLDS_NO_CODE = frozenset({
    cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Newline, cst.Comment,
    cst.Comma, cst.Dot, cst.Semicolon, cst.AssignEqual, cst.Colon, cst.LeftParen, cst.RightParen,
    cst.LeftSquareBracket, cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace,
})  # fmt: skip


class Applier(cst.CSTTransformer):
    """Visits only what changes. What a change puts in is visited too, since it may hold nodes that change themselves."""

    def __init__(
        self,
        builds: Mapping[cst.CSTNode, Sequence[Build]],
        comments: Mapping[cst.CSTNode, Sequence[str]],
        parent_of: Mapping[cst.CSTNode, cst.CSTNode],
    ) -> None:
        super().__init__()
        self.builds, self.comments, self.originals = builds, comments, parent_of
        self.touched = _with_ancestors([*builds, *comments], parent_of)
        self.done: dict[cst.CSTNode, Built] = {}
        self.under_way: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if type(node) in _HOLDS_NO_CODE or node in self.originals or node in self.touched:
            return False
        return node not in self.under_way and node not in self.done

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Built:  # type: ignore[override]
        return self._result(original_node) if original_node in self.touched else updated_node

    def _result(self, node: cst.CSTNode) -> Built:
        """What becomes of an original node, with the changes below it."""
        if node in self.under_way:
            return node
        if node not in self.done:
            with_changes_below = self._with_changed_children(node)
            self.under_way.add(node)
            self.done[node] = self._changed(node, with_changes_below)
            self.under_way.discard(node)
        return self.done[node]

    def _with_changed_children(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node with the changes below it made; LibCST's own visit asks every node below, whitespace too."""
        changes: dict[str, object] = {}
        for name, held in fields_of(node):
            new = self._of_child(held) if isinstance(held, cst.CSTNode) else self._of_children(node, name, held)
            if new is held:
                continue
            if isinstance(new, (cst.RemovalSentinel, cst.FlattenSentinel)):
                return node._visit_and_replace_children(self)  # noqa: SLF001 - it knows what its fields may be instead
            changes[name] = new
        return node.with_changes(**changes) if changes else node

    def _of_child(self, child: cst.CSTNode) -> Built:
        if child in self.touched:
            return self._result(child)
        return child if child in self.originals else child.visit(self)

    def _of_children(self, node: cst.CSTNode, name: str, held: Sequence[cst.CSTNode]) -> Sequence[cst.CSTNode]:
        """The nodes of a field as they become; the very same where none of them changes."""
        made: list[cst.CSTNode] = []
        drops_empty = name == "body" and type(node) in {cst.Module, cst.IndentedBlock}
        for child in held:
            new = self._of_child(child)
            if new is child:
                made.append(child)
            else:
                made += [part for part in _parts(new) if not (drops_empty and _is_empty(part) and not _is_empty(child))]
        return held if len(made) == len(held) and all(map(is_, made, held)) else made

    def _changed(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Built:
        result: Built = updated_node
        builds = self.builds.get(original_node, ())
        for build in builds:
            if isinstance(result, cst.RemovalSentinel):
                break
            *before, node = result if isinstance(result, cst.FlattenSentinel) else [result]
            result = self._spliced(before, build(node), original_node)
        if builds and isinstance(result, cst.BaseExpression) and isinstance(original_node, cst.BaseExpression):
            result = in_its_parentheses(original_node, result)
        lines = self.comments.get(original_node)
        if lines and isinstance(result, cst.CSTNode):
            result = with_comments(result, lines)
        return result if type(result) is not type(original_node) else self._tidied(original_node, result)

    def _tidied(self, before: cst.CSTNode, after: Built) -> Built:
        """A statement, block or module that stays one, without what its changes left over."""
        match before, after:
            case cst.SimpleStatementLine(), cst.SimpleStatementLine():
                ended_so = isinstance(before.body[-1].semicolon, cst.Semicolon)
                is_whole = len(after.body) == len(before.body)
                return after if ended_so and is_whole else without_last_semicolon(after)
            case cst.Module(), cst.Module():
                return self._with_inherited_lines(before, after)
            case cst.IndentedBlock(), cst.IndentedBlock():
                first_is_gone = bool(before.body) and _is_gone(self.done.get(before.body[0]))
                return tidied_block(before, self._with_inherited_lines(before, after), first_is_gone=first_is_gone)
            case cst.Try(), cst.Try():
                return without_empty_finally(before, after)
        return after

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
                inherited += dropwhile(is_blank, left) if inherited else left
            elif inherited:
                heir = result[0] if isinstance(result, cst.FlattenSentinel) else result
                assert isinstance(heir, cst.CSTNode)
                heirs[heir], inherited = inherited, []
        if not heirs:
            return after
        body = [below(heirs[line], line) if line in heirs else line for line in after.body]
        return after.with_changes(body=body)

    def _left_behind(self, statement: cst.BaseStatement) -> list[cst.EmptyLine]:
        lines = list(leading_lines(statement))
        small = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
        if any(leaving_comments in self.builds.get(part, ()) for part in small):
            return lines
        return list(takewhile(is_blank, lines))


def _with_ancestors(nodes: Iterable[cst.CSTNode], parent_of: Mapping[cst.CSTNode, cst.CSTNode]) -> set[cst.CSTNode]:
    found: set[cst.CSTNode] = set()
    for node in nodes:
        current: cst.CSTNode | None = node
        while current is not None and current not in found:
            found.add(current)
            current = parent_of.get(current)
    return found


def _parts(made: Built) -> Iterable[cst.CSTNode]:
    """The nodes that take a node's place."""
    if isinstance(made, cst.FlattenSentinel):
        return made
    return [made] if isinstance(made, cst.CSTNode) else []


def _is_empty(line: cst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and not line.body


def _is_gone(result: Built | None) -> bool:
    """Whether nothing is left of a statement."""
    return isinstance(result, cst.RemovalSentinel) or (isinstance(result, cst.SimpleStatementLine) and not result.body)


def leaving_comments(node: cst.CSTNode) -> cst.RemovalSentinel:
    """Removes a small statement whose comments are as true of what follows it."""
    del node
    return cst.RemoveFromParent()
