"""Whether the program looks at a run or its thread before it has waited: a response is complete, its run was queued."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows.run_sites import MESSAGE_LIST, POLLED, RETRIEVES, assigned_name
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.syntax.nodes import descendants
from assist2resp.rewrite.values.kinds import Function


def early_obstacle(runs: FlowRuns) -> str:
    """What is read between a run's creation and its waiting, of the run's state or its thread; empty where nothing is."""
    listings = {site.call for site in runs.flow.sites if site.path == MESSAGE_LIST}
    for site in runs.creates:
        name = assigned_name(site) if site.name not in POLLED else None
        for line in _before_waiting(site, name, runs) if name is not None else ():
            if name is not None and _reads_state(line, name.value):
                return "a run's state is read before it was waited for"
            if _is_waited_for(site, runs) and any(part in listings for part in _done(line, site.file, runs)):
                return "messages are listed before a run was waited for"
    return ""


def _is_waited_for(site: Site, runs: FlowRuns) -> bool:
    """Whether the function that creates a run waits for it; one that never does reads what it can get."""
    return any(other.file is site.file and other.scope is site.scope for wait in runs.waiting for other in wait.waits)


def _done(line: cst.CSTNode, file: SourceFile, runs: FlowRuns) -> Iterator[cst.CSTNode]:
    """What a line does, also in the functions of the project that it calls, and in those that these call."""
    todo, seen = [(line, file)], set[cst.CSTNode]()
    while todo:
        node, its_file = todo.pop()
        for part in descendants(node):
            yield part
            kind = runs.inference.kind(part.func, its_file) if isinstance(part, cst.Call) else None
            if isinstance(kind, Function) and kind.node not in seen:
                seen.add(kind.node)
                todo.append((kind.node.body, kind.file))


def _before_waiting(site: Site, name: cst.Name, runs: FlowRuns) -> Iterator[cst.CSTNode]:
    """The lines that follow a run's creation in its block, and the question at their end, up to what may wait for it.

    That is a loop, a retrieval, another run under the name, or the end of the block. A call that is handed the run
    leaves the variable as it was.
    """
    line = site.statement()
    block = site.file.scopes.parent_of[line]
    if not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return
    retrievals = {other.call for other in runs.flow.sites if other.path in RETRIEVES}
    body: list[cst.CSTNode] = list(block.body)
    for statement in body[body.index(line) + 1 :]:
        parts = list(descendants(statement))
        waits = any(part in retrievals or isinstance(part, (cst.While, cst.For)) for part in parts)
        if isinstance(statement, cst.If):
            yield statement.test
        if waits or not isinstance(statement, cst.SimpleStatementLine) or _binds(parts, name.value):
            return
        yield statement


def _binds(parts: list[cst.CSTNode], name: str) -> bool:
    targets = [part.target for part in parts if isinstance(part, (cst.AssignTarget, cst.AnnAssign, cst.NamedExpr))]
    return any(isinstance(target, cst.Name) and target.value == name for target in targets)


def _reads_state(line: cst.CSTNode, name: str) -> bool:
    return any(
        isinstance(part, cst.Attribute)
        and part.attr.value == "status"
        and isinstance(part.value, cst.Name)
        and part.value.value == name
        for part in descendants(line)
    )
