"""Writing calls in the user's own layout: new functions and arguments between the old parentheses and commas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.nodes import code


@dataclass(frozen=True)
class Argument:
    """One argument to write: by keyword, or spread with `**` when `keyword` is None."""

    keyword: str | None
    value: cst.BaseExpression


_WIDTH = 88
"""How long a line that we write may get, unless the user's was longer."""


def rebuild_call(old: cst.Call, func: cst.BaseExpression, arguments: Sequence[Argument], *, depth: int = 0) -> cst.Call:
    """`func(arguments…)` in the layout of `old`: on one line while that is short enough, else an argument on each line.

    `depth` is how many columns stand before the call.
    """
    new = _in_old_layout(old, func, arguments)
    whole = code(new)
    if "\n" in whole or depth + len(whole) <= max(_WIDTH, depth + len(code(old))):
        return new
    return _one_to_a_line(new)


def _one_to_a_line(call: cst.Call) -> cst.Call:
    deeper = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    end = cst.ParenthesizedWhitespace(indent=True)
    *before, last = call.args
    args = [arg.with_changes(comma=cst.Comma(whitespace_after=deeper)) for arg in before]
    return call.with_changes(
        whitespace_before_args=deeper,
        args=[*args, last.with_changes(comma=cst.Comma(), whitespace_after_arg=end)],
    )


def _in_old_layout(old: cst.Call, func: cst.BaseExpression, arguments: Sequence[Argument]) -> cst.Call:
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
