"""What an expression is by its form: a name, a container, an operation, an item of something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import key_of
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    PLAIN,
    UNKNOWN,
    External,
    Function,
    Kind,
    Many,
    Plain,
    Record,
    Sdk,
    TupleOf,
    Unknown,
    join,
)
from assist2resp.rewrite.values.sdk_kinds import awaited, element, unpacked
from assist2resp.rewrite.values.writes import literal_items

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_PLAIN = (cst.BaseString, cst.BaseNumber, cst.Set, cst.Comparison, cst.UnaryOperation, cst.Ellipsis)
_LITERALS = frozenset(kind for kind in vars(cst).values() if isinstance(kind, type) and issubclass(kind, _PLAIN))
"""Expressions that are plain values, by their exact types: asking `isinstance` of one class after another is slow."""


class Expressions:
    """The expressions of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def kind(self, node: cst.CSTNode, file: SourceFile) -> Kind:
        """What an expression of `file` is; `Inference.kind` keeps it."""
        if type(node) in _LITERALS:
            return PLAIN
        match node:
            case cst.Name():
                return self._name(node, file)
            case cst.Attribute():
                return self.inference.attribute_of(node, file)
            case cst.Call():
                return self.inference.results.of_call(node, file)
            case cst.Await():
                return awaited(self.inference.kind(node.expression, file))
            case cst.Subscript():
                return self._subscript(node, file)
            case cst.IfExp():
                return join(self.inference.kind(node.body, file), self.inference.kind(node.orelse, file))
            case cst.BooleanOperation():
                return join(self.inference.kind(node.left, file), self.inference.kind(node.right, file))
            case cst.BinaryOperation():
                return self._operation(node, file)
            case cst.NamedExpr():
                return self.inference.kind(node.value, file)
            case cst.Tuple() if not any(isinstance(element, cst.StarredElement) for element in node.elements):
                return TupleOf(tuple(self.inference.kind(element.value, file) for element in node.elements))
            case cst.List() | cst.Tuple():
                return self._listed(node.elements, file)
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp():
                return Many(self.inference.kind(node.elt, file))
            case cst.DictComp():
                return Many(self.inference.kind(node.value, file))
            case cst.Lambda():
                return Function(file, node)
            case cst.Dict():
                return self._mapping(node, file)
        return UNKNOWN

    def _name(self, node: cst.Name, file: SourceFile) -> Kind:
        if node.value in {"None", "True", "False"}:
            return PLAIN
        scope = file.scopes.scope_of.get(node)
        if scope is None:
            return UNKNOWN
        variable = scope.find(node.value)
        if variable is not None:
            return self.inference.variable(variable)
        star = self.inference.imports.star(scope.module, node.value, frozenset())
        return star if star is not None else External(f"builtins.{node.value}")

    def _operation(self, node: cst.BinaryOperation, file: SourceFile) -> Kind:
        left, right = self.inference.kind(node.left, file), self.inference.kind(node.right, file)
        if isinstance(node.operator, cst.Add) and isinstance(left, Many) and isinstance(right, Many):
            return join(left, right)
        return PLAIN if isinstance(left, Plain) and isinstance(right, Plain) else UNKNOWN

    def _listed(self, elements: Sequence[cst.BaseElement], file: SourceFile) -> Kind:
        inner: Kind = BOTTOM
        for part in elements:
            kind = self.inference.kind(part.value, file)
            inner = join(inner, element(kind) if isinstance(part, cst.StarredElement) else kind)
        return Many(inner)

    def _mapping(self, node: cst.Dict, file: SourceFile) -> Kind:
        entries = list(literal_items(node))
        if len(entries) == len(node.elements) and all(key is not None for key, _ in entries):
            return record([(key or "", self.inference.kind(value, file)) for key, value in entries])
        inner: Kind = BOTTOM
        for _, value in entries:
            inner = join(inner, self.inference.kind(value, file))
        return PLAIN if isinstance(inner, (Plain, Unknown)) else Many(inner)

    def _subscript(self, node: cst.Subscript, file: SourceFile) -> Kind:
        owner = self.inference.kind(node.value, file)
        if len(node.slice) != 1:
            return UNKNOWN
        index = node.slice[0].slice
        if isinstance(index, cst.Slice):
            return owner
        if isinstance(index, cst.Index) and owner == External("dependency_injector.wiring.Provide"):
            return self.inference.externals.called(self.inference.kind(index.value, file))
        if isinstance(owner, Record):
            return owner.get(key_of(node))
        rest = self.inference.parameters.rest(node.value, key_of(node) or "", file)
        if rest is not None:
            return UNKNOWN if rest == BOTTOM else rest
        if isinstance(owner, TupleOf):
            value = index.value if isinstance(index, cst.Index) else None
            return (
                unpacked(owner, (int(value.value),))
                if isinstance(value, cst.Integer) and value.value.isdigit()
                else element(owner)
            )
        if isinstance(owner, Sdk):
            item = sdk.subscripted(owner.type)
            return Sdk(item) if item is not None else UNKNOWN
        if isinstance(owner, Many) and not isinstance(owner.inner, (Plain, Unknown, type(BOTTOM))):
            return owner.inner
        if isinstance(owner, (Plain, Unknown, Many, External)):
            return self.inference.holders.stored(node, file)
        return UNKNOWN


def record(entries: list[tuple[str, Kind]]) -> Kind:
    """A dictionary with these entries; values of one kind make a container of it."""
    inner: Kind = BOTTOM
    for _, kind in entries:
        if isinstance(inner, Unknown) or (inner != BOTTOM and type(kind) is not type(inner)):
            inner = UNKNOWN
        else:
            inner = join(inner, kind)
    if not isinstance(inner, (Plain, Unknown)):
        return Many(inner)
    carries = any(not isinstance(kind, (Plain, Unknown, External)) for _, kind in entries)
    return Record(tuple(dict(entries).items())) if carries else PLAIN
