"""What is put into holders: by subscripts and attributes that are assigned, by methods, by literals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import key_of, positional, string_value
from assist2resp.rewrite.syntax.scopes import Binding

_PUTTERS = frozenset({"append", "appendleft", "add", "put", "put_nowait", "push"})


@dataclass(frozen=True, eq=False)
class Write:
    """One place where something is put into a holder, under a key or (None) one that is not known."""

    file: SourceFile
    holder: cst.BaseExpression
    key: str | None
    value: cst.BaseExpression | Binding
    spreads: bool = False
    """Whether the elements of the value are put there, not the value."""


def writes_in(file: SourceFile) -> Iterator[Write]:
    """All that a file puts into what may be a holder."""
    for subscript, binding in file.scopes.subscript_targets:
        yield Write(file, subscript.value, key_of(subscript), binding)
    for attribute, binding in file.scopes.attribute_targets:
        yield Write(file, attribute.value, attribute.attr.value, binding)
    for call in file.scopes.calls:
        if isinstance(call.func, cst.Attribute):
            yield from _called_writes(call, call.func, file)
        elif isinstance(call.func, cst.Name) and call.func.value == "setattr" and len(call.args) == 3:
            yield Write(file, call.args[0].value, string_value(call.args[1].value), call.args[2].value)


def _called_writes(call: cst.Call, func: cst.Attribute, file: SourceFile) -> Iterator[Write]:
    given, name = positional(call), func.attr.value
    if name in {"set", "setdefault"} and len(given) > 1:
        yield Write(file, func.value, string_value(given[0]), given[1])
    elif name in _PUTTERS | {"set"} and len(given) == 1:
        yield Write(file, func.value, None, given[0])
    elif name == "insert" and len(given) == 2:
        yield Write(file, func.value, None, given[1])
    elif name in {"extend", "update"}:
        for value in given:
            if isinstance(value, cst.Dict):
                yield from (Write(file, func.value, key, item) for key, item in literal_items(value))
            else:
                yield Write(file, func.value, None, value, spreads=True)
        if name == "update":
            yield from (Write(file, func.value, arg.keyword.value, arg.value) for arg in call.args if arg.keyword)


def literal_items(node: cst.CSTNode) -> Iterator[tuple[str | None, cst.BaseExpression]]:
    """The keys and values that `{…}` or `dict(…)` states; a key that is no literal is None."""
    if isinstance(node, cst.Dict):
        for entry in node.elements:
            if isinstance(entry, cst.DictElement):
                yield string_value(entry.key), entry.value
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        for arg in node.args:
            if arg.keyword is not None:
                yield arg.keyword.value, arg.value
