"""The listings of messages that can be listings of a conversation's items, and how each has to be asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.displays import LOGS, is_displayed
from assist2resp.rewrite.flows.run_sites import given_names, lists_newest_first
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.literals.absence import may_be_none
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.messages.reads import MessageReads
from assist2resp.rewrite.messages.shapes import Found, Shape
from assist2resp.rewrite.syntax.nodes import argument, code, has_star, index_of, key_of
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Ident

_ARGUMENTS = frozenset({"thread_id", "order", "limit", "after", "timeout", "extra_headers"})
_GOING = frozenset({"list", "enumerate", "reversed", "next", "iter", "sorted"})
_PAGE = 20
"""How many messages a page holds if the program does not say it."""


@dataclass(frozen=True, eq=False)
class Listing:
    """A listing that can be one of items. `most` is how many messages it gave at once, None where it gives all."""

    site: Site
    reads: MessageReads
    most: cst.BaseExpression | None

    @property
    def run(self) -> cst.Name | cst.Attribute | None:
        """What holds the run whose messages alone are listed."""
        run_id = argument(self.site.call, "run_id") if self.site.call is not None else None
        held = run_id.value if isinstance(run_id, cst.Attribute) else None
        return held if isinstance(held, (cst.Name, cst.Attribute)) else None

    @property
    def newest_first(self) -> bool:
        """Whether the listing begins with the newest message."""
        return lists_newest_first(self.site.call)

    @property
    def loop(self) -> cst.For | cst.CompFor | None:
        """The loop over the listing itself, which nothing else reads."""
        return _loop_over(self.site.awaited, self.site)

    @property
    def data(self) -> cst.Attribute | None:
        """`.data` of the listing itself, which nothing else reads."""
        parent = self.site.file.scopes.parent_of[self.site.awaited]
        return parent if isinstance(parent, cst.Attribute) else None

    @cached_property
    def shown(self) -> list[Found]:
        """What only ends before somebody's eyes, whole."""
        shapes = set(Shape) - ({Shape.TEXT} if self.reads.cites else set())
        found = (found for shape in shapes for found in self.reads.of(shape, self.site))
        return [one for one in found if self._is_displayed(one)]

    @property
    def is_only_shown(self) -> bool:
        """Whether nothing is done with the page but show it whole."""
        held = self.site.file.scopes.parent_of[self.site.awaited]
        pages = [page for page in self.reads.of(Shape.PAGE, self.site) if page not in self.shown]
        named = isinstance(held, cst.Assign) and all(page.node is self.site.awaited for page in pages)
        return (
            self.run is None
            and bool(self.shown)
            and (not pages or named)
            and not self.reads.of(Shape.MESSAGE, self.site)
        )

    @property
    def tells_users(self) -> bool:
        """Whether users see messages whole; what is logged is for those who look after the program."""
        return any(not is_displayed(found.node, found.file, self.reads.inference, LOGS) for found in self.shown)

    def _is_displayed(self, found: Found, *, dumps: bool = True) -> bool:
        return is_displayed(found.node, found.file, self.reads.inference, dumps=dumps)

    @property
    def can_be_shown(self) -> bool:
        """Whether a list shows as well where the page was shown, which had methods of its own for that."""
        pages = [page for page in self.reads.of(Shape.PAGE, self.site) if page in self.shown]
        return self.is_only_shown or all(self._is_displayed(page, dumps=False) for page in pages)

    @property
    def reads_earlier(self) -> bool:
        """Whether parts are read of other messages than the newest one."""
        held = [*self.reads.of(Shape.PAGE, self.site), *self.reads.of(Shape.MESSAGES, self.site)]
        held = [found for found in held if found not in self.shown]
        only_newest = self.newest_first and all(map(_leads_to_first, held))
        return self.run is None and not only_newest and bool(self.reads.of(Shape.PART, self.site))

    @property
    def loop_over_data(self) -> cst.For | None:
        """The `for` statement over `.data` of the listing itself."""
        loop = _loop_over(self.data, self.site) if self.data is not None else None
        return loop if isinstance(loop, cst.For) else None

    @property
    def first(self) -> cst.Subscript | None:
        """`.data[0]` of the listing itself, where its error for an empty thread is not asked for by name."""
        first = _first_of(self.site.awaited, self.site)
        return first if self._may_be_first else None

    @cached_property
    def held_first(self) -> tuple[cst.Assign, list[cst.Subscript]] | None:
        """The statement that gives the listing a name, where all that is read of the name is `.data[0]`, and those."""
        site, parents = self.site, self.site.file.scopes.parent_of
        held = parents[site.awaited]
        if not isinstance(held, cst.Assign) or len(held.targets) != 1 or not self._may_be_first:
            return None
        name = held.targets[0].target
        if not isinstance(name, cst.Name) or len(site.scope.names.get(name.value, [])) != 1:
            return None
        pages = self.reads.of(Shape.PAGE, site)
        if any(page.file is not site.file for page in pages):
            return None
        uses = [page.node for page in pages if page.node is not site.awaited]
        firsts = [first for use in uses if (first := _first_of(use, site)) is not None]
        block = parents[parents[held]]
        at_once = any(_block_reading(first, site) is block for first in firsts)
        return (held, firsts) if at_once and len(firsts) == len(uses) else None

    @property
    def _may_be_first(self) -> bool:
        """Whether `next` may take the place of an index: nobody asks for its error, and no generator swallows it."""
        site = self.site
        generates = site.scope.enclosing_function() in site.file.scopes.yields
        return site.awaited is site.call and b"IndexError" not in site.file.data and not generates


