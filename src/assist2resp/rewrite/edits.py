"""Changes to one file: replacements and removals of nodes, applied in one pass over the parts that change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from assist2resp.rewrite.scopes import ModuleScopes

Build: TypeAlias = Callable[[cst.CSTNode], cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]]


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
        result = tree.visit(_Applier(self, touched))
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


class _Applier(cst.CSTTransformer):
    def __init__(self, edits: Edits, touched: set[cst.CSTNode]) -> None:
        super().__init__()
        self.edits, self.touched = edits, touched

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.touched

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:  # type: ignore[override]
        result: cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode] = updated_node
        for build in self.edits.builds.get(original_node, ()):
            if not isinstance(result, cst.CSTNode):
                break
            result = build(result)
        lines = self.edits.comments.get(original_node)
        if lines and isinstance(result, cst.CSTNode):
            result = _with_comments(result, lines)
        if isinstance(result, (cst.IndentedBlock, cst.Module)) and original_node in self.touched:
            assert isinstance(original_node, (cst.IndentedBlock, cst.Module))
            result = _keep_comments(original_node, result)
        return result


def _with_comments(node: cst.CSTNode, lines: Sequence[str]) -> cst.CSTNode:
    if not hasattr(node, "leading_lines"):
        return node
    present = {line.comment.value for line in node.leading_lines if line.comment is not None}
    new = [cst.EmptyLine(comment=cst.Comment(line)) for line in lines if line not in present]
    return node.with_changes(leading_lines=[*node.leading_lines, *new])


def _keep_comments(before: cst.IndentedBlock | cst.Module, after: cst.IndentedBlock | cst.Module) -> cst.CSTNode:
    """Give an emptied block its `pass`."""
    if isinstance(after, cst.IndentedBlock) and not after.body and before.body:
        return after.with_changes(body=[cst.SimpleStatementLine([cst.Pass()])])
    return after


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
            cst.Arg(arg, comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if i < last else cst.MaybeSentinel.DEFAULT)
            for i, arg in enumerate(args)
        ],
    )
