"""Who binds a name and where: our own scope pass over LibCST nodes, one walk per module.

LibCST's ScopeProvider answers more and costs five to seven times the parse; this answers what value flow needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar

import libcst as cst

How: TypeAlias = Literal["value", "item", "rest", "entered", "element", "param", "import", "def", "class", "other"]
Variable: TypeAlias = tuple["Scope", str]
_Node = TypeVar("_Node", bound=cst.CSTNode)


@dataclass(eq=False, slots=True)  # never changed; of frozen ones, of which there are many, each takes twice the time
class Binding:
    """One place that gives a name a value.

    `how` says how `node` yields it: its value; its item at `index` (unpacking), or the rest of its items; what `with` enters; an element of it
    (loops); a parameter of `scope`; an import of `origin`; a definition; or something that is not followed.
    """

    how: How
    node: cst.CSTNode | None
    scope: Scope
    index: tuple[int, ...] = ()
    origin: str = ""
    target: cst.CSTNode | None = None


@dataclass(eq=False)
class Scope:
    """A module, class, function, lambda or comprehension, with the names that it binds."""

    node: cst.CSTNode
    parent: Scope | None
    names: dict[str, list[Binding]] = field(default_factory=dict)
    outer: dict[str, Scope] = field(default_factory=dict)
    """Names declared `global` or `nonlocal`, with the scope that they live in."""

    @property
    def is_class(self) -> bool:
        return type(self.node) is cst.ClassDef

    @property
    def module(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def bind(self, name: str, binding: Binding) -> None:
        """Note that `binding` gives `name` a value, in the scope that `global`/`nonlocal` names if one does."""
        home = self.outer.get(name, self)
        home.names.setdefault(name, []).append(binding)

    def find(self, name: str) -> Variable | None:
        """The variable that `name` means in this scope, or None for a builtin or an unknown name."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if name in scope.outer:
                scope = scope.outer[name]
                return (scope, name)
            if name in scope.names and (first or not scope.is_class):
                return (scope, name)
            scope, first = scope.parent, False
        return None

    def enclosing_function(self) -> cst.FunctionDef | None:
        """The nearest function around (or the function itself)."""
        scope: Scope | None = self
        while scope is not None:
            if type(scope.node) is cst.FunctionDef:
                return scope.node
            scope = scope.parent
        return None


@dataclass
class ModuleScopes:
    """The result of the pass: the scope and parent of every node, every call, and every attribute assignment."""

    root: Scope
    scope_of: dict[cst.CSTNode, Scope]
    parent_of: dict[cst.CSTNode, cst.CSTNode]
    own: dict[cst.CSTNode, Scope]
    """The scope that a function, lambda, class or comprehension opens."""
    calls: list[cst.Call]
    attribute_targets: list[tuple[cst.Attribute, Binding]]
    subscript_targets: list[tuple[cst.Subscript, Binding]]
    returns: dict[cst.CSTNode, list[cst.BaseExpression | None]]
    yields: dict[cst.CSTNode, list[cst.BaseExpression]]

    def classes_setting(self, name: str) -> set[cst.CSTNode]:
        """The classes whose methods assign to an attribute of this name of their instances."""
        found: set[cst.CSTNode] = set()
        for target, binding in self.attribute_targets:
            if target.attr.value == name and isinstance(target.value, cst.Name) and target.value.value == "self":
                outer = binding.scope.parent
                found |= {outer.node} if outer is not None and outer.is_class else set()
        return found

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around `node`, nearest first."""
        current = self.parent_of.get(node)
        while current is not None:
            yield current
            current = self.parent_of.get(current)

    @cached_property
    def _by_type(self) -> dict[type[cst.CSTNode], list[Any]]:
        found: dict[type[cst.CSTNode], list[Any]] = {}
        for node in self.parent_of:
            found.setdefault(type(node), []).append(node)
        return found

    def nodes(self, kind: type[_Node]) -> list[_Node]:
        """The nodes of exactly one type, in the order of the text."""
        return self._by_type.get(kind, [])

    @cached_property
    def order(self) -> dict[cst.CSTNode, int]:
        """Where each node stands in the order of the text."""
        return {node: index for index, node in enumerate(self.parent_of)}

    @cached_property
    def names(self) -> dict[str, list[cst.Name]]:
        """The names by what they say, in the order of the text."""
        found: dict[str, list[cst.Name]] = {}
        for node in self.nodes(cst.Name):
            found.setdefault(node.value, []).append(node)
        return found

    @cached_property
    def plain_names(self) -> frozenset[str]:
        """The names that stand for variables, not for attributes or keywords."""
        parents = ((node, self.parent_of[node]) for node in self.nodes(cst.Name))
        return frozenset(
            node.value
            for node, parent in parents
            if type(parent) not in {cst.Attribute, cst.Arg} or getattr(parent, "value", None) is node
        )

    @cached_property
    def spelled(self) -> list[cst.Name | cst.Attribute | cst.Call]:
        """The names, attributes and calls, in the order of the text."""
        found: list[Any] = [node for node in self.parent_of if type(node) in _SPELLED]
        return found

    @cached_property
    def read(self) -> list[cst.Name | cst.Attribute | cst.Call]:
        """Those of them that are no word of an attribute."""
        parents = self.parent_of
        return [
            node
            for node in self.spelled
            if type(node) is not cst.Name or type(above := parents[node]) is not cst.Attribute or above.attr is not node
        ]

    @cached_property
    def loads(self) -> list[cst.Name | cst.Attribute | cst.Call | cst.Subscript]:
        """What stands for its value and may be an object of the API, in the order of the text."""
        found: list[Any] = [node for node in self.parent_of if type(node) in _LOADED]
        return [node for node in found if not self.is_definition(node, self.parent_of[node])]

    @cached_property
    def names_loaded(self) -> dict[str, list[cst.Name]]:
        """The names among them, by what they say."""
        found: dict[str, list[cst.Name]] = {}
        for node in self.loads:
            if isinstance(node, cst.Name):
                found.setdefault(node.value, []).append(node)
        return found

    def is_definition(self, node: cst.CSTNode, parent: cst.CSTNode) -> bool:
        """Whether a name stands where it is defined, or is an attribute's or keyword's word."""
        while type(parent) in _DISPLAYS:
            node, parent = parent, self.parent_of[parent]
        field = _DEFINED_IN.get(type(parent))
        return field == "" or (field is not None and getattr(parent, field) is node)


_SPELLED = frozenset({cst.Name, cst.Attribute, cst.Call})
_LOADED = _SPELLED | {cst.Subscript}
_DISPLAYS = frozenset({cst.Element, cst.StarredElement, cst.Tuple, cst.List})
_DEFINED_IN: Mapping[type[cst.CSTNode], str] = {
    cst.Attribute: "attr",
    cst.Arg: "keyword",
    **dict.fromkeys((cst.AnnAssign, cst.NamedExpr, cst.For, cst.CompFor), "target"),
    **dict.fromkeys((cst.AssignTarget, cst.Param, cst.FunctionDef, cst.ClassDef), ""),
    **dict.fromkeys((cst.ImportAlias, cst.AsName, cst.Annotation), ""),
}
"""The field of a node in which a name is defined and not read; empty for nodes that define in all of them."""


def all_params(params: cst.Parameters) -> list[cst.Param]:
    """The named parameters, positional ones first."""
    return [*params.posonly_params, *params.params, *params.kwonly_params]
