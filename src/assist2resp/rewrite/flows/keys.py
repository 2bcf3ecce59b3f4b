"""The places that hold the value of an expression: what value flow connects sites by.

A place is a variable, an attribute of a class, the result of a function or of a site, or a slot of a holder.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import key_of, positional, string_value
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.holders import READERS
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import (
    Awaitable,
    Class,
    External,
    Function,
    Ident,
    Instance,
    Kind,
    Many,
    Method,
    Module,
    Parent,
    Plain,
    Record,
    Resource,
    Sdk,
    TupleOf,
    Unknown,
)
from assist2resp.rewrite.values.writes import literal_items

_CARRIES_NOTHING = (Resource, Method, Module, External, Function, Class, Instance, Parent, Plain)
_SCALARS = frozenset({"str", "int", "float", "bool", "None", "object"})


class Keys:
    """The places of one project's values."""

    def __init__(self, inference: Inference, sites: Collection[cst.CSTNode] = ()) -> None:
        self.inference = inference
        self.sites = sites
        """The calls that are sites."""

    def of(self, node: cst.CSTNode | None, file: SourceFile) -> Iterator[Hashable]:
        """The places that hold an expression's value, or parts of it."""
        match node:
            case cst.Name():
                variable = self.variable(node, file)
                if variable is not None and not isinstance(self.inference.variable(variable), _CARRIES_NOTHING):
                    yield variable
            case cst.Attribute():
                yield from self._of_attribute(node, file)
            case cst.Subscript():
                yield from self._of_subscript(node, file)
            case cst.Call():
                yield from self._of_call(node, file)
            case cst.Await() | cst.Yield():
                yield from self.of(node.expression if isinstance(node, cst.Await) else node.value, file)
            case cst.IfExp():
                yield from self.of(node.body, file)
                yield from self.of(node.orelse, file)
            case cst.BooleanOperation() | cst.BinaryOperation():
                yield from self.of(node.left, file)
                yield from self.of(node.right, file)
            case cst.NamedExpr():
                yield from self.of(node.target, file)
                yield from self.of(node.value, file)
            case cst.Tuple() | cst.List() | cst.Set():
                for element in node.elements:
                    yield from self.of(element.value, file)
            case cst.Dict():
                for _, value in literal_items(node):
                    yield from self.of(value, file)
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp():
                yield from self.of(node.elt, file)

    def variable(self, node: cst.Name, file: SourceFile) -> Variable | None:
        """The variable that a name stands for, in another module where `from module import *` brings it."""
        scope = file.scopes.scope_of.get(node)
        if scope is None:
            return None
        return scope.find(node.value) or self.inference.imports.star_variable(scope.module, node.value)

    def _of_attribute(self, node: cst.Attribute, file: SourceFile) -> Iterator[Hashable]:
        owner = self.inference.kind(node.value, file)
        if isinstance(owner, (Instance, Class)):
            if not isinstance(self.inference.kind(node, file), (Resource, Function)):
                yield ("attribute", self.inference.families.origin(owner), node.attr.value)
        elif isinstance(owner, Module):
            root = owner.file.scopes.root
            yield self.inference.imports.defined(root, node.attr.value) or (root, node.attr.value)
        elif isinstance(owner, (External, Unknown)) and self.inference.holders.is_holder(node.value, file):
            yield from self._slot(node.value, node.attr.value, file)
        else:
            yield from self.of(node.value, file)

    def _of_subscript(self, node: cst.Subscript, file: SourceFile) -> Iterator[Hashable]:
        key = key_of(node)
        slots = list(self._slot(node.value, key, file))
        yield from slots
        if key is None or not slots or self._is_local(node.value, file):
            yield from self.of(node.value, file)

    def _slot(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> Iterator[Hashable]:
        place = self.inference.holders.places.of(holder, file)
        if place is not None:
            yield ("slot", place, key)

    def _is_local(self, node: cst.BaseExpression, file: SourceFile) -> bool:
        variable = self.variable(node, file) if isinstance(node, cst.Name) else None
        return variable is not None and variable[0].parent is not None

    def _of_call(self, node: cst.Call, file: SourceFile) -> Iterator[Hashable]:
        if node in self.sites:
            yield ("site", node)
            return
        callee = self.inference.kind(node.func, file)
        chosen = self.inference.passes.dispatch.functions(node, file)
        if chosen:
            yield from (("result", function.node) for function in chosen)
        elif isinstance(callee, Method):
            yield ("site", node)
        elif isinstance(callee, Function):
            for found in (callee, *self.inference.members.overrides(callee)):
                yield ("result", found.node)
        elif isinstance(node.func, cst.Attribute):  # sessions.get(user), threads.pop(key)
            yield from self._of_method(node, node.func, file)
        elif carries(self.inference.kind(node, file)):  # list(messages), next(iter(runs)), str(thread.id)
            for value in positional(node):
                yield from self.of(value, file)

    def _of_method(self, node: cst.Call, func: cst.Attribute, file: SourceFile) -> Iterator[Hashable]:
        given = positional(node)
        key = string_value(given[0]) if given else None
        slots = list(self._slot(func.value, key, file)) if func.attr.value in READERS else []
        yield from slots
        if key is None or not slots or self._is_local(func.value, file):
            yield from self.of(func.value, file)
        if isinstance(self.inference.kind(func.value, file), (External, Unknown)) and carries(
            self.inference.kind(node, file)
        ):
            for value in given:  # asyncio.gather(run), stack.enter_context(stream)
                yield from self.of(value, file)


def carries(kind: Kind) -> bool:
    """Whether a value is an object of the API, its id, or holds such."""
    match kind:
        case Sdk():
            return kind.type.name not in _SCALARS
        case Ident():
            return True
        case Awaitable() | Many():
            return carries(kind.inner)
        case TupleOf():
            return any(map(carries, kind.items))
        case Record():
            return any(carries(value) for _, value in kind.items)
    return False
