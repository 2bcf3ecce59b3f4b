"""Outputs that are sent for a run which other names hold too: all that are read later take the response that is next.

A run keeps its id whatever happens to it; a response is followed by another one, with an id of its own. So each name of
the run or its id that is read after outputs were sent is given the new one there, or where a function that sent them
gives it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.reaching import Reads, reads_after
from assist2resp.rewrite.flows.run_sites import is_run
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.lineage import Lineage, NotFollowedError, is_run_id, lineage, run_name
from assist2resp.rewrite.syntax.nodes import argument, descendants, unwrap_await
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values.inference import Inference


@dataclass(frozen=True)
class Renewal:
    """A call that gives the next response of a run, and the names that have to hold it, or its id, from then on."""

    file: SourceFile
    call: cst.Call
    runs: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    is_returned: bool = False
    """Whether the function, which gave nothing back, has to return it."""
    at_hand: str = ""
    """A name that holds the run right before, where there is one."""


def renewals(submit: Site, flow: Flow, inference: Inference) -> tuple[Renewal, ...] | None:
    """The calls that have to give names a new run after a submission, itself first; None where one would keep the old."""
    search = _Search(flow.index.sites, inference)
    try:
        search.submission(submit)
    except NotFollowedError:
        return None
    return tuple(search.found.values())


@dataclass
class _Search:
    sites: Mapping[cst.CSTNode, Site]
    inference: Inference
    found: dict[cst.Call, Renewal] = field(default_factory=dict)

    def submission(self, submit: Site) -> None:
        name = run_name(argument(submit.call, "run_id", 0)) if submit.call is not None else ""
        if submit.call is None or not name:
            raise NotFollowedError
        self._call(submit.call, {name}, submit.scope, submit.file, gives_run=True)

    def _call(self, call: cst.Call, given: set[str], scope: Scope, file: SourceFile, *, gives_run: bool) -> None:
        """Renew what holds a run that a call goes on with, in the function around it and in those that call this one."""
        if call in self.found:
            return
        held = lineage(next(iter(given)), scope, file, self.sites, self.inference)
        if not given <= held.runs | held.ids:
            raise NotFollowedError
        statement = _step(call, file)
        stale = _Stale(held, given, call, statement, Reads(file), self.inference)
        runs, ids = stale.runs(), stale.ids()
        own = _target(statement)
        if held.origins > 1 and (ids or any(run not in {*given, own} for run in runs)):
            raise NotFollowedError
        new = Renewal(file, call, tuple(r for r in runs if r != own), tuple(ids), at_hand=stale.at_hand())
        if (new.runs or new.ids) and not (gives_run and _can_give(call, file)):
            raise NotFollowedError
        self.found[call] = new
        if held.params:
            self._callers(held, new, statement)

    def _callers(self, held: Lineage, own: Renewal, statement: cst.CSTNode) -> None:
        function = held.scope.node
        if not isinstance(function, cst.FunctionDef) or function.decorators:
            raise NotFollowedError
        gives = _gives_the_run(function, own, statement, self.inference)
        may_give = not gives and _may_give_the_run(function, own, statement)
        passes = self.inference.passes.of(function)
        if not passes:
            raise NotFollowedError
        for given in passes:
            values = {self.inference.passes.argument(function, given, param) for param in held.params}
            names = {run_name(value) for value in values if value is not None}
            scope = given.file.scopes.scope_of.get(given.call.func)
            if scope is None or not names or not _is_direct(given.call, function):
                raise NotFollowedError
            if any(not name or scope.find(name) != (scope, name) for name in names):
                raise NotFollowedError
            self._call(given.call, names, scope, given.file, gives_run=gives or may_give)
        if may_give and any(self.found[given.call].runs or self.found[given.call].ids for given in passes):
            self.found[own.call] = replace(own, is_returned=True)


def _gives_the_run(function: cst.FunctionDef, own: Renewal, statement: cst.CSTNode, inference: Inference) -> bool:
    """Whether all that a function returns is the new run."""
    returned = [unwrap_await(value) for value in own.file.scopes.returns.get(function, ()) if value is not None]
    new = {*own.runs, _target(statement)}
    return bool(returned) and all(
        is_run(inference.kind(value, own.file))
        and (isinstance(value, cst.Call) or (isinstance(value, cst.Name) and value.value in new))
        for value in returned
    )


def _may_give_the_run(function: cst.FunctionDef, own: Renewal, statement: cst.CSTNode) -> bool:
    """Whether a function that gives nothing back ends with the call, whose run it can be made to return."""
    scopes = own.file.scopes
    quiet = not scopes.returns.get(function) and not scopes.yields.get(function) and function.returns is None
    last = function.body.body[-1] is scopes.parent_of[statement]
    return quiet and last and not (own.runs or own.ids) and _can_give(own.call, own.file)


class _Stale:
    """The names of a lineage that hold an old run after a call, and are read then."""

    def __init__(
        self,
        held: Lineage,
        given: set[str],
        call: cst.Call,
        statement: cst.CSTNode,
        reads: Reads,
        inference: Inference,
    ) -> None:
        self.held, self.given, self.call, self.statement = held, given, call, statement
        self.reads, self.inference = reads, inference
        self.file = file = reads.file
        self.at = next(
            node for node in descendants(call) if isinstance(node, cst.Name) and node in file.scopes.scope_of
        )

    def runs(self) -> list[str]:
        """The names of runs that are read later for the run's sake; what is asked of its old state stays so."""
        found = []
        for name in sorted(self.held.runs):
            read = [self._asks(node) for node in self._reads(name)]
            if "run" in read:
                if "state" in read and name not in self.given:
                    raise NotFollowedError
                found.append(name)
        return found

    def ids(self) -> list[str]:
        """The names of ids that are read later, and not only shown."""
        return [
            name
            for name in sorted(self.held.ids)
            if any(not uses.is_shown(node, self.file, self.inference) for node in self._reads(name))
        ]

    def at_hand(self) -> str:
        """A name that holds the run before the call, whatever way led there."""
        around = list(self.file.scopes.ancestors(self.at))
        for name in sorted(self.held.runs):
            bindings = self.held.scope.names[name]
            before = (b for b in bindings if self.reads.is_before(b, self.at, around))
            if any(self.reads.always_reaches(b, around) for b in before):
                return name
        return ""

    def _reads(self, name: str) -> list[cst.Name]:
        """Where an old run is read; a name that the statement itself gives the new one holds no old one after it."""
        variable = (self.held.scope, name)
        if uses.is_shared_variable(variable, self.file, self.inference.project):
            raise NotFollowedError
        if name == _target(self.statement):
            return []
        return reads_after(self.reads, variable, self.at, self.statement)

    def _asks(self, node: cst.Name) -> str:
        """What a read is after: the `run`, its `state` as it was, or nothing that changes."""
        parent = self.file.scopes.parent_of[node]
        if not isinstance(parent, cst.Attribute):
            truth = uses.is_truth_test(node, self.file) or uses.none_comparison(node, self.file) is not None
            return "" if truth else "run"
        if parent.attr.value == "thread_id":
            return ""
        if parent.attr.value != "id":
            return "state"
        return "" if uses.is_shown(parent, self.file, self.inference) else "run"