def _first_of(page: cst.BaseExpression, site: Site) -> cst.Subscript | None:
    """`page.data[0]` around an expression."""
    parents = site.file.scopes.parent_of
    data = parents[page]
    first = parents[data] if isinstance(data, cst.Attribute) else None
    if not isinstance(first, cst.Subscript) or first.value is not data:
        return None
    return first if index_of(first) == 0 else None


def _block_reading(node: cst.CSTNode, site: Site) -> cst.CSTNode | None:
    """The block that evaluates an expression whenever it comes to the statement around it."""
    parents = site.file.scopes.parent_of
    while not isinstance(node, (cst.SimpleStatementLine, cst.If, cst.For)):
        inner, node = node, parents[node]
        if isinstance(node, cst.CompFor) and node.iter is inner and isinstance(parents[node], cst.BaseComp):
            node = parents[node]  # the first of a comprehension's loops goes through what is there at once
        elif isinstance(node, (cst.Lambda, cst.BaseComp, cst.BaseSuite)) or _may_skip(node, inner):
            return None
    return parents[node]


def _may_skip(node: cst.CSTNode, inner: cst.CSTNode) -> bool:
    """Whether a node may leave a part of itself out."""
    match node:
        case cst.If() | cst.IfExp():
            return node.test is not inner
        case cst.BooleanOperation():
            return node.left is not inner
        case cst.For():
            return node.iter is not inner
    return isinstance(node, (cst.BaseCompoundStatement, cst.Assert))


def _leads_to_first(found: Found) -> bool:
    """Whether a page or a list is only held, or asked for its first message."""
    parent = found.file.scopes.parent_of[found.node]
    if isinstance(parent, cst.Subscript):
        return index_of(parent) == 0 or key_of(parent) is not None
    return not isinstance(parent, (cst.For, cst.CompFor, cst.Arg))


def _loop_over(node: cst.BaseExpression, site: Site) -> cst.For | cst.CompFor | None:
    parent = site.file.scopes.parent_of[node]
    return parent if isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is node else None


def plain_listings(sites: list[Site], inference: Inference, of_runs: Collection[Site] = ()) -> dict[Site, Listing]:
    """The listings of which only roles, ids and texts are read; of some, what the texts cite as well.

    Those `of_runs` list the messages of one run, which its response has.
    """
    candidates = {site for site in sites if _is_plain_call(site, inference, of_run=site in of_runs)}
    found = _understood(candidates, inference)
    return found | _understood(candidates - found.keys(), inference, cites=True)


