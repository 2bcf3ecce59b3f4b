"""Which of a variable's bindings a read of it may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import libcst as cst

from assist2resp.rewrite.flows.uses import is_load, is_shared_variable
from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.syntax.nodes import descendants
from assist2resp.rewrite.syntax.scopes import Binding, Scope, Variable

_LOOPS = (cst.While, cst.For)


class Reads:
    """The places of one file that read a variable, and what each may see."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.order = file.scopes.order

    def of(self, variable: Variable) -> list[cst.Name]:
        """Every name in the file that stands for the variable, where it is bound too."""
        return [name for name in self.file.scopes.names.get(variable[1], ()) if self.variable(name) == variable]

    def variable(self, name: cst.Name) -> Variable | None:
        """The variable that a name stands for."""
        scope = self.file.scopes.scope_of.get(name)
        return scope.find(name.value) if scope is not None else None

    def reaching(self, read: cst.Name, variable: Variable) -> list[Binding]:
        """The bindings that a read at this name may see: all where it does not stand in the variable's own function."""
        bindings = variable[0].names[variable[1]]
        if len(bindings) == 1 or self.home(read) is not variable[0] or not all(map(_has_place, bindings)):
            return bindings
        around = [read, *self.file.scopes.ancestors(read)]
        bindings = [b for b in bindings if not self._is_replaced(b, read, variable)]
        before = sorted((b for b in bindings if self.is_before(b, read, around)), key=self._place)
        sure = [b for b in before if self.always_reaches(b, around)]
        if not sure:
            return bindings
        last = sure[-1]
        outer = [loop for loop in around if isinstance(loop, _LOOPS) and not self.is_within(last, loop)]
        return [
            b
            for b in bindings
            if b is last
            or (b in before and self._place(last) < self._place(b))
            or (b not in before and any(self.is_within(b, loop) for loop in outer))
        ]

    def _is_replaced(self, binding: Binding, read: cst.Name, variable: Variable) -> bool:
        """Whether the lines that follow a binding in its block always bind the name anew, and the read is in none of them.

        An exception in between might be caught, and a loop be left, so there must be nothing of that kind.
        """
        line = self._line(binding)
        block = self.file.scopes.parent_of[line] if line is not None else None
        if line is None or not isinstance(block, (cst.IndentedBlock, cst.Module)):
            return False
        around = list(self.file.scopes.ancestors(line))
        own = around[: around.index(variable[0].node)] if variable[0].node in around else around
        if any(isinstance(node, (cst.Try, cst.TryStar)) for node in own):
            return False
        body = list[cst.CSTNode](block.body)
        others = {self._line(other) for other in variable[0].names[variable[1]] if other is not binding}
        following = body[body.index(line) + 1 :]
        place = next((number for number, other in enumerate(following) if other in others), None)
        if place is None:
            return False
        between = {line, *following[: place + 1]}
        leaves = (part for node in between for part in descendants(node))
        return between.isdisjoint(self.file.scopes.ancestors(read)) and not any(
            isinstance(part, (cst.Break, cst.Continue)) for part in leaves
        )

    def _line(self, binding: Binding) -> cst.SimpleStatementLine | None:
        """The line of a plain assignment that gives a name its value."""
        if binding.target is None or binding.how != "value":
            return None
        assign = self.file.scopes.parent_of.get(self.file.scopes.parent_of.get(binding.target, binding.target))
        line = self.file.scopes.parent_of.get(assign) if isinstance(assign, cst.Assign) else None
        return line if isinstance(line, cst.SimpleStatementLine) else None

    def is_before(self, binding: Binding, read: cst.Name, around: Sequence[cst.CSTNode]) -> bool:
        """Whether a binding stands before a read; one whose own value holds the read does not."""
        return self._place(binding) < self.order[read] and binding.node not in around

    def home(self, read: cst.Name) -> Scope | None:
        """The scope of the function around a read; comprehensions run where they stand."""
        scope: Scope | None = self.file.scopes.scope_of.get(read)
        while scope is not None and isinstance(scope.node, cst.BaseComp):
            scope = scope.parent
        return scope

    def _place(self, binding: Binding) -> int:
        """Where a binding stands in the text; a parameter stands before everything."""
        return self.order[binding.target] if binding.target is not None else -1

    def is_renewed(self, bindings: Collection[Binding], read: cst.Name, loop: cst.CSTNode) -> bool:
        """Whether each round of a loop gives a variable its value anew before it is read, by one of these bindings."""
        around = [read, *self.file.scopes.ancestors(read)]
        return all(
            self.is_within(b, loop) and self.is_before(b, read, around) and self.always_reaches(b, around)
            for b in bindings
        )

    def is_within(self, binding: Binding, loop: cst.CSTNode) -> bool:
        """Whether a binding is made anew in each round of a loop."""
        return binding.target is not None and loop in self.file.scopes.ancestors(binding.target)

    def always_reaches(self, binding: Binding, around: Sequence[cst.CSTNode]) -> bool:
        """Whether the block that a binding begins to hold in is around the read; a `with` is no block of its own."""
        if binding.target is None:
            return True
        inner: cst.CSTNode = binding.target
        for node in self.file.scopes.ancestors(binding.target):
            if isinstance(node, cst.For) and node.target is inner:
                return node.body in around
            if isinstance(node, (cst.BaseSuite, cst.Module)) and not self._is_body_of_with(node):
                return node in around
            inner = node
        return False

    def _is_body_of_with(self, node: cst.CSTNode) -> bool:
        return isinstance(self.file.scopes.parent_of.get(node), cst.With)


