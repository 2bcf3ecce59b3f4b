"""The calls that list a conversation's items, and the two ways to keep the messages among them."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.messages.listings import Listing
from assist2resp.rewrite.syntax.calls import Argument, attribute, rebuild_call
from assist2resp.rewrite.syntax.nodes import code, unwrap_await

_WIDTH = 88
_SPACE = cst.SimpleWhitespace(" ")
_IS_MESSAGE = 'item.type == "message"'


def items_call(
    listing: Listing, func: cst.BaseExpression, conversation: cst.BaseExpression, updated: cst.CSTNode
) -> cst.Call:
    """The call that lists the items: a limit that cut the messages off is no limit of items."""
    site = listing.site
    assert isinstance(updated, cst.BaseExpression)
    old = cst.ensure_type(unwrap_await(updated), cst.Call)
    dropped = {"thread_id"} if listing.loop is not None or listing.is_only_shown else {"thread_id", "limit"}
    kept = [arg for arg in old.args if arg.keyword is not None and arg.keyword.value not in dropped]
    reference = cst.Arg(conversation)
    if not isinstance(listing.loop, cst.For) and "#" not in code(old):
        return _flat(func, [reference, *kept])
    named = [Argument(arg.keyword.value, arg.value) for arg in kept if arg.keyword is not None]
    new = rebuild_call(old, func, [Argument("conversation_id", reference.value), *named], place=line_place(site))
    first = new.args[0].with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    return new.with_changes(args=[first, *new.args[1:]])


def _flat(func: cst.BaseExpression, args: list[cst.Arg]) -> cst.Call:
    """The call on one line."""
    comma = cst.Comma(whitespace_after=_SPACE)
    tight = [arg.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace("")) for arg in args]
    return cst.Call(func, [*tight[:-1], tight[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)])


def output_call(listing: Listing, run: cst.BaseExpression) -> cst.BaseExpression:
    """The output of the response that a run became, in the order of the listing."""
    output = attribute(run, "output")
    return _flat(cst.Name("reversed"), [cst.Arg(output)]) if listing.newest_first else output


def filtered(listing: Listing, call: cst.BaseExpression) -> cst.BaseExpression:
    """A list of the items that are messages, and no more of them than the page held."""
    whole = _list(listing, call)
    if listing.most is None:
        return whole
    cut = cst.Slice(lower=None, upper=listing.most)
    return cst.Subscript(whole, [cst.SubscriptElement(cut)])


def _list(listing: Listing, call: cst.BaseExpression) -> cst.ListComp:
    site = listing.site
    waits = site.awaited is not site.call and listing.run is None
    flat = cst.ListComp(
        cst.Name("item"),
        cst.CompFor(
            cst.Name("item"),
            call,
            ifs=[cst.CompIf(cst.parse_expression(_IS_MESSAGE))],
            asynchronous=cst.Asynchronous() if waits else None,
        ),
    )
    place = line_place(site)
    if place.column + len(code(flat)) <= _WIDTH and "\n" not in code(flat):
        return flat
    start, end = _gaps(listing.site, place.hang)
    loop = flat.for_in.with_changes(
        whitespace_before=start, ifs=[flat.for_in.ifs[0].with_changes(whitespace_before=start)]
    )
    return flat.with_changes(
        for_in=loop,
        lbracket=cst.LeftSquareBracket(whitespace_after=start),
        rbracket=cst.RightSquareBracket(whitespace_before=end),
    )


def _gaps(site: Site, hang: str) -> tuple[cst.ParenthesizedWhitespace, cst.ParenthesizedWhitespace]:
    """The line breaks after an opening bracket and before its closing one, indented as the file is."""
    assert site.file.tree is not None
    unit = "\t" if site.file.tree.default_indent == "\t" else "    "
    return (
        cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(hang + unit)),
        cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(hang)),
    )


def first(listing: Listing, call: cst.BaseExpression) -> cst.Call:
    """The newest of the items that are messages, or the oldest, by the order asked for."""
    test = cst.CompIf(cst.parse_expression(_IS_MESSAGE))
    found = cst.GeneratorExp(cst.Name("item"), cst.CompFor(cst.Name("item"), call, ifs=[test]), lpar=[], rpar=[])
    flat = cst.Call(cst.Name("next"), [cst.Arg(found)])
    place = line_place(listing.site)
    if place.column + len(code(flat)) <= _WIDTH or "\n" in code(flat):
        return flat
    start, end = _gaps(listing.site, place.hang)
    if len(place.hang) + 4 + len(code(found)) > _WIDTH:
        ifs = [test.with_changes(whitespace_before=start)]
        found = found.with_changes(for_in=found.for_in.with_changes(whitespace_before=start, ifs=ifs))
    return flat.with_changes(args=[cst.Arg(found, whitespace_after_arg=end)], whitespace_before_args=start)


def named(loop: cst.CSTNode, name: str) -> cst.FlattenSentinel[cst.CSTNode]:
    """The loop over a list, with the list given a name before it."""
    updated = cst.ensure_type(loop, cst.For)
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], updated.iter)])
    return cst.FlattenSentinel(
        [
            line.with_changes(leading_lines=updated.leading_lines),
            updated.with_changes(iter=cst.Name(name), leading_lines=()),
        ]
    )


def guarded(loop: cst.CSTNode) -> cst.CSTNode | None:
    """The loop over items, passing over what is no message; None where it has no room for that."""
    if isinstance(loop, cst.CompFor) and isinstance(loop.target, cst.Name):
        only = cst.parse_expression(f'{loop.target.value}.type == "message"')
        if not loop.ifs:
            above = loop.whitespace_before
            gap = above if isinstance(above, cst.ParenthesizedWhitespace) else _SPACE
            return loop.with_changes(ifs=[cst.CompIf(only, whitespace_before=gap)])
        before, *others = loop.ifs
        both = cst.BooleanOperation(only, cst.And(), in_parentheses(before.test))
        return loop.with_changes(ifs=[before.with_changes(test=both), *others])
    if isinstance(loop, cst.For) and isinstance(loop.target, cst.Name) and isinstance(loop.body, cst.IndentedBlock):
        test = cst.parse_statement(f'if {loop.target.value}.type != "message":\n    continue\n')
        return loop.with_changes(body=loop.body.with_changes(body=[test, *loop.body.body]))
    return None


def in_parentheses(node: cst.BaseExpression) -> cst.BaseExpression:
    """An operand of `and`, in parentheses where it binds less."""
    loose = isinstance(node, (cst.IfExp, cst.Lambda, cst.NamedExpr)) or (
        isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or)
    )
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if loose and not node.lpar else node
