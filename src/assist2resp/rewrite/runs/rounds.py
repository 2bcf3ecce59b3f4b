"""What a waiting loop did to wait no longer than it wanted: counted its rounds, or looked at a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from assist2resp.rewrite.flows.uses import is_shared_variable, reads_of
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.applying import Built
from assist2resp.rewrite.syntax.branches import branches, with_branches
from assist2resp.rewrite.syntax.nodes import descendants, small_statements
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import External

_CLOCKS = frozenset({
    "time.time", "time.monotonic", "time.perf_counter", "datetime.datetime.now", "datetime.datetime.utcnow",
})  # fmt: skip
_RISING = (cst.GreaterThan, cst.GreaterThanEqual)
_FALLING = (cst.LessThan, cst.LessThanEqual)


@dataclass(frozen=True)
class Settled:
    """A question in a loop, some of whose branches ask for rounds or time alone: what they come to in the end."""

    node: cst.If
    dropped: frozenset[int]
    """The places of branches that only waited while there was time."""
    last: int | None
    """The place of the branch that is taken when there is no more."""

    @property
    def gone(self) -> list[cst.CSTNode]:
        """The tests that are not asked any more."""
        places = self.dropped | ({self.last} if self.last is not None else set())
        choices = [branch for place, branch in enumerate(branches(self.node)) if place in places]
        return [branch.test for branch in choices if isinstance(branch, cst.If)]

    def build(self, updated: cst.CSTNode) -> Built:
        """The question without them."""
        first = cst.ensure_type(updated, cst.If)
        kept: list[cst.If | cst.Else] = []
        for place, branch in enumerate(branches(first)):
            if place == self.last:
                kept.append(cst.Else(branch.body, leading_lines=branch.leading_lines))
                break
            if place not in self.dropped:
                kept.append(branch)
        return with_branches(first, kept)


@dataclass(frozen=True)
class Rounds:
    """The rounds of one loop."""

    loop: cst.While | cst.For
    file: SourceFile
    inference: Inference

    @cached_property
    def _inside(self) -> set[cst.CSTNode]:
        return set(descendants(self.loop))

    @cached_property
    def counts(self) -> dict[cst.CSTNode, Variable]:
        """The statements of the loop that only count or measure for its own tests, with the variables that they set."""
        found: dict[cst.CSTNode, Variable] = {}
        for small in small_statements(self.loop.body):
            name = _counted(small) or self._measured(small)
            variable = self.file.scopes.scope_of[name].find(name.value) if name is not None else None
            if variable is not None and self._only_decides(variable):
                found[small] = variable
        return found

    def _only_decides(self, variable: Variable) -> bool:
        """Whether a variable is read nowhere but in tests of the loop, or where it is counted itself."""
        if is_shared_variable(variable, self.file, self.inference.project):
            return False
        return all(
            read in self._inside and (self._is_tested(read) or self._counts_itself(read, variable[1]))
            for read in reads_of(variable, self.file)
        )

    def _counts_itself(self, read: cst.CSTNode, name: str) -> bool:
        counted = next(
            (_counted(node) for node in self.file.scopes.ancestors(read) if _counted(node) is not None), None
        )
        return counted is not None and counted.value == name

    def _is_tested(self, read: cst.CSTNode) -> bool:
        below: cst.CSTNode = read
        for node in self.file.scopes.ancestors(read):
            if isinstance(node, (cst.If, cst.While)):
                return node.test is below
            if isinstance(node, cst.BaseSuite):
                return False
            below = node
        return False

    def _measured(self, small: cst.CSTNode) -> cst.Name | None:
        """The name that a statement gives a time that goes on."""
        if not isinstance(small, cst.Assign) or len(small.targets) != 1:
            return None
        target = small.targets[0].target
        return target if isinstance(target, cst.Name) and self._grows(small.value) else None

    def _grows(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is more in each round: a clock, or what is counted, less something that stays."""
        if isinstance(node, cst.Call):
            kind = self.inference.kind(node.func, self.file)
            if isinstance(kind, External) and kind.qualified in _CLOCKS:
                return True
            return (
                isinstance(node.func, cst.Attribute)
                and node.func.attr.value == "total_seconds"
                and self._grows(node.func.value)
            )
        if isinstance(node, cst.Attribute):
            return node.attr.value == "seconds" and self._grows(node.value)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Subtract, cst.Add)):
            return self._grows(node.left) and _stays(node.right)
        return isinstance(node, cst.Name) and node.value in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names that are counted up, or given a time, in the loop."""
        found = {name.value for small in small_statements(self.loop.body) if (name := _counted(small)) is not None}
        for small in small_statements(self.loop.body):
            if isinstance(small, cst.Assign) and isinstance(
                small.value, (cst.Call, cst.BinaryOperation, cst.Attribute)
            ):
                clocks = (part for part in descendants(small.value) if isinstance(part, cst.Call))
                if any(self._grows(part) for part in clocks) and isinstance(small.targets[0].target, cst.Name):
                    found.add(small.targets[0].target.value)
        return frozenset(found)

    @property
    def is_bounded(self) -> bool:
        """Whether rounds or time alone end the loop."""
        return isinstance(self.loop, cst.While) and self.ends_in(self.loop.test) is False

    def begun(self, questions: Iterable[Settled], *, vanishes: bool) -> list[cst.CSTNode]:
        """The statements that begin to count or to measure what nothing reads once the loop's waiting is gone."""
        gone: set[cst.CSTNode] = {*self.counts, *(part for question in questions for part in question.gone)}
        if isinstance(self.loop, cst.While) and (vanishes or self.is_bounded):
            gone.add(self.loop.test)
        names = {part.value: part for node in gone for part in descendants(node) if isinstance(part, cst.Name)}
        found: list[cst.CSTNode] = []
        for name in names.values():
            scope = self.file.scopes.scope_of.get(name)
            variable = scope.find(name.value) if scope is not None else None
            if variable is not None and not self._is_read_outside(variable, gone):
                found += self._beginnings(variable)
        return found

    def _is_read_outside(self, variable: Variable, gone: set[cst.CSTNode]) -> bool:
        if is_shared_variable(variable, self.file, self.inference.project):
            return True
        return any(
            not gone.intersection([read, *self.file.scopes.ancestors(read)]) for read in reads_of(variable, self.file)
        )

    def _beginnings(self, variable: Variable) -> Iterator[cst.CSTNode]:
        """The assignments of a variable, if it is only ever given numbers and times."""
        parents = self.file.scopes.parent_of
        bindings = [b for b in variable[0].names[variable[1]] if b.target is not None and b.target not in self._inside]
        statements = [parents.get(parents[b.target]) for b in bindings if b.target is not None]
        for binding, statement in zip(bindings, statements, strict=True):
            simple = isinstance(statement, cst.Assign) and len(statement.targets) == 1
            value = binding.node
            if not (simple and isinstance(value, cst.BaseExpression)):
                return
            if not (isinstance(value, cst.BaseNumber) or self._grows(value)):
                return
        yield from (statement for statement in statements if statement is not None)

    def settled(self, is_idle: Callable[[cst.BaseSuite], bool]) -> Iterator[Settled]:
        """The questions at the top of a loop that rounds or time decide."""
        for line in self.loop.body.body:
            if not isinstance(line, cst.If):
                continue
            dropped, last = set[int](), None
            for place, branch in enumerate(branches(line)):
                ends = self.ends_in(branch.test) if isinstance(branch, cst.If) else None
                if ends is False and is_idle(branch.body):
                    dropped.add(place)
                elif ends is True and _leaves_for_good(branch.body):
                    last = place
                    break
            if (dropped or last is not None) and isinstance(line.body, cst.IndentedBlock):
                yield Settled(line, frozenset(dropped), last)

    def ends_in(self, test: cst.BaseExpression) -> bool | None:
        """What a test becomes that asks for rounds or time alone, once there were enough; None for another test."""
        if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
            return None
        target = test.comparisons[0]
        left, right = self._grows(test.left), self._grows(target.comparator)
        if left is right or not _stays(target.comparator if left else test.left):
            return None
        if isinstance(target.operator, _RISING):
            return left
        return right if isinstance(target.operator, _FALLING) else None


def _counted(small: cst.CSTNode) -> cst.Name | None:
    """The name that a statement counts up: `n += 1`, `n = n + 1`."""
    if isinstance(small, cst.AugAssign) and isinstance(small.target, cst.Name):
        counts = isinstance(small.operator, cst.AddAssign) and isinstance(small.value, cst.BaseNumber)
        return small.target if counts else None
    if isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.value, cst.BinaryOperation):
        target, value = small.targets[0].target, small.value
        if isinstance(target, cst.Name) and isinstance(value.left, cst.Name) and isinstance(value.operator, cst.Add):
            return target if value.left.value == target.value and isinstance(value.right, cst.BaseNumber) else None
    return None


def _stays(node: cst.BaseExpression) -> bool:
    """Whether an expression calls nothing, so that a round does not change it."""
    return not any(isinstance(part, (cst.Call, cst.Await, cst.NamedExpr)) for part in descendants(node))


def _leaves_for_good(suite: cst.BaseSuite) -> bool:
    last = suite.body[-1] if isinstance(suite, cst.IndentedBlock) and suite.body else None
    ends = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
    return isinstance(ends, (cst.Raise, cst.Return, cst.Break))
