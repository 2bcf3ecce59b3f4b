"""The variables and parameters that hold listed messages, and which of their reads may see what."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.reaching import Reads
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.shapes import COLLECTED, Found, LeftError, Shape
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import code, is_none
from assist2resp.rewrite.syntax.scopes import Binding, Variable
from assist2resp.rewrite.values.handing import parameter_of
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Function

_LOOKING = frozenset({"len", "list", "print", "reversed", "enumerate", "sorted", "any", "all", "bool"})


class MessageNames:
    """The bindings that one pass over some listings has come to."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._bound: dict[Binding, tuple[Variable, Found]] = {}
        self._collected: dict[Variable, Found] = {}

    def bind(self, found: Found, target: cst.CSTNode, shape: Shape) -> Iterator[Found]:
        """The reads of a name that gets what was found, or what it holds several of."""
        variable = Reads(found.file).variable(target) if isinstance(target, cst.Name) else None
        if variable is None:
            raise LeftError
        for binding in variable[0].names[variable[1]]:
            if binding.target is target:
                return self._hold(found, variable, binding, shape, found.file)
        raise LeftError

    def give(self, found: Found, param: cst.Param, callee: Function) -> Iterator[Found]:
        """The reads of a parameter that is given what was found."""
        variable = (callee.file.scopes.own[callee.node], param.name.value)
        binding = next((b for b in variable[0].names[variable[1]] if b.how == "param"), None)
        if binding is None:
            raise LeftError
        return self._hold(found, variable, binding, found.shape, callee.file)

    def collect(self, found: Found, call: cst.Call) -> Iterator[Found]:
        """The reads of a list that what was found is appended to, if it begins empty and gets nothing else."""
        name = call.func.value if isinstance(call.func, cst.Attribute) else None
        variable = Reads(found.file).variable(name) if isinstance(name, cst.Name) else None
        if variable is None or found.shape not in COLLECTED or not self._begins_empty(variable, found.file):
            raise LeftError
        self._collected[variable] = replace(found, sites=found.sites | self._sites_of(variable))
        return (
            found.at(read, COLLECTED[found.shape])
            for read in Reads(found.file).of(variable)
            if uses.is_load(read, found.file) and _appended(read, found.file) is None
        )

    def _begins_empty(self, variable: Variable, file: SourceFile) -> bool:
        bindings = variable[0].names[variable[1]]
        value = bindings[0].node if len(bindings) == 1 and bindings[0].how == "value" else None
        return isinstance(value, cst.List) and not value.elements and not self._may_be_read_elsewhere(variable, file)

    def _may_be_read_elsewhere(self, variable: Variable, file: SourceFile) -> bool:
        return variable[0].is_class or uses.is_shared_variable(variable, file, self.inference.project)

    def _sites_of(self, variable: Variable) -> frozenset[Site]:
        known = self._collected.get(variable)
        return known.sites if known is not None else frozenset()

    def _hold(
        self, found: Found, variable: Variable, binding: Binding, shape: Shape, file: SourceFile
    ) -> Iterator[Found]:
        """Follow the reads of a variable that may see this binding."""
        if self._may_be_read_elsewhere(variable, file):
            raise LeftError
        reads = Reads(file)
        known = self._bound.get(binding)
        sites = found.sites | known[1].sites if known is not None else found.sites
        held = replace(found, file=file, shape=shape, sites=sites)
        self._bound[binding] = (variable, held)
        return (
            held.at(name, shape)
            for name in reads.of(variable)
            if uses.is_load(name, file) and binding in reads.reaching(name, variable)
        )

    def mixed(self, followed: Collection[cst.CSTNode]) -> set[Site]:
        """The listings that share a read with something else, or a parameter that is given something else too."""
        left = set[Site]()
        for variable, held in self._collected.items():
            added = (_appended(read, held.file) for read in Reads(held.file).of(variable))
            if any(value is not None and value not in followed for value in added):
                left |= held.sites
        for variable, held in self._bound.values():
            reads = Reads(held.file)
            for name in reads.of(variable):
                seen = reads.reaching(name, variable) if uses.is_load(name, held.file) else []
                ours = [binding for binding in seen if binding in self._bound]
                if ours and not all(binding in ours or self._is_empty(binding, variable, held) for binding in seen):
                    left |= held.sites
            for binding in variable[0].names[variable[1]]:
                is_param = binding in self._bound and binding.how == "param"
                if is_param and not self._is_always_given(binding, variable, followed):
                    left |= held.sites
        return left

    def _is_empty(self, binding: Binding, variable: Variable, held: Found) -> bool:
        """Whether a binding holds none or an empty list, which the program puts nothing else into."""
        value = binding.node if binding.how == "value" else None
        if is_none(value):
            return True
        if not isinstance(value, cst.List) or value.elements or held.shape not in {Shape.PAGE, Shape.MESSAGES}:
            return False
        return not any(_may_fill(name, held.file) for name in Reads(held.file).of(variable))

    def _is_always_given(self, binding: Binding, variable: Variable, followed: Collection[cst.CSTNode]) -> bool:
        for file, call, _ in self.inference.calls_of(variable[0].node):
            callee = self.inference.kind(call.func, file)
            values = [
                arg.value
                for arg in call.args
                if isinstance(callee, Function)
                and (param := parameter_of(callee, call, arg)) is not None
                and param.name.value == variable[1]
            ]
            if len(values) != 1 or values[0] not in followed:
                return False
        return isinstance(binding.node, cst.Param) and binding.node.default is None


def _appended(name: cst.Name, file: SourceFile) -> cst.BaseExpression | None:
    """What is put into the list that a name holds: `name.append(…)`."""
    method = file.scopes.parent_of[name]
    call = file.scopes.parent_of[method] if isinstance(method, cst.Attribute) and method.value is name else None
    is_append = isinstance(method, cst.Attribute) and method.attr.value == "append"
    one = isinstance(call, cst.Call) and call.func is method and len(call.args) == 1
    return call.args[0].value if is_append and one and isinstance(call, cst.Call) else None


def _may_fill(name: cst.Name, file: SourceFile) -> bool:
    """Whether something may be put into the list that a name holds."""
    parent = file.scopes.parent_of[name]
    if isinstance(parent, cst.Attribute):
        return parent.value is name and parent.attr.value not in {"data", "reverse"}
    if isinstance(parent, cst.Arg):
        call = file.scopes.parent_of[parent]
        return not (isinstance(call, cst.Call) and code(call.func) in _LOOKING)
    return isinstance(parent, (cst.AugAssign, cst.Element, cst.DictElement, cst.AssignTarget)) and not (
        isinstance(parent, cst.AssignTarget) and parent.target is name
    )
