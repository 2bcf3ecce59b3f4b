"""Dict literals and calls read as entries with their whitespace and comments, and small expressions that we write."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from assist2resp.rewrite.literals.layout import Body, Item, Whitespace, exploded, quote_of, text
from assist2resp.rewrite.syntax.nodes import string_value

_SPACE = cst.SimpleWhitespace(" ")


def dict_body(node: cst.BaseExpression | None) -> Body | None:
    """The body of a dict literal whose keys are plain strings, each once; else None."""
    if not isinstance(node, cst.Dict):
        return None
    gaps: list[Whitespace] = [node.lbrace.whitespace_after]
    gaps += [_after_comma(element.comma) for element in node.elements[:-1]]
    last = node.elements[-1].comma if node.elements else None
    tail, tail_end = _parted(node.rbrace.whitespace_before)
    items: list[Item] = []
    opening = None
    for element, gap in zip(node.elements, gaps if node.elements else (), strict=True):
        key = string_value(element.key) if isinstance(element, cst.DictElement) else None
        if key is None or not isinstance(element, cst.DictElement) or any(item.key == key for item in items):
            return None
        plain, line_end = _parted(gap)
        if items:
            items[-1] = replace(items[-1], line_end=line_end)
        else:
            opening = line_end
        items.append(Item(key, element, plain))
    if items:
        items[-1] = replace(items[-1], line_end=tail_end)
    return Body(tuple(items), quote_of([node]), tail, opening, isinstance(last, cst.Comma), node)


def call_body(call: cst.Call) -> Body:
    """The keyword arguments of a call as the body of a dict; the caller has made sure that there are no others."""
    gaps: list[Whitespace] = [call.whitespace_before_args, *(_after_comma(arg.comma) for arg in call.args)]
    trailing = bool(call.args) and isinstance(call.args[-1].comma, cst.Comma)
    if call.args and not trailing:
        gaps[-1] = call.args[-1].whitespace_after_arg
    parted = [_parted(gap) for gap in gaps]
    quote = quote_of([call])
    items = []
    for number, arg in enumerate(call.args):
        assert arg.keyword is not None
        key = arg.keyword.value
        element = cst.DictElement(text(key, quote), arg.value)
        items.append(Item(key, element, parted[number][0], parted[number + 1][1]))
    body = Body(tuple(items), quote, parted[-1][0], parted[0][1], trailing)
    hugging = body.is_multiline and isinstance(body.items[0].gap, cst.SimpleWhitespace)
    return exploded(body) if hugging else body


def expression(source: str, quote: str = '"') -> cst.BaseExpression:
    """An expression that we write, given with double quotes, in the quotes of its surroundings."""
    return cst.parse_expression(source.replace('"', quote))


def one_entry(key: str, value: cst.BaseExpression, quote: str = '"') -> cst.Dict:
    """`{key: value}`."""
    return cst.Dict([cst.DictElement(text(key, quote), value)])


def _after_comma(comma: cst.Comma | cst.MaybeSentinel) -> Whitespace:
    return comma.whitespace_after if isinstance(comma, cst.Comma) else _SPACE


def _parted(gap: Whitespace) -> tuple[Whitespace, cst.TrailingWhitespace | None]:
    """The whitespace before an entry, and what it says of the line of the entry before."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap, None
    return gap.with_changes(first_line=cst.TrailingWhitespace()), gap.first_line
