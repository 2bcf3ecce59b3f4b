"""Imports of further names by a line that imports from their module already."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Collection, Sequence

import libcst as cst

from assist2resp.rewrite.syntax.nodes import code, dotted

Pair = tuple[str, str]
"""What a module calls a name, and what the file does."""

_Key = Callable[[str], tuple[int, str]]
_SPACED = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def widened(
    body: Sequence[cst.SimpleStatementLine | cst.BaseCompoundStatement],
    module: str,
    pairs: Collection[Pair],
    width: int,
) -> list[cst.SimpleStatementLine | cst.BaseCompoundStatement] | None:
    """The statements with these names imported by one that is there; None where none can take them in."""
    for index, statement in enumerate(body):
        line = _import_from(statement, module)
        if line is None:
            continue
        wider = _with_names(line, pairs)
        if max(map(len, code(wider).splitlines())) <= width:
            return [*body[:index], statement.with_changes(body=[wider]), *body[index + 1 :]]
    return None


def _import_from(statement: cst.BaseStatement, module: str) -> cst.ImportFrom | None:
    """A line that does nothing but import names from a module, and could take more."""
    line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    if not isinstance(line, cst.ImportFrom) or isinstance(line.names, cst.ImportStar):
        return None
    if "." * len(line.relative) + (dotted(line.module) or "") != module:
        return None
    text = code(line)
    spread = line.lpar is not None and len(line.names) < 2
    return None if spread or "#" in text or "\\" in text else line


def _with_names(line: cst.ImportFrom, pairs: Collection[Pair]) -> cst.ImportFrom:
    assert not isinstance(line.names, cst.ImportStar)
    aliases = list(line.names)
    there = {(alias.evaluated_name, alias.evaluated_alias or alias.evaluated_name) for alias in aliases}
    for name, local in pairs:
        if (name, local) not in there:
            asname = cst.AsName(cst.Name(local)) if local != name else None
            aliases = _inserted(aliases, cst.ImportAlias(cst.Name(name), asname))
    return line.with_changes(names=aliases)


def _inserted(aliases: list[cst.ImportAlias], new: cst.ImportAlias) -> list[cst.ImportAlias]:
    between = aliases[0].comma if len(aliases) > 1 else _SPACED
    place = _place([alias.evaluated_name for alias in aliases], new.evaluated_name)
    if place < len(aliases):
        return [*aliases[:place], new.with_changes(comma=between), *aliases[place:]]
    *others, last = aliases
    return [*others, last.with_changes(comma=between), new.with_changes(comma=last.comma)]


def _place(names: list[str], name: str) -> int:
    """Where a name goes among others: in their order, or after them where they have none."""
    orders: tuple[_Key, ...] = (_by_type, lambda name: (0, name.casefold()), lambda name: (0, name))
    for key in orders:
        keys = list(map(key, names))
        if keys == sorted(keys):
            return bisect(keys, key(name))
    return len(names)


def _by_type(name: str) -> tuple[int, str]:
    """Constants, then classes, then what else there is, as isort has it."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[0].isupper() else 2), name