def is_read_again(read: cst.Name, within: cst.CSTNode, file: SourceFile, project: Project) -> bool:
    """Whether what a name holds as it is read `within` a statement may be read later, there or by anyone else."""
    reads = Reads(file)
    variable = reads.variable(read)
    if variable is None or is_shared_variable(variable, file, project):
        return True
    own, inside = reads.reaching(read, variable), set(descendants(within))
    if any(
        not reads.is_within(b, loop) for loop in file.scopes.ancestors(read) if isinstance(loop, _LOOPS) for b in own
    ):
        return True
    for other in reads.of(variable):
        if other in inside or not is_load(other, file):
            continue
        shared = set(own) & set(reads.reaching(other, variable))
        if shared and (
            reads.order[other] > reads.order[read]
            or file.scopes.scope_of[other] is not variable[0]
            or not all(reads.is_before(b, other, [other, *file.scopes.ancestors(other)]) for b in shared)
        ):
            return True
    return False


def reads_after(reads: Reads, variable: Variable, at: cst.Name, within: cst.CSTNode) -> list[cst.Name]:
    """Where what a variable holds at a name `within` a statement may be read later in its file."""
    file = reads.file
    held, inside = set(reads.reaching(at, variable)), set(descendants(within))
    last = _last_block(at, file)
    loops = [node for node in file.scopes.ancestors(at) if isinstance(node, _LOOPS)]
    found = []
    for other in reads.of(variable):
        shared = held.intersection(reads.reaching(other, variable)) if is_load(other, file) else set[Binding]()
        if not shared:
            continue
        around = list(file.scopes.ancestors(other))
        goes_round = any(loop in around and not reads.is_renewed(shared, other, loop) for loop in loops)
        follows = reads.order[other] > reads.order[at] and other not in inside and not _is_instead(within, around, file)
        elsewhere = reads.home(other) is not variable[0]
        if elsewhere or ((goes_round or follows) and (last is None or last in around)):
            found.append(other)
    return found


def _last_block(at: cst.CSTNode, file: SourceFile) -> cst.CSTNode | None:
    """The innermost block around a node that nothing comes after, as it ends the function; None where none is sure to."""
    for node in file.scopes.ancestors(at):
        if isinstance(node, (cst.Try, cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            return None
        line = node.body[-1] if isinstance(node, cst.IndentedBlock) and node.body else None
        if isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[-1], (cst.Return, cst.Raise)):
            return node
    return None


def _is_instead(statement: cst.CSTNode, around: Sequence[cst.CSTNode], file: SourceFile) -> bool:
    """Whether what these nodes are around is done where a statement is not: in another branch of the same question."""
    below = statement
    for node in file.scopes.ancestors(statement):
        if isinstance(node, cst.If) and node.body is below and node.orelse is not None and node.orelse in around:
            return True
        below = node
    return False


def _has_place(binding: Binding) -> bool:
    return binding.target is not None or binding.how == "param"
