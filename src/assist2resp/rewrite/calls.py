"""Writing calls in the user's own layout: new functions and arguments between the old parentheses and commas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst


@dataclass(frozen=True)
class Argument:
    """One argument to write: by keyword, or spread with `**` when `keyword` is None."""

    keyword: str | None
    value: cst.BaseExpression


def rebuild_call(old: cst.Call, func: cst.BaseExpression, arguments: Sequence[Argument]) -> cst.Call:
    """`func(arguments…)` in the layout of `old`: on one line, or each argument on its own."""
    separator = _separator(old)
    last = len(arguments) - 1
    trailing = bool(old.args) and isinstance(old.args[-1].comma, cst.Comma)
    after_last = old.args[-1].whitespace_after_arg if old.args else cst.SimpleWhitespace("")
    args = []
    for index, argument in enumerate(arguments):
        if index < last:
            comma: cst.Comma | cst.MaybeSentinel = cst.Comma(whitespace_after=separator)
        elif trailing:
            end = old.args[-1].comma
            assert isinstance(end, cst.Comma)
            comma = end
        else:
            comma = cst.MaybeSentinel.DEFAULT
        args.append(_arg(argument, comma, after_last if index == last else cst.SimpleWhitespace("")))
    return old.with_changes(func=func, args=args)


def _separator(old: cst.Call) -> cst.BaseParenthesizableWhitespace:
    for arg in old.args[:-1]:
        if isinstance(arg.comma, cst.Comma):
            return arg.comma.whitespace_after
    if isinstance(old.whitespace_before_args, cst.ParenthesizedWhitespace):
        return old.whitespace_before_args
    return cst.SimpleWhitespace(" ")


def _arg(argument: Argument, comma: cst.Comma | cst.MaybeSentinel, after: cst.BaseParenthesizableWhitespace) -> cst.Arg:
    if argument.keyword is None:
        return cst.Arg(argument.value, star="**", comma=comma, whitespace_after_arg=after)
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(argument.value, cst.Name(argument.keyword), equal, comma, whitespace_after_arg=after)


def attribute(value: cst.BaseExpression, *names: str) -> cst.BaseExpression:
    """`value.name.name…`."""
    for name in names:
        value = cst.Attribute(value, cst.Name(name))
    return value


def text(node: cst.CSTNode) -> str:
    """The code of a node."""
    return cst.Module([]).code_for_node(node)
