"""Imports that a rewrite left unused, which are taken out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

import libcst as cst

from assist2resp.rewrite.syntax.nodes import children

_PROSE = re.compile(r"\w\s+\w")
"""What no annotation and no path has: words with nothing but space between them."""
_WORD = re.compile(r"[^\W\d]\w*")


def used_names(tree: cst.Module) -> set[str]:
    """Every name that the module's code mentions outside its imports, in strings only as an annotation or a path would."""
    found: set[str] = set()
    stack: list[cst.CSTNode] = [tree]
    while stack:
        node = stack.pop()
        if type(node) is cst.Name:
            found.add(node.value)
        elif type(node) is cst.SimpleString:
            if not _PROSE.search(node.value):
                found.update(_WORD.findall(node.value))
        elif type(node) not in {cst.Import, cst.ImportFrom}:
            stack += children(node)
    return found


def drop_unused(before: cst.Module, after: cst.Module, used: Collection[str] | None = None) -> cst.Module:
    """Take out the imports that `before` used and `after` does not; imports that were unused before stay.

    `used` are the names that `after` uses, where they are known.
    """
    brought = [set(_brought(statement)) for statement in after.body]
    idle = set[str]().union(*brought).difference(used_names(after) if used is None else used)
    gone = idle & used_names(before) if idle else idle
    if not gone:
        return after
    dropper, body, above = (
        _Dropper(gone),
        list[cst.SimpleStatementLine | cst.BaseCompoundStatement](),
        list[cst.EmptyLine](),
    )
    for position, statement in enumerate(after.body):
        kept = statement.visit(dropper) if brought[position] or not position else statement
        assert isinstance(kept, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        if isinstance(kept, cst.SimpleStatementLine) and not kept.body:
            above = above or [line for line in kept.leading_lines if line.comment is None]
            continue
        body.append(kept if kept.leading_lines else kept.with_changes(leading_lines=above))
        above = []
    return _without_leading_blank(after, after.with_changes(body=body))


def _brought(statement: cst.CSTNode) -> Iterator[str]:
    """The names that the imports of a statement bring, but for those in functions and classes."""
    stack = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.Import, cst.ImportFrom)):
            yield from map(_local, () if isinstance(node.names, cst.ImportStar) else node.names)
        elif _may_hold_imports(type(node)):
            stack += children(node)


@cache
def _may_hold_imports(kind: type[cst.CSTNode]) -> bool:
    return not issubclass(kind, (cst.FunctionDef, cst.ClassDef, cst.BaseExpression))


def _without_leading_blank(before: cst.Module, after: cst.Module) -> cst.Module:
    """A module whose first import went does not begin with the blank line that stood below it."""
    if not after.body or not before.body or after.body[0] is before.body[0] or before.header or after.header:
        return after
    first = after.body[0]
    kept = list(first.leading_lines)
    while kept and kept[0].comment is None:
        kept.pop(0)
    return after.with_changes(body=[first.with_changes(leading_lines=kept), *after.body[1:]])


class _Dropper(cst.CSTTransformer):
    def __init__(self, gone: set[str]) -> None:
        super().__init__()
        self.gone = gone

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802
        del node
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802
        del node
        return False

    def _keep(self, names: Iterable[cst.ImportAlias]) -> list[cst.ImportAlias]:
        return [alias for alias in names if _local(alias) not in self.gone]

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import | cst.RemovalSentinel:  # noqa: N802
        del original_node
        kept = self._keep(updated_node.names)
        if len(kept) == len(updated_node.names):
            return updated_node
        return updated_node.with_changes(names=_last_without_comma(kept)) if kept else cst.RemoveFromParent()

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        del original_node
        if isinstance(updated_node.names, cst.ImportStar) or _is_future(updated_node):
            return updated_node
        kept = self._keep(updated_node.names)
        if len(kept) == len(updated_node.names):
            return updated_node
        if not kept:
            return cst.RemoveFromParent()
        last = kept[-1].with_changes(comma=updated_node.names[-1].comma)
        return updated_node.with_changes(names=[*kept[:-1], last])


def _is_future(node: cst.ImportFrom) -> bool:
    return isinstance(node.module, cst.Name) and node.module.value == "__future__"


def _local(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return alias.evaluated_name.split(".")[0]


def _last_without_comma(names: list[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return [*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