def _understood(candidates: set[Site], inference: Inference, *, cites: bool = False) -> dict[Site, Listing]:
    while candidates:
        reads = MessageReads(inference, candidates, cites=cites)
        found = {site: listing for site in reads.sites if (listing := _listing(site, reads)) is not None}
        if found.keys() == candidates:
            return found
        candidates = set(found)
    return {}


def _is_plain_call(site: Site, inference: Inference, *, of_run: bool) -> bool:
    call = site.plain_call
    if call is None or site.is_azure:
        return False
    cursor = argument(call, "after")
    in_string = any(isinstance(node, cst.FormattedString) for node in site.file.scopes.ancestors(call))
    return (
        given_names(call) <= (_ARGUMENTS | {"run_id"} if of_run else _ARGUMENTS)
        and not has_star(call)
        and not in_string
        and argument(call, "thread_id", 0) is not None
        and client_at(site, inference) is not None
        and (cursor is None or inference.kind(cursor, site.file) == Ident("Message"))
        and _is_entered(site)
    )


def _is_entered(site: Site) -> bool:
    """Whether an asynchronous page is awaited, or gone through at once."""
    parent = site.file.scopes.parent_of[site.awaited]
    if site.is_async and site.awaited is site.call:
        return isinstance(parent, (cst.For, cst.CompFor)) and parent.asynchronous is not None
    return True


def _listing(site: Site, reads: MessageReads) -> Listing | None:
    whole = Listing(site, reads, None)
    pages = [page for page in reads.of(Shape.PAGE, site) if page not in whole.shown]
    by_data = [page for page in pages if _is_data(page)]
    goes_on = any(_goes_through(page) for page in pages)
    limit = argument(site.call, "limit") if site.call is not None else None
    if (
        not whole.can_be_shown
        or (reads.cites and not reads.keeps_texts(site))
        or (limit is not None and may_be_none(limit, Lookup(site.file.scopes)))
    ):
        return None
    most = limit if limit is not None else cst.Integer(str(_PAGE))
    all_are_there = whole.run is not None and limit is None
    if not by_data or all_are_there or all(_reads_less(found, most) for found in reads.of(Shape.MESSAGES, site)):
        return whole
    return Listing(site, reads, most) if not goes_on else None


def _is_data(page: Found) -> bool:
    return isinstance(page.file.scopes.parent_of[page.node], cst.Attribute)


def _goes_through(page: Found) -> bool:
    """Whether an expression goes through all messages; a function of the project that it is given may not."""
    parent = page.file.scopes.parent_of[page.node]
    call = page.file.scopes.parent_of[parent] if isinstance(parent, cst.Arg) else None
    return isinstance(parent, (cst.For, cst.CompFor)) or (isinstance(call, cst.Call) and code(call.func) in _GOING)


def _reads_less(found: Found, most: cst.BaseExpression) -> bool:
    """Whether an expression asks for one message that the page holds, or the first ones, or whether there are any."""
    parent = found.file.scopes.parent_of[found.node]
    held = most.evaluated_value if isinstance(most, cst.Integer) else 1
    if _is_cut(found.node, held) or _is_cut(parent, held):
        return True
    index = index_of(parent)
    if index is not None:
        return index < held
    if isinstance(parent, cst.Attribute):
        return False
    return not isinstance(parent, (cst.For, cst.CompFor, cst.Arg, cst.Subscript))


def _is_cut(node: cst.CSTNode, held: int) -> bool:
    """Whether an expression is the first so many of a list, and no more than a page held."""
    match node.slice[0].slice if isinstance(node, cst.Subscript) else None:
        case cst.Slice(lower=cst.Integer() | None, upper=cst.Integer() as end, step=None):
            return end.evaluated_value <= held
    return False
