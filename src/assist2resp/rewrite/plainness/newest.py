"""Listings of messages of which only the newest is read, right after the run that wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import (
    CREATES,
    MESSAGE_CREATE,
    MESSAGE_LIST,
    RETRIEVES,
    SUBMITS,
    THREAD_RUNS,
    assigned_name,
    thread_argument,
)
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.flows.writers import function_around
from assist2resp.rewrite.messages.newest import newest_texts
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.syntax.nodes import code, descendants


def newest_of_runs(runs: FlowRuns) -> dict[Site, list[cst.BaseExpression]]:
    """The message listings of which only the newest message's text is read, with the expressions that read it."""
    found = {}
    for site in uses.sites_named(runs.flow, MESSAGE_LIST) if not runs.streams else []:
        run = run_before(runs, site)
        texts = newest_texts(site, run)
        if texts is not None and run is not None and _still_newest(runs, site, run, texts):
            found[site] = texts
    return found


def _still_newest(runs: FlowRuns, site: Site, run: cst.Name, texts: list[cst.BaseExpression]) -> bool:
    """Whether `run` holds, wherever the texts are read, the run that the listing followed in the same thread."""
    order = site.file.scopes.order
    made, listed, around = order[run], order[site.node], set(site.file.scopes.ancestors(site.node))
    read = [listed if text in around else order[text] for text in texts]
    near = [other for other in runs.flow.sites if other.file is site.file and other.scope is site.scope]
    written = [order[other.node] for other in near if other.path == MESSAGE_CREATE or _is_of_another(other, run)]
    made_before = [
        other
        for other in near
        if other.path in CREATES
        and order[other.node] < listed
        and (name := assigned_name(other)) is not None
        and name.value == run.value
    ]
    rebound = [order[target] for target in _targets(site, run.value)]
    threads = {
        code(thread)
        for other in (site, *near)
        if (other is site or (other in made_before)) and (thread := thread_argument(other)) is not None
    } | {f"{run.value}.thread_id" for other in made_before if other.path in THREAD_RUNS}
    return (
        len(threads) == 1
        and any(_always_before(name, site) for name in _bindings_of(runs, run, site))
        and min(read) >= listed
        and all(site.file.scopes.scope_of.get(text) in {site.scope, None} for text in texts)
        and not any(made < place < listed for place in written)
        and not any(listed < place < max(read) for place in rebound)
        and not _is_added_to(runs, site, run)
    )


def _is_of_another(site: Site, run: cst.Name) -> bool:
    """Whether a site starts a run that is not given to the name of `run`."""
    name = assigned_name(site)
    return site.path in CREATES and (name is None or name.value != run.value)


def _is_added_to(runs: FlowRuns, site: Site, run: cst.Name) -> bool:
    """Whether a function is called after the run began and before the listing that may add to the thread."""
    order, scopes, around = site.file.scopes.order, site.file.scopes, set(site.file.scopes.ancestors(site.node))
    inside = [node for node in runs.adding_calls if node in order and order[run] < order[node] < order[site.node]]
    here = function_around(site.node, site.file)
    return any(
        node not in around
        and function_around(node, site.file) is here
        and not _binds(node, run.value, scopes.parent_of)
        for node in inside
    )


def _binds(node: cst.Call, name: str, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether a call gives a name its value."""
    parent = parents.get(node)
    while isinstance(parent, cst.Await):
        parent = parents.get(parent)
    return isinstance(parent, cst.Assign) and any(code(target.target) == name for target in parent.targets)


def _bindings_of(runs: FlowRuns, run: cst.Name, site: Site) -> list[cst.Name]:
    """The places before `site` that give `run` its run."""
    return [name for name in _assigned_runs(runs, site) if name.value == run.value] or [run]


def run_before(runs: FlowRuns, site: Site) -> cst.Name | None:
    """The variable that holds the run which ended last before `site`, in the same function."""
    parameters = [
        use.node
        for use in runs.run_uses
        if use.file is site.file
        and isinstance(use.node, cst.Name)
        and site.file.scopes.scope_of.get(use.node) is site.scope
    ]
    before = [node for node in _assigned_runs(runs, site) if node is not None]
    return before[-1] if before else (parameters[0] if parameters and _is_parameter(parameters[0], site) else None)


def _assigned_runs(runs: FlowRuns, site: Site) -> list[cst.Name]:
    order = site.file.scopes.order
    found: list[tuple[int, cst.Name]] = []
    for other in runs.flow.sites:
        if other.file is site.file and other.scope is site.scope and other.path in (*CREATES, *RETRIEVES, *SUBMITS):
            target = assigned_name(other)
            if target is not None and order[other.node] < order[site.node]:
                found.append((order[other.node], target))
    for use in runs.run_uses:
        if (
            use.file is site.file
            and isinstance(use.parent, cst.Assign)
            and isinstance(use.node, cst.Call)
            and use.node.func is not None
        ):
            target_node = use.parent.targets[0].target
            if (
                isinstance(target_node, cst.Name)
                and site.file.scopes.scope_of.get(use.node) is site.scope
                and order[use.node] < order[site.node]
            ):
                found.append((order[use.node], target_node))
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def _is_parameter(node: cst.Name, site: Site) -> bool:
    bindings = site.scope.names.get(node.value, [])
    return bool(bindings) and all(binding.how == "param" for binding in bindings)


def _targets(site: Site, name: str) -> Iterator[cst.CSTNode]:
    """The places of the site's scope that bind a name."""
    for binding in site.scope.names.get(name, ()):
        if binding.target is not None:
            yield binding.target


def _always_before(run: cst.Name, site: Site) -> bool:
    """Whether the statement that binds `run` has run whenever `site` is reached: its block is around the site too."""
    parents = site.file.scopes.parent_of
    if isinstance(parents.get(run), cst.Param):
        return True
    around = set(site.file.scopes.ancestors(site.node))
    statement: cst.CSTNode = run
    for node in site.file.scopes.ancestors(run):
        if isinstance(node, (cst.BaseSuite, cst.Module)):
            if node in around:
                return True
            if not _is_begun(node, statement, parents.get(node)):
                return False
        statement = node
    return False


def _is_begun(body: cst.CSTNode, statement: cst.CSTNode, loop: cst.CSTNode | None) -> bool:
    """Whether a statement is reached in the first round of a loop without a condition."""
    if (
        not isinstance(body, cst.IndentedBlock)
        or not isinstance(loop, cst.While)
        or code(loop.test) not in {"True", "1"}
    ):
        return False
    before = body.body[: list(body.body).index(cst.ensure_type(statement, cst.SimpleStatementLine))]
    return not any(isinstance(node, (cst.Break, cst.Continue)) for line in before for node in descendants(line))
