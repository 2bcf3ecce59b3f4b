"""Messages that the program writes: what it reads of each after that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import LOGS, is_displayed
from assist2resp.rewrite.flows.dropped_results import is_dropped
from assist2resp.rewrite.flows.reaching import Reads
from assist2resp.rewrite.flows.run_sites import MESSAGE_CREATE, assigned_name
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.kept import is_kept_for_nobody
from assist2resp.rewrite.messages.newest import text_of_message
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.syntax.scopes import Binding
from assist2resp.rewrite.values.kinds import Plain


@dataclass(frozen=True)
class Written:
    """What the program reads of a message that it has written; nothing, where all of these are empty."""

    ids: tuple[cst.Attribute, ...] = ()
    shown: tuple[cst.Name, ...] = ()
    """Where the whole message goes before somebody's eyes."""
    said: tuple[cst.Attribute, ...] = ()
    """Where its role or its text is read."""
    is_returned: bool = False
    """Whether callers get it, who drop it."""
    tells_users: bool = False
    """Whether users see it whole; what is logged is for those who look after the program."""
    is_dumped: bool = False
    """Whether it is shown by methods of its own."""
    is_told: bool = True
    """Whether its role and its text are only shown as well."""

    @property
    def is_unread(self) -> bool:
        return not (self.ids or self.shown or self.said or self.is_returned)


def written_by(runs: FlowRuns, site: Site, others: Collection[Site]) -> Written | None:
    """What is read of the message that `site` writes; None where that is more.

    The messages of `others`, which become items as well, may be found by the same reads.
    """
    parents, parent = site.file.scopes.parent_of, site.file.scopes.parent_of[site.awaited]
    dropped = is_dropped(site.scope, runs.inference)
    if isinstance(parent, cst.Expr):
        return Written()
    if isinstance(parent, cst.Return):
        return Written(is_returned=True) if dropped else None
    name = assigned_name(site)
    if name is None:
        return Written() if is_kept_for_nobody(site, runs.inference) else None
    reads = _reads(runs, site, name, others)
    if reads is None:
        return None
    left = [read for read in reads if not (dropped and isinstance(parents[read], cst.Return))]
    ids = [parent for read in left if isinstance(parent := parents[read], cst.Attribute) and parent.attr.value == "id"]
    shown = [read for read in left if _is_seen(read, site, runs)]
    said = [found for read in left if (found := _said(read, site)) is not None]
    if len(ids) + len(shown) + len(said) != len(left):
        return None
    return Written(
        tuple(ids),
        tuple(shown),
        tuple(said),
        len(left) < len(reads),
        not all(
            isinstance(parents[read], cst.Expr) or is_displayed(read, site.file, runs.inference, LOGS) for read in shown
        ),
        not all(_is_seen(read, site, runs, dumps=False) for read in shown),
        all(_is_seen(read, site, runs) for read in said),
    )


def _reads(runs: FlowRuns, site: Site, name: cst.Name, others: Collection[Site]) -> list[cst.Name] | None:
    """The reads of a variable that may find the message in it; None where they may find other things as well."""
    variable = site.scope.find(name.value)
    if variable is None:
        return []
    if uses.is_shared_variable(variable, site.file, runs.inference.project):
        return None
    written = {site.awaited, *(other.awaited for other in others)}
    reads, found = Reads(site.file), list[cst.Name]()
    for read in uses.reads_of(variable, site.file):
        seen = {binding.node for binding in reads.reaching(read, variable)}
        if site.awaited in seen and not seen <= written:
            return None
        if site.awaited in seen:
            found.append(read)
    return found


def _is_seen(node: cst.BaseExpression, site: Site, runs: FlowRuns, *, dumps: bool = True) -> bool:
    """Whether a value is shown, or stands alone: a cell of a notebook shows its last value."""
    alone = isinstance(site.file.scopes.parent_of[node], cst.Expr)
    return alone or is_displayed(node, site.file, runs.inference, dumps=dumps)


def _said(read: cst.Name, site: Site) -> cst.Attribute | None:
    """`message.role` or `message.content[0].text.value` around a read."""
    parent = site.file.scopes.parent_of[read]
    is_role = isinstance(parent, cst.Attribute) and parent.attr.value == "role"
    found = parent if is_role else text_of_message(read, site.file)
    is_read = isinstance(found, cst.Attribute) and not site.file.scopes.is_definition(
        found, site.file.scopes.parent_of[found]
    )
    return found if is_read and isinstance(found, cst.Attribute) else None


def written_names(runs: FlowRuns) -> Iterator[cst.CSTNode]:
    """The expressions that hold nothing but a message which the program has just written, or no message at all."""
    creates = uses.sites_named(runs.flow, MESSAGE_CREATE)
    calls: set[cst.CSTNode] = {site.awaited for site in creates} | {
        site.call for site in creates if site.call is not None
    }
    yield from calls
    for site in creates:
        name = assigned_name(site)
        variable = site.scope.find(name.value) if name is not None else None
        if variable is None:
            continue
        values = [binding.node for binding in variable[0].names[variable[1]]]
        others = {node for node in values if node not in calls}
        if all(_is_plain(node, site, runs) for node in others):
            reads = Reads(site.file)
            found = ((read, reads.reaching(read, variable)) for read in uses.reads_of(variable, site.file))
            yield from (read for read, seen in found if not others or _are_alike(seen, others))


def _is_plain(node: cst.CSTNode | None, site: Site, runs: FlowRuns) -> bool:
    """Whether a value is a text, a number or the like."""
    return isinstance(node, cst.BaseExpression) and isinstance(runs.inference.kind(node, site.file), Plain)


def _are_alike(seen: list[Binding], others: Collection[cst.CSTNode | None]) -> bool:
    """Whether a read finds messages alone, or values that are none alone."""
    return len({binding.node in others for binding in seen}) == 1
