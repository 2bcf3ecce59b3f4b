"""Writing calls in the user's own layout: new functions and arguments between the old parentheses and commas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.syntax.nodes import code

_WIDTH = 88
"""How long a line that we write may get, unless the user's was longer."""

_SUCCESSORS = {
    "thread_id": ("conversation", "conversation_id"),
    "messages": ("items",),
    "content": ("items",),
    "tool_outputs": ("input",),
    "max_completion_tokens": ("max_output_tokens",),
}
"""Where the comment of an old argument goes; that of another one goes to the last new one."""

_NOTHING, _SPACE = cst.SimpleWhitespace(""), cst.SimpleWhitespace(" ")


class LinePlace(NamedTuple):
    """Where an expression begins: the columns before it, its line's indentation, and that beyond its statement's."""

    column: int
    indent: int
    hang: str


@dataclass(frozen=True)
class Argument:
    """One argument to write: by keyword, or spread with `**` when `keyword` is None."""

    keyword: str | None
    value: cst.BaseExpression


def rebuild_call(
    old: cst.Call, func: cst.BaseExpression, arguments: Sequence[Argument], *, place: LinePlace | None = None
) -> cst.Call:
    """`func(arguments…)` in the layout of `old`: on one line while that is short enough, else an argument on each line.

    An old call with an argument on each line keeps its layout and comments. `place` is where the call begins.
    """
    place = place or LinePlace(0, 0, "")
    remarks = _Remarks.of(old, arguments)
    breaks = _Breaks(_line_start(old, place), _line_end(old, place))
    if not arguments and not remarks:
        return _on_one_line(old, func, arguments)
    if remarks or _is_one_to_a_line(old) or (_hugs(old) and _has_last_comma(old)):
        return _on_lines(old, func, arguments, remarks, breaks)
    flat = _on_one_line(old, func, arguments)
    if not _is_broken(old) and _ends_deeper(flat, place.hang):
        return _on_lines(old, func, arguments, remarks, breaks)
    width = len(code(flat))
    room = _WIDTH - place.column
    if width <= (room if _is_broken(old) else max(room + (12 if len(arguments) == 1 else 0), len(code(old)))):
        return flat
    if "\n" in code(flat) or (
        _hugs(old) and (len(arguments) == 1 or width - len(code(func)) <= _WIDTH - place.indent - 2)
    ):
        return _on_one_line(old, func, arguments, breaks) if _hugs(old) else flat
    return _on_lines(old, func, arguments, remarks, breaks)


def _ends_deeper(call: cst.Call, hang: str) -> bool:
    """Whether an argument that spans lines ends further to the right than the line of the call begins."""
    *above, last = code(call).split("\n")
    return bool(above) and len(last) - len(last.lstrip()) > len(hang)


def attribute(value: cst.BaseExpression, *names: str) -> cst.BaseExpression:
    """`value.name.name…`."""
    for name in names:
        value = cst.Attribute(value, cst.Name(name))
    return value


@dataclass
class _Remarks:
    """The comments of a call: lines above an argument and what stands at the end of its line, by the new argument."""

    opening: cst.TrailingWhitespace | None = None
    above: dict[int, list[cst.EmptyLine]] = field(default_factory=dict)
    beside: dict[int, cst.TrailingWhitespace] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.opening or self.above or self.beside)

    @classmethod
    def of(cls, old: cst.Call, arguments: Sequence[Argument]) -> _Remarks:
        """The comments between the old arguments, each for the argument that came of the one it is about."""
        found = cls()
        first = old.whitespace_before_args
        if isinstance(first, cst.ParenthesizedWhitespace) and first.first_line.comment is not None:
            found.opening = first.first_line
        above = _comment_lines(first)
        for arg in old.args:
            new = _successor(arg, arguments)
            if above:
                found.above.setdefault(new, []).extend(above)
            after = _gap_after(arg)
            if isinstance(after, cst.ParenthesizedWhitespace) and after.first_line.comment is not None:
                found._put_beside(new, after.first_line)
            above = _comment_lines(after)
        if above:
            found.above[len(arguments)] = above
        return found

    def _put_beside(self, new: int, remark: cst.TrailingWhitespace) -> None:
        if new not in self.beside:
            self.beside[new] = remark
        else:
            self.above.setdefault(new, []).append(cst.EmptyLine(comment=remark.comment))


def _padding(gap: cst.BaseParenthesizableWhitespace | None) -> cst.BaseParenthesizableWhitespace:
    """What some people write inside their parentheses, on one line."""
    return gap if isinstance(gap, cst.SimpleWhitespace) else _NOTHING


class _Breaks(NamedTuple):
    """The line breaks before an argument and before the closing parenthesis."""

    start: cst.ParenthesizedWhitespace
    end: cst.ParenthesizedWhitespace


def _comment_lines(gap: cst.BaseParenthesizableWhitespace) -> list[cst.EmptyLine]:
    lines = gap.empty_lines if isinstance(gap, cst.ParenthesizedWhitespace) else ()
    return [line for line in lines if line.comment is not None]


