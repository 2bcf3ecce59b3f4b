"""The entries of a dict literal with their whitespace and comments, so that they can be rearranged and printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import libcst as cst

from assist2resp.rewrite.syntax.nodes import code, descendants

Whitespace: TypeAlias = cst.BaseParenthesizableWhitespace
_SPACE = cst.SimpleWhitespace(" ")
_NOTHING = cst.SimpleWhitespace("")


@dataclass(frozen=True)
class Item:
    """One entry of a dict: `gap` is the whitespace before it, `line_end` what follows it on its own line."""

    key: str
    element: cst.DictElement | cst.StarredDictElement
    gap: Whitespace = _SPACE
    line_end: cst.TrailingWhitespace | None = None

    @property
    def value(self) -> cst.BaseExpression:
        return self.element.value

    def with_value(self, value: cst.BaseExpression) -> Item:
        """The same entry with another value."""
        return replace(self, element=self.element.with_changes(value=value))

    def renamed(self, key: str) -> Item:
        """The same entry under another key, in the quotes of the old one."""
        assert isinstance(self.element, cst.DictElement)
        old = self.element.key
        quote = quote_of([old])
        return replace(self, key=key, element=self.element.with_changes(key=text(key, quote)))


@dataclass(frozen=True)
class Body:
    """The entries of a dict literal, or the keyword arguments of a call as such entries."""

    items: tuple[Item, ...]
    quote: str
    tail: Whitespace = _NOTHING
    opening: cst.TrailingWhitespace | None = None
    comma: bool = False
    source: cst.Dict | None = None

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def get(self, key: str) -> cst.BaseExpression | None:
        """The value under a key."""
        return next((item.value for item in self.items if item.key == key), None)

    @property
    def keys(self) -> list[str]:
        return [item.key for item in self.items]

    @property
    def separator(self) -> Whitespace:
        """What stands before an entry that is added."""
        gaps = [item.gap for item in self.items[1:] or self.items]
        broken = next((gap for gap in gaps if isinstance(gap, cst.ParenthesizedWhitespace)), None)
        return broken.with_changes(empty_lines=()) if broken is not None else _SPACE

    @property
    def is_multiline(self) -> bool:
        return isinstance(self.separator, cst.ParenthesizedWhitespace)

    def adding(self, **entries: cst.BaseExpression) -> Body:
        """The body with entries at its end."""
        items = list(self.items)
        for key, value in entries.items():
            gap = self.separator if items else _NOTHING
            items.append(Item(key, cst.DictElement(text(key, self.quote), value), gap))
        return replace(self, items=tuple(items))

    def starting(self, key: str, value: cst.BaseExpression) -> Body:
        """The body with an entry before the others."""
        first, *others = self.items
        entry = Item(key, cst.DictElement(text(key, self.quote), value), _without_lines(first.gap))
        return replace(self, items=(entry, replace(first, gap=_with_lines(self.separator, first.gap)), *others))

    def mapping(self, change: Callable[[Item], Item | None]) -> Body:
        """The body with each entry changed or, for None, left out."""
        changed = [change(item) for item in self.items]
        items = [item for item in changed if item is not None]
        if items and changed[0] is None:
            items[0] = replace(items[0], gap=_with_lines(_without_lines(self.items[0].gap), items[0].gap))
        return replace(self, items=tuple(items))

    def spliced(self, key: str, inner: Body) -> Body:
        """The body with the entries of `inner`, the dict under `key`, in the place of that dict."""
        index = self.keys.index(key)
        holder = self.items[index]
        outer = self._laid_out_like(inner) if inner.is_multiline and not self.is_multiline else self
        moved = _moved(inner, outer.separator)
        if moved:
            first_gap = outer.items[index].gap
            moved[0] = replace(moved[0], gap=_with_lines(first_gap, moved[0].gap))
            moved[-1] = replace(moved[-1], line_end=_said(moved[-1].line_end) or _said(holder.line_end))
        return replace(outer, items=(*outer.items[:index], *moved, *outer.items[index + 1 :]))

    def _laid_out_like(self, other: Body) -> Body:
        first = other.items[0].gap if other.items else other.separator
        gaps = [_without_lines(first), *[other.separator] * (len(self.items) - 1)]
        items = tuple(replace(item, gap=gap) for item, gap in zip(self.items, gaps, strict=True))
        return replace(self, items=items, tail=other.tail, comma=other.comma)

    def build(self, limit: int | None = None) -> cst.Dict:
        """The dict literal. What stands on one line is broken up if that line is longer than `limit`."""
        body = _unwrapped(self) if limit is not None and self._is_wrapped else self
        node = body.as_written()
        written = code(node)
        if limit is None or len(written) <= limit or "\n" in written:
            return node
        return exploded(body).as_written()

    @property
    def _is_wrapped(self) -> bool:
        """Whether all entries share one line below the opening bracket."""
        if len(self.items) < 2 or self.is_multiline:
            return False
        commented = _said(self.opening) or any(_said(item.line_end) for item in self.items)
        return isinstance(self.items[0].gap, cst.ParenthesizedWhitespace) and not commented

    def as_written(self) -> cst.Dict:
        """The dict literal with the line breaks that the body has."""
        elements = []
        after = [*(item.gap for item in self.items[1:]), self.tail]
        for item, gap in zip(self.items, after, strict=True):
            comma: cst.Comma | cst.MaybeSentinel = cst.Comma(whitespace_after=self._joined(item.line_end, gap))
            if item is self.items[-1]:
                comma = cst.Comma() if self.comma else cst.MaybeSentinel.DEFAULT
            elements.append(item.element.with_changes(comma=comma))
        start = self._joined(self.opening, self.items[0].gap if self.items else self.tail)
        end = self._joined(self.items[-1].line_end, self.tail) if self.items else _NOTHING
        node = self.source or cst.Dict([])
        return node.with_changes(
            elements=elements,
            lbrace=cst.LeftCurlyBrace(whitespace_after=start),
            rbrace=cst.RightCurlyBrace(whitespace_before=end),
        )

    def _joined(self, line_end: cst.TrailingWhitespace | None, gap: Whitespace) -> Whitespace:
        if isinstance(gap, cst.ParenthesizedWhitespace):
            return gap.with_changes(first_line=line_end or cst.TrailingWhitespace())
        if line_end is None or line_end.comment is None:
            return gap
        broken = self.separator
        if not isinstance(broken, cst.ParenthesizedWhitespace):
            broken = cst.ParenthesizedWhitespace(indent=True, last_line=_NOTHING)
        return broken.with_changes(first_line=line_end)


def text(value: str, quote: str = '"') -> cst.SimpleString:
    """A plain word as a string literal."""
    return cst.SimpleString(f"{quote}{value}{quote}")


def quote_of(nodes: Iterable[cst.CSTNode]) -> str:
    """The quote that the first string literal below the nodes is written with."""
    for node in nodes:
        for below in descendants(node):
            if isinstance(below, cst.SimpleString) and len(below.quote) == 1:
                return below.quote
    return '"'


def _said(line_end: cst.TrailingWhitespace | None) -> cst.TrailingWhitespace | None:
    return line_end if line_end is not None and line_end.comment is not None else None


def _without_lines(gap: Whitespace) -> Whitespace:
    return gap.with_changes(empty_lines=()) if isinstance(gap, cst.ParenthesizedWhitespace) else gap


def _with_lines(gap: Whitespace, other: Whitespace) -> Whitespace:
    """`gap` with the comment lines of `other` below its own."""
    if not isinstance(gap, cst.ParenthesizedWhitespace) or not isinstance(other, cst.ParenthesizedWhitespace):
        return gap
    return gap.with_changes(empty_lines=(*gap.empty_lines, *other.empty_lines))


def _moved(inner: Body, separator: Whitespace) -> list[Item]:
    """The entries of a dict, set as entries of the dict around it."""
    own = inner.separator
    if not isinstance(separator, cst.ParenthesizedWhitespace):
        return list(inner.items)
    if not isinstance(own, cst.ParenthesizedWhitespace):
        return [replace(item, gap=separator) for item in inner.items]
    shift = _Shift(own.last_line.value, separator.last_line.value)
    moved = []
    for item in inner.items:
        gap = shift.gap(item.gap) if isinstance(item.gap, cst.ParenthesizedWhitespace) else separator
        moved.append(replace(item, element=shift.element(item.element), gap=gap))
    return moved


def _unwrapped(body: Body) -> Body:
    """The body with all its entries on the line of the opening bracket."""
    items = (replace(item, gap=_SPACE if number else _NOTHING) for number, item in enumerate(body.items))
    return replace(body, items=tuple(items), tail=_NOTHING, comma=False)


def exploded(body: Body) -> Body:
    """The body with every entry on a line of its own."""
    old = body.separator
    line = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    shift = _Shift(old.last_line.value if isinstance(old, cst.ParenthesizedWhitespace) else "", "    ")
    items = []
    for item in body.items:
        element = shift.element(item.element) if body.is_multiline else item.element
        items.append(replace(item, element=element, gap=_with_lines(line, shift.gap(item.gap))))
    return replace(
        body, items=tuple(items), tail=cst.ParenthesizedWhitespace(indent=True, last_line=_NOTHING), comma=True
    )


_DISPLAYS = (cst.Dict, cst.List, cst.Tuple, cst.Set, cst.SimpleString, cst.ConcatenatedString)


class _Shift(cst.CSTTransformer):
    """Moves continuation lines from one indentation to another, in displays and strings.

    Other expressions stay the nodes that they are, since changes of their own may be planned for them.
    """

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self.old, self.new = old, new

    def on_visit(self, node: cst.CSTNode) -> bool:
        return isinstance(node, _DISPLAYS) or not isinstance(node, cst.BaseExpression)

    def element(self, element: cst.DictElement | cst.StarredDictElement) -> cst.DictElement | cst.StarredDictElement:
        new = element.visit(self)
        assert isinstance(new, (cst.DictElement, cst.StarredDictElement))
        return new

    def gap(self, gap: Whitespace) -> Whitespace:
        new = gap.visit(self)
        assert isinstance(new, cst.BaseParenthesizableWhitespace)
        return new

    def _shifted(self, space: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        if not space.value.startswith(self.old):
            return space
        return cst.SimpleWhitespace(self.new + space.value[len(self.old) :])

    def leave_ParenthesizedWhitespace(  # noqa: N802
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        del original_node
        if not updated_node.indent:
            return updated_node
        lines = [line.with_changes(whitespace=self._shifted(line.whitespace)) for line in updated_node.empty_lines]
        return updated_node.with_changes(empty_lines=lines, last_line=self._shifted(updated_node.last_line))
