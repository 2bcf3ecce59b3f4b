"""Listings of which the program keeps the messages of one run: `[m for m in messages if m.run_id == run.id]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import SUBMIT_STREAM, SUBMITS, given_names, is_run, lists_newest_first
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.held import reads_of_held
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.syntax.nodes import argument, index_of, string_value

_ARGUMENTS = frozenset({"thread_id", "order"})


@dataclass(frozen=True, eq=False)
class Kept:
    """A loop over listed messages that keeps those of one run, and the test by which it does."""

    loop: cst.For | cst.CompFor
    test: cst.Comparison
    read: cst.Attribute
    """`message.run_id` in the test."""
    run: cst.Name | cst.Attribute
    """What holds the run there."""
    newest_first: bool


@dataclass(frozen=True, eq=False)
class OfRun:
    """A listing with the loops over it, all of which keep the messages of a run alone."""

    site: Site
    loops: tuple[Kept, ...]
    holder: cst.Assign | None
    """The statement that gives the listing a name."""


def listed_of_runs(runs: FlowRuns, sites: list[Site]) -> list[Site]:
    """The listings that ask for the messages of one run, all of which its response has."""
    return [site for site in sites if site.call is not None and _asks_for_run(runs, site, site.call)]


def _asks_for_run(runs: FlowRuns, site: Site, call: cst.Call) -> bool:
    run_id = argument(call, "run_id")
    alone = isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr)
    if not isinstance(run_id, cst.Attribute) or run_id.attr.value != "id" or alone or argument(call, "after"):
        return False
    is_known = isinstance(run_id.value, (cst.Name, cst.Attribute)) and is_run(
        runs.inference.kind(run_id.value, site.file)
    )
    return is_known and _says_its_order(call) and not _streams_near(runs, site) and not _submits_near(runs, site)


def _streams_near(runs: FlowRuns, site: Site) -> bool:
    near = runs.flow.index.connected(frozenset({site.file}))
    return any(streamed.file in near for streamed in runs.streams)


def _submits_near(runs: FlowRuns, site: Site) -> bool:
    """Whether the program answers calls of tools, so that a run is several responses."""
    near = runs.flow.index.connected(frozenset({site.file}))
    return any(submit.file in near for submit in uses.sites_named(runs.flow, *SUBMITS, SUBMIT_STREAM))


def kept_of_runs(runs: FlowRuns, sites: list[Site]) -> dict[Site, OfRun]:
    """The listings of which only the messages of a run are kept, which its response has."""
    found = {site: _kept_of_run(runs, site) for site in sites}
    return {site: kept for site, kept in found.items() if kept is not None}


def _kept_of_run(runs: FlowRuns, site: Site) -> OfRun | None:
    if site.call is None or not _lists_all(site.call):
        return None
    parent = site.file.scopes.parent_of[site.awaited]
    holder = parent if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
    name = holder.targets[0].target if holder is not None else None
    variable = site.scope.find(name.value) if isinstance(name, cst.Name) else None
    if isinstance(name, cst.Name) and (
        variable is None or uses.is_shared_variable(variable, site.file, runs.inference.project)
    ):
        return None
    pages = reads_of_held(name, site) if isinstance(name, cst.Name) else [site.awaited]
    loops = [_kept(runs, page, site) for page in pages or ()]
    kept = tuple(loop for loop in loops if loop is not None)
    if not kept or len(kept) < len(loops):
        return None
    if _streams_near(runs, site):
        return None
    several = _submits_near(runs, site)
    if several and not all(loop.newest_first and _is_for_first(loop.loop, site.file) for loop in kept):
        return None  # what a run said before its calls of tools is in another response
    return OfRun(site, kept, holder)


def _lists_all(call: cst.Call) -> bool:
    """Whether a listing begins with the newest or the oldest message, and has no end."""
    return given_names(call) <= _ARGUMENTS and _says_its_order(call)


def _says_its_order(call: cst.Call) -> bool:
    """Whether the source says which messages a listing begins with."""
    order = argument(call, "order")
    return order is None or string_value(order) in {"asc", "desc"}


def _kept(runs: FlowRuns, page: cst.BaseExpression, site: Site) -> Kept | None:
    """The loop over a page, or over its data, if it keeps the messages of a run."""
    parents = site.file.scopes.parent_of
    newest_first, is_page = lists_newest_first(site.call), True
    around = parents[page]
    if isinstance(around, cst.Attribute) and around.attr.value == "data":
        page, around, is_page = around, parents[around], False
    if not is_page and not newest_first:
        return None  # the first page may end before the newest messages
    if not isinstance(around, (cst.For, cst.CompFor)) or around.iter is not page:
        return None
    for test in _tests(around):
        found = _of_run(runs, test, around, site.file)
        if found is not None:
            return Kept(around, test, *found, newest_first)
    return None


def _tests(loop: cst.For | cst.CompFor) -> Iterator[cst.Comparison]:
    """The comparisons that all have to hold for what a loop does."""
    if isinstance(loop, cst.CompFor):
        whole = [part.test for part in loop.ifs]
    else:
        block = loop.body.body if isinstance(loop.body, cst.IndentedBlock) else ()
        first = block[0] if len(block) == 1 else None
        whole = [first.test] if isinstance(first, cst.If) and first.orelse is None and loop.orelse is None else []
    for test in whole:
        yield from (part for part in conjunction(test) if isinstance(part, cst.Comparison))


def conjunction(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The parts of a test that all have to hold."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        yield from conjunction(test.left)
        yield from conjunction(test.right)
    else:
        yield test


def _of_run(
    runs: FlowRuns, test: cst.Comparison, loop: cst.For | cst.CompFor, file: SourceFile
) -> tuple[cst.Attribute, cst.Name | cst.Attribute] | None:
    """`message.run_id` and `run`, if a test says `message.run_id == run.id` of what a loop goes through."""
    if len(test.comparisons) != 1 or not isinstance(test.comparisons[0].operator, cst.Equal):
        return None
    sides = (test.left, test.comparisons[0].comparator)
    for read, other in (sides, sides[::-1]):
        if not (isinstance(read, cst.Attribute) and isinstance(other, cst.Attribute)):
            continue
        target = loop.target.value if isinstance(loop.target, cst.Name) else ""
        is_of_loop = isinstance(read.value, cst.Name) and read.value.value == target
        if read.attr.value != "run_id" or not is_of_loop or other.attr.value != "id":
            continue
        if isinstance(other.value, (cst.Name, cst.Attribute)) and is_run(runs.inference.kind(other.value, file)):
            return read, other.value
    return None


def _is_for_first(loop: cst.For | cst.CompFor, file: SourceFile) -> bool:
    """Whether no more than the first of what a comprehension keeps is asked for."""
    whole = file.scopes.parent_of[loop]
    around = file.scopes.parent_of[whole]
    if isinstance(around, cst.Subscript):
        return around.value is whole and index_of(around) == 0
    call = file.scopes.parent_of[around] if isinstance(around, cst.Arg) else None
    return isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value == "next"
