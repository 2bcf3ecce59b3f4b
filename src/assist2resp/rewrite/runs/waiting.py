"""What loops that wait for a run do besides waiting, and whether that still happens when nothing is waited for.

A response is complete when it arrives, so a loop that goes on only while its run is pending is never entered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.flows.uses import reads_of
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.loops import asked, only_shows, runs_once
from assist2resp.rewrite.runs.spelling import is_open, spelled
from assist2resp.rewrite.syntax.nodes import argument, code, descendants, string_value
from assist2resp.rewrite.values.inference import Inference

_ENDS = frozenset({"completed", "failed", "expired", "cancelled", "incomplete", "requires_action"})


@dataclass(frozen=True)
class Waiting:
    """A loop around retrievals (`waits`) of runs, around submissions of tool outputs (`submits`), and calls for these."""

    loop: cst.While | cst.For
    file: SourceFile
    waits: tuple[Site, ...]
    submits: tuple[Site, ...]
    handed: tuple[cst.Call, ...]
    renewed: frozenset[cst.Call]
    """The calls in it and elsewhere that give the next run to all names that are read again."""
    inference: Inference

    @cached_property
    def test(self) -> cst.BaseExpression | None:
        """What keeps the loop going, with its constants spelled out; None for a loop that counts."""
        return self.spelled(self.loop.test) if isinstance(self.loop, cst.While) else None

    def spelled(self, test: cst.BaseExpression) -> cst.BaseExpression:
        """A test in the loop, with its constants spelled out."""
        return spelled(test, self.file, self.inference)

    @cached_property
    def work(self) -> frozenset[str]:
        """The states in which the loop does more than wait, show and leave, in a branch that asks for the state."""
        return frozenset().union(*(states for states in self._work_in(self.loop.body)))

    @property
    def skipped(self) -> frozenset[str]:
        """The states with work in which the loop would not be entered, or in which nothing says that it would be."""
        if self.test is None:
            return frozenset()
        may_enter = (True,) if is_open(self.test) else (True, None)
        return frozenset(state for state in self.work if holds(self.test, state) not in may_enter)

    @cached_property
    def tells_its_end(self) -> bool:
        """Whether the loop shows, after each retrieval, the state that it found, and so the last one."""
        told = retrieved = False
        for line in self.loop.body.body:
            for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if small in self._retrievals:
                    told, retrieved = False, True
                elif "status" in code(small) and only_shows(small):
                    told = retrieved
        return told and runs_once(self.loop, self._waits)

    @property
    def has_tools(self) -> bool:
        """Whether the loop goes on with runs."""
        return bool(self.submits or self.handed)

    @property
    def obstacle(self) -> str:
        """Why the loop cannot go or stay without its waiting; empty when it can."""
        if isinstance(self.loop, cst.While) and self._names_in_its_test(self.loop.test):
            return "a loop names the run that it asks for"
        if self.has_tools:
            if self.skipped:
                return "a loop does its work only while a run is under way"
            return (
                ""
                if all(map(self.goes_on, self.submits)) and all(map(self._takes, self.handed))
                else "a loop goes on with a run by another name"
            )
        if self._hands_on_calls():
            return "tool outputs are submitted outside of the loop that waits"
        if self.skipped and not runs_once(self.loop, self._waits):
            return "a loop does its work only while a run is under way"
        return ""

    def _names_in_its_test(self, test: cst.BaseExpression) -> bool:
        calls = {site.call for site in self.waits}
        named = (node.value for node in descendants(test) if isinstance(node, cst.NamedExpr))
        return any(part in calls for value in named for part in descendants(value))

    def _hands_on_calls(self) -> bool:
        return any(
            isinstance(node, cst.If)
            and "requires_action" in asked(self.spelled(node.test))[1]
            and self._does_work(node.body, calls=True)
            for node in descendants(self.loop.body)
        )

    def goes_on(self, site: Site) -> bool:
        """Whether the run that a submission goes on with keeps the name that the loop retrieves and asks."""
        if site.call in self.renewed:
            return True
        parent = self.file.scopes.parent_of[site.awaited]
        if isinstance(parent, cst.Expr):
            return len({code(run.value) for run in _run_ids((*self.waits, site))}) <= 1
        names = {code(target.target) for target in parent.targets} if isinstance(parent, cst.Assign) else set()
        read = {code(run.value) for run in _run_ids((*self.waits, site))}
        return bool(names) and (names == read or not self.waits or self.also_given(site) is not None)

    def also_given(self, site: Site) -> cst.Name | None:
        """The name of the run that the loop retrieves under another one, where a submission has to give both the new run.

        Nothing else is read of it than what the new run has as well: its id, and that of its thread.
        """
        parent = self.file.scopes.parent_of[site.awaited]
        runs = {code(run.value): run.value for run in _run_ids((*self.waits, site))}
        run = next(iter(runs.values())) if len(runs) == 1 and self.waits else None
        if not isinstance(run, cst.Name) or not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
            return None
        target, variable = parent.targets[0].target, site.scope.find(run.value)
        if not isinstance(target, cst.Name) or target.value == run.value or variable is None:
            return None
        parents = [self.file.scopes.parent_of[read] for read in reads_of(variable, self.file)]
        ids = all(isinstance(node, cst.Attribute) and node.attr.value in {"id", "thread_id"} for node in parents)
        return run if ids and variable[0] is site.scope else None

    def _takes(self, call: cst.Call) -> bool:
        """Whether the run that a function went on with has the name that the loop retrieves and asks."""
        if call in self.renewed:
            return True
        parent = self.file.scopes.parent_of[call]
        while isinstance(parent, cst.Await):
            parent = self.file.scopes.parent_of[parent]
        if isinstance(parent, cst.Assign):
            return {code(target.target) for target in parent.targets} == {
                code(run.value) for run in _run_ids(self.waits)
            }
        return isinstance(parent, (cst.Return, cst.Expr))

    def _work_in(self, suite: cst.BaseSuite) -> Iterator[frozenset[str]]:
        for line in suite.body:
            if isinstance(line, cst.If):
                yield from self._work_of_branches(line)
            elif isinstance(line, cst.Try):
                yield from self._work_in(line.body)
                if line.orelse is not None:
                    yield from self._work_in(line.orelse.body)
            elif isinstance(line, cst.With):
                yield from self._work_in(line.body)

    def _work_of_branches(
        self, branch: cst.If | cst.Else | None, left: frozenset[str] = _ENDS
    ) -> Iterator[frozenset[str]]:
        if isinstance(branch, cst.Else):
            if self._does_work(branch.body):
                yield left
        elif branch is not None:
            if "status" in code(branch.test):
                test = self.spelled(branch.test)
                if self._does_work(branch.body, shows=bool(asked(test)[1])):
                    yield frozenset(state for state in left if holds(test, state) is not False)
                left = frozenset(state for state in left if holds(test, state) is not True)
            else:
                yield from self._work_in(branch.body)
            yield from self._work_of_branches(branch.orelse, left)

    def _does_work(self, suite: cst.BaseSuite, *, shows: bool = False, calls: bool = False) -> bool:
        """Whether a branch does more than leave, or show unless that counts; with `calls`, whether it calls anything."""
        for line in suite.body:
            for small in line.body if isinstance(line, cst.SimpleStatementLine) else [line]:
                if isinstance(small, (cst.Pass, cst.Break, cst.Continue)) or self._waits(small):
                    continue
                if only_shows(small) and not shows:
                    continue
                if not calls or (
                    not isinstance(small, (cst.Raise, cst.Return))
                    and any(isinstance(node, cst.Call) for node in descendants(small))
                ):
                    return True
        return False

    @cached_property
    def _retrievals(self) -> set[cst.CSTNode]:
        return {self.file.scopes.parent_of[site.awaited] for site in self.waits}

    def _waits(self, small: cst.CSTNode) -> bool:
        return small in self._retrievals or (isinstance(small, cst.Expr) and "sleep(" in code(small))


def _run_ids(sites: tuple[Site, ...]) -> Iterator[cst.Attribute]:
    for site in sites:
        run_id = argument(site.call, "run_id", 0) if site.call is not None else None
        if isinstance(run_id, cst.Attribute) and run_id.attr.value == "id":
            yield run_id


def holds(test: cst.BaseExpression, state: str) -> bool | None:
    """Whether a test that asks for a status is true in a state; None where that cannot be said."""
    if isinstance(test, cst.BooleanOperation):
        sides = (holds(test.left, state), holds(test.right, state))
        decides = isinstance(test.operator, cst.Or)
        if decides in sides:
            return decides
        return None if None in sides else not decides
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = holds(test.expression, state)
        return None if inner is None else not inner
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or "status" not in code(test.left):
        return None
    target = test.comparisons[0]
    words = _words(target.comparator)
    if words is None:
        return None
    if isinstance(target.operator, (cst.Equal, cst.In)):
        return state in words
    return state not in words if isinstance(target.operator, (cst.NotEqual, cst.NotIn)) else None


def _words(node: cst.BaseExpression) -> set[str] | None:
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        found = {string_value(element.value) for element in node.elements}
        return None if None in found else {word for word in found if word is not None}
    word = string_value(node)
    return None if word is None else {word}


def waiting_loops(
    waits: list[Site],
    submits: list[Site],
    handed: frozenset[cst.CSTNode],
    renewed: frozenset[cst.Call],
    inference: Inference,
) -> list[Waiting]:
    """The innermost loops around retrievals, each with what is retrieved and submitted in it."""
    loops: dict[cst.While | cst.For, SourceFile] = {}
    for site in waits:
        for node in site.file.scopes.ancestors(site.node):
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                break
            if isinstance(node, (cst.While, cst.For)):
                loops[node] = site.file
                break
    return [
        Waiting(
            loop,
            file,
            _inside(loop, file, waits),
            _inside(loop, file, submits),
            tuple(node for node in descendants(loop) if isinstance(node, cst.Call) and node in handed),
            renewed,
            inference,
        )
        for loop, file in loops.items()
    ]


def _inside(loop: cst.CSTNode, file: SourceFile, sites: list[Site]) -> tuple[Site, ...]:
    below = set(descendants(loop))
    return tuple(site for site in sites if site.file is file and site.node in below)
