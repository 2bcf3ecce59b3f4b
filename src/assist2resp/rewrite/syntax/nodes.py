"""Walking LibCST trees by plain recursion, several times faster than its visitors, and small readers of nodes."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Literal, TypeVar, get_origin

import libcst as cst

_Awaited = TypeVar("_Awaited", bound=cst.CSTNode | None)
_LAYOUT = (
    "whitespace", "lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "semicolon", "equal", "dot",
    "leading_", "lines_after", "trailing_", "header", "footer", "indent", "asynchronous", "posonly_ind", "type_parameters",
)  # fmt: skip


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    fields = (f for f in dataclasses.fields(kind) if f.type not in {str, bool} and not f.name.startswith(_LAYOUT))
    return tuple(f.name for f in fields if get_origin(f.type) is not Literal)


class _Held(dict[type, Literal["node", "nodes", "none"]]):
    """What a value in a field of a node is, by its type, since `isinstance` is slow on LibCST's classes."""

    def __missing__(self, kind: type) -> Literal["node", "nodes", "none"]:
        if issubclass(kind, cst.CSTNode):
            self[kind] = "node"
        else:
            self[kind] = "nodes" if issubclass(kind, (tuple, list)) else "none"
        return self[kind]


_HELD = _Held()


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes that carry meaning, in the order of the text (whitespace and punctuation are left out)."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        held = _HELD[type(value)]
        if held == "node":
            found.append(value)
        elif held == "nodes":
            found += [item for item in value if _HELD[type(item)] == "node"]
    return found


def fields_of(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode | Sequence[cst.CSTNode]]]:
    """The fields of a node that hold the children that carry meaning, with the child or the children."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if _HELD[type(value)] != "none":
            yield name, value


def descendants(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and everything below it, parents first, in the order of the text."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack += reversed(children(top))


def small_statements(body: cst.BaseSuite) -> Iterator[cst.BaseSmallStatement]:
    """The small statements of a body, and of what it holds."""
    for node in descendants(body):
        if isinstance(node, cst.BaseSmallStatement):
            yield node


def dotted(node: cst.CSTNode | None) -> str | None:
    """`a.b.c` for a chain of names, else None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join([node.value, *reversed(parts)])


def is_none(node: cst.CSTNode | None) -> bool:
    """Whether an expression is the word None."""
    return isinstance(node, cst.Name) and node.value == "None"


def index_of(node: cst.CSTNode | None) -> int | None:
    """The literal index that a subscript reads."""
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        value = node.slice[0].slice.value
        if isinstance(value, cst.Integer):
            return value.evaluated_value
    return None


def key_of(node: cst.CSTNode | None) -> str | None:
    """The literal key that a subscript reads."""
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        return None
    return string_value(node.slice[0].slice.value)


def string_value(node: cst.CSTNode | None) -> str | None:
    """The value of a plain string literal, else None."""
    if type(node) is cst.SimpleString and (text := _without_quotes(node.value)) is not None:
        return text
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def _without_quotes(literal: str) -> str | None:
    """What a literal without prefix and escapes says; None for others, of which Python's own parser must be asked."""
    quote = literal[0]
    if quote not in "\"'" or "\\" in literal or "\r" in literal:
        return None
    width = 3 if len(literal) > 5 and literal.startswith(quote * 3) else 1
    return literal[width:-width]


def argument(call: cst.Call, keyword: str, position: int | None = None) -> cst.BaseExpression | None:
    """The value of a call's argument by its keyword, or by its position among the plain positional ones."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == keyword:
            return arg.value
    if position is not None:
        plain = positional(call)
        if position < len(plain):
            return plain[position]
    return None


def positional(call: cst.Call) -> list[cst.BaseExpression]:
    """The positional arguments before the first starred one."""
    values: list[cst.BaseExpression] = []
    for arg in call.args:
        if arg.star or arg.keyword is not None:
            break
        values.append(arg.value)
    return values


def has_star(call: cst.Call) -> bool:
    """Whether the call spreads a sequence or a mapping into its arguments."""
    return any(arg.star for arg in call.args)


def quote_below(above: Iterable[cst.CSTNode]) -> Literal['"', "'"]:
    """The quotes that a string may have below these nodes, nearest first: others than those of a format string."""
    around = next((node for node in above if isinstance(node, cst.FormattedString)), None)
    return "'" if around is not None and around.start.endswith('"') else '"'


def unwrap_await(node: _Awaited) -> _Awaited | cst.BaseExpression:
    """The expression below `await`, if there is one; any other node as it is."""
    return node.expression if isinstance(node, cst.Await) else node


def statements(body: cst.BaseSuite | cst.Module) -> Sequence[cst.CSTNode]:
    """The statements of a suite or a module."""
    return body.body


def code(node: cst.CSTNode) -> str:
    """The text of a node."""
    return cst.Module([]).code_for_node(node)


def without_parentheses(node: cst.BaseExpression) -> cst.BaseExpression:
    """An expression that stands alone."""
    return node.with_changes(lpar=[], rpar=[])


def in_its_parentheses(before: cst.BaseExpression, after: cst.BaseExpression) -> cst.BaseExpression:
    """What takes the place of an expression in parentheses keeps them where its lines would not hold together."""
    if not before.lpar or after.lpar or not _breaks_off(after):
        return after
    return after.with_changes(lpar=before.lpar, rpar=before.rpar)


def _breaks_off(node: cst.BaseExpression) -> bool:
    """Whether an expression does not stand by itself: it has a line break outside of brackets."""
    text = code(node)
    if "\n" not in text:
        return False
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return True
    return False