def _successor(arg: cst.Arg, arguments: Sequence[Argument]) -> int:
    """The position of the new argument that says what an old one said."""
    name = arg.keyword.value if arg.keyword is not None else "thread_id"
    wanted = (name, *_SUCCESSORS.get(name, ()))
    return next((i for i, new in enumerate(arguments) if new.keyword in wanted), len(arguments) - 1)


def _gap_after(arg: cst.Arg) -> cst.BaseParenthesizableWhitespace:
    if isinstance(arg.comma, cst.Comma) and isinstance(arg.comma.whitespace_after, cst.ParenthesizedWhitespace):
        return arg.comma.whitespace_after
    return arg.whitespace_after_arg


def _is_broken(old: cst.Call) -> bool:
    """Whether the old arguments stand on more than the line of the parenthesis."""
    gaps = [old.whitespace_before_args, *(_gap_after(arg) for arg in old.args)]
    return any(isinstance(gap, cst.ParenthesizedWhitespace) for gap in gaps)


def _hugs(old: cst.Call) -> bool:
    return isinstance(old.whitespace_before_args, cst.ParenthesizedWhitespace)


def _is_one_to_a_line(old: cst.Call) -> bool:
    """Whether the old call had an argument on each line below the parenthesis."""
    return _hugs(old) and any(isinstance(_gap_after(arg), cst.ParenthesizedWhitespace) for arg in old.args[:-1])


def _has_last_comma(old: cst.Call) -> bool:
    return bool(old.args) and isinstance(old.args[-1].comma, cst.Comma)


def _line_start(old: cst.Call, place: LinePlace) -> cst.ParenthesizedWhitespace:
    """A line break and what an argument's line begins with."""
    if isinstance(old.whitespace_before_args, cst.ParenthesizedWhitespace):
        return old.whitespace_before_args.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(f"{place.hang}    "))


def _line_end(old: cst.Call, place: LinePlace) -> cst.ParenthesizedWhitespace:
    """The line break before the closing parenthesis."""
    last = _gap_after(old.args[-1]) if old.args else _NOTHING
    if _hugs(old) and isinstance(last, cst.ParenthesizedWhitespace):
        return last.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(place.hang))


def _on_one_line(
    old: cst.Call, func: cst.BaseExpression, arguments: Sequence[Argument], breaks: _Breaks | None = None
) -> cst.Call:
    """All arguments on one line; with `breaks`, on a line of their own."""
    start, end = breaks or (
        _padding(old.whitespace_before_args),
        _padding(_gap_after(old.args[-1]) if old.args else None),
    )
    args = [_arg(argument, cst.Comma(whitespace_after=_SPACE)) for argument in arguments]
    if args:
        args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=end)
    return old.with_changes(func=func, args=args, whitespace_before_args=start)


def _on_lines(
    old: cst.Call,
    func: cst.BaseExpression,
    arguments: Sequence[Argument],
    remarks: _Remarks,
    breaks: _Breaks,
) -> cst.Call:
    """An argument on each line, the last with a comma unless the old lines ended without one."""
    first, *gaps = _line_gaps(len(arguments), remarks, breaks)
    args = [_arg(new, cst.Comma(whitespace_after=gap)) for new, gap in zip(arguments, gaps, strict=True)]
    if args and _is_one_to_a_line(old) and not _has_last_comma(old):
        args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=gaps[-1])
    return old.with_changes(func=func, args=args, whitespace_before_args=first)


def _line_gaps(count: int, remarks: _Remarks, breaks: _Breaks) -> Iterator[cst.ParenthesizedWhitespace]:
    """The whitespace before each of the arguments and after the last."""
    for number in range(count + 1):
        beside = remarks.beside.get(number - 1) if number else remarks.opening
        above = [line.with_changes(whitespace=breaks.start.last_line) for line in remarks.above.get(number, ())]
        gap = breaks.start if number < count else breaks.end
        yield gap.with_changes(first_line=beside or cst.TrailingWhitespace(), empty_lines=above)


def _arg(argument: Argument, comma: cst.Comma) -> cst.Arg:
    if argument.keyword is None:
        return cst.Arg(argument.value, star="**", comma=comma)
    equal = cst.AssignEqual(_NOTHING, _NOTHING)
    return cst.Arg(argument.value, cst.Name(argument.keyword), equal, comma)


def subscript(value: cst.BaseExpression, key: str) -> cst.BaseExpression:
    """`value["key"]`."""
    return cst.Subscript(value, [cst.SubscriptElement(cst.Index(cst.SimpleString(f'"{key}"')))])


def paragraphs(first: cst.BaseExpression | None, second: cst.BaseExpression) -> cst.BaseExpression:
    """The two texts with an empty line between them; the second alone where there is no first."""
    if first is None:
        return second
    blank = cst.SimpleString('"\\n\\n"')
    return cst.BinaryOperation(cst.BinaryOperation(_operand(first), cst.Add(), blank), cst.Add(), _operand(second))


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    tight = (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.SimpleString, cst.FormattedString)
    if isinstance(node, tight) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
