"""Imports that are added to the user's files, in place among those that are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import libcst as cst

from assist2resp.rewrite.syntax.nodes import children, dotted
from assist2resp.rewrite.syntax.wider_imports import widened

_WIDTH = 88
_Statement = TypeVar("_Statement", bound=cst.BaseStatement)


def add_import(
    tree: cst.Module, module: str, names: Iterable[tuple[str, str]], is_local: Callable[[str], bool] | None = None
) -> cst.Module:
    """The tree with `from module import name as local, …` among its imports, or joined to one of them.

    With `is_local`, which says of a module whether it is the project's own, the line goes to the group of the project's
    imports, in its order; else to the end of the imports of packages.
    """
    pairs = sorted(set(names))
    if not pairs:
        return tree
    line = cst.parse_statement(_written(module, [n if n == local else f"{n} as {local}" for n, local in pairs]))
    assert isinstance(line, cst.SimpleStatementLine)
    body = list(tree.body)
    position = _after_imports(body, {local for _, local in pairs})
    wider = widened(body[:position], module, pairs, _WIDTH)
    if wider is not None:
        return tree.with_changes(body=[*wider, *body[position:]])
    if is_local is not None:
        position, line = _in_local_group(body, position, line, module, is_local)
    elif position and not _is_import(body[position - 1]):
        line = line.with_changes(leading_lines=[cst.EmptyLine()])
    else:
        position = _after_relatives(body, position, module)
        line = _first_of_its_group(body, position, line, module)
    if not any(map(_is_import, body)) and position < len(body):
        body[position] = _apart(body[position])
    return tree.with_changes(body=[*body[:position], line, *body[position:]])


def _after_relatives(body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement], end: int, module: str) -> int:
    """The place among the imports that end here: after the last of the same package, or of Python's own like it."""
    start = end
    while start and _is_import(body[start - 1]):
        start -= 1
    package, place = module.partition(".")[0], end
    own = package in sys.stdlib_module_names
    for index in range(start, end):
        name = _imported_module(body[index]) or ""
        other = name.partition(".")[0]
        if other == package and (name <= module or place == end):
            place = index + 1
        elif own and place == end and other not in sys.stdlib_module_names:
            place = index
    return place


def _first_of_its_group(
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement],
    position: int,
    line: cst.SimpleStatementLine,
    module: str,
) -> cst.SimpleStatementLine:
    """A line of Python's own before all others takes what stood above them, and is set apart from them."""
    following = body[position] if position < len(body) else None
    above = _imported_module(body[position - 1]) if position else None
    if module.partition(".")[0] not in sys.stdlib_module_names or not isinstance(following, cst.SimpleStatementLine):
        return line
    if not _is_import(following) or (above or "").partition(".")[0] in sys.stdlib_module_names:
        return line
    body[position] = following.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return line.with_changes(leading_lines=following.leading_lines)


def _apart(statement: _Statement) -> _Statement:
    """A statement that the file's first import is put above, with blank lines between."""
    above: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    if above and above[0].comment is None:
        return statement
    count = 2 if isinstance(statement, (cst.FunctionDef, cst.ClassDef)) else 1
    return statement.with_changes(leading_lines=[*[cst.EmptyLine(indent=False)] * count, *above])


def _written(module: str, names: list[str]) -> str:
    """The line of an import; over several lines where it would be long."""
    flat = f"from {module} import {', '.join(names)}"
    return flat if len(flat) <= _WIDTH else "".join([f"from {module} import (\n", *(f"    {n},\n" for n in names), ")"])


def _in_local_group(
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement],
    end: int,
    line: cst.SimpleStatementLine,
    module: str,
    is_local: Callable[[str], bool],
) -> tuple[int, cst.SimpleStatementLine]:
    """Where the line goes among the project's own imports at the end of the imports, and how it begins there."""
    start = end
    while start and (name := _imported_module(body[start - 1])) is not None and is_local(name):
        start -= 1
    if start == end:
        blank = bool(end) and _is_import(body[end - 1])
        return end, line.with_changes(leading_lines=[cst.EmptyLine()]) if blank or end else line
    position = next((i for i in range(start, end) if (_imported_module(body[i]) or "") > module), end)
    if position == start:
        first = body[start]
        assert isinstance(first, cst.SimpleStatementLine)
        body[start] = first.with_changes(leading_lines=[])
        return start, line.with_changes(leading_lines=first.leading_lines)
    return position, line


def _imported_module(statement: cst.CSTNode) -> str | None:
    """The module that a line of one import names; relative ones begin with a dot."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    small = statement.body[0]
    if isinstance(small, cst.ImportFrom):
        return "." * len(small.relative) + (dotted(small.module) or "")
    return small.names[0].evaluated_name if isinstance(small, cst.Import) else None


def _after_imports(body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement], names: set[str]) -> int:
    """Where the imports end, or those before the first statement that mentions one of the names."""
    position = 0
    for index, statement in enumerate(body):
        if index and not _is_import(statement) and _mentions(statement, names):
            break
        if _is_import(statement) or (index == 0 and _is_docstring(statement)):
            position = index + 1
        elif position and not _is_import_like(statement):
            later = [i for i, other in enumerate(body[index : index + 8], index) if _is_import(other)]
            if not later:
                break
    return position


def _mentions(statement: cst.CSTNode, names: set[str]) -> bool:
    stack: list[cst.CSTNode] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name) and node.value in names:
            return True
        stack.extend(children(node))
    return False


def _is_import(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(part, (cst.Import, cst.ImportFrom)) for part in statement.body
    )


def _is_docstring(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine) or not statement.body:
        return False
    first = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))


def _is_import_like(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.Try) and any(_is_import(inner) for inner in statement.body.body)