def _step(call: cst.Call, file: SourceFile) -> cst.CSTNode:
    """The small statement that a call stands in, or the question, or what a loop goes over."""
    node: cst.CSTNode = call
    for above in file.scopes.ancestors(call):
        if isinstance(above, (cst.BaseCompoundStatement, cst.SimpleStatementLine, cst.SimpleStatementSuite)):
            return node
        node = above
    raise NotFollowedError


def _can_give(call: cst.Call, file: SourceFile) -> bool:
    """Whether a line does nothing but call, and give one name what comes of it."""
    node: cst.CSTNode = file.scopes.parent_of[call]
    while isinstance(node, cst.Await):
        node = file.scopes.parent_of[node]
    line = file.scopes.parent_of.get(node)
    alone = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
    return alone and (isinstance(node, cst.Expr) or bool(_target(node)))


def _target(statement: cst.CSTNode) -> str:
    """The one name that a statement gives a value."""
    if not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
        return ""
    target = statement.targets[0].target
    return target.value if isinstance(target, cst.Name) else ""


def _is_direct(call: cst.Call, function: cst.FunctionDef) -> bool:
    """Whether a call is one of the function, and does not hand it on to be called."""
    func = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return isinstance(func, cst.Name) and func.value == function.name.value


def keeps_runs(flow: Flow, inference: Inference) -> bool:
    """Whether anything but variables holds runs of a flow or their ids: attributes, sessions, dictionaries."""
    return any(is_run(inference.kind(*held)) or is_run_id(inference.kind(*held)) for held in _held(flow, inference))


def _held(flow: Flow, inference: Inference) -> Iterator[tuple[cst.BaseExpression, SourceFile]]:
    """What a flow puts elsewhere than into variables."""
    for file in uses.connected_files(flow):
        yield from ((target, file) for target, _ in file.scopes.attribute_targets if flow.owns(target, file))
    for write, _ in inference.holders.writes():
        if isinstance(write.value, cst.BaseExpression) and flow.owns(write.value, write.file):
            yield write.value, write.file
