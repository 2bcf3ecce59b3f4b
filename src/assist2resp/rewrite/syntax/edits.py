"""Changes to one file: replacements and removals of nodes, applied in one pass over the parts that change."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from assist2resp.rewrite.syntax.applying import Applier, Build
from assist2resp.rewrite.syntax.scopes import ModuleScopes


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
        result = tree.visit(Applier(self.builds, self.comments, scopes.parent_of))
        assert isinstance(result, cst.Module)
        return result


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
