"""What the names in a source expression stand for, as far as one module says it with certainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.syntax.nodes import descendants, dotted, is_none
from assist2resp.rewrite.syntax.scopes import Binding, ModuleScopes, Variable

_MUTATORS = frozenset({
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem",
    "__setitem__", "__delitem__",
})  # fmt: skip
_OMITTED = frozenset({"NOT_GIVEN", "not_given", "NotGiven", "omit", "Omit"})


class DefinitionEdit(NamedTuple):
    """A value bound to a name elsewhere in the module that has to change with the expressions that use the name."""

    node: cst.BaseExpression
    replacement: cst.BaseExpression


class Refused(Exception):  # noqa: N818 - ends a conversion, never seen outside
    """Something that cannot be converted with certainty."""


def _nobody(name: str) -> bool:
    del name
    return False


def _unknown(node: cst.BaseExpression) -> bool | None:
    del node
    return None


@dataclass(frozen=True, eq=False)
class Lookup:
    """The names of one module. `sites` are the calls whose arguments the caller will certainly convert."""

    scopes: ModuleScopes
    sites: frozenset[cst.Call] = frozenset()
    is_shared: Callable[[str], bool] = field(default=_nobody)
    """Whether another module may use a name of this module's top level."""
    says_text: Callable[[cst.BaseExpression], bool | None] = field(default=_unknown)
    """What the caller knows of an expression being a string, where this module alone does not say it."""
    in_parts: bool = False
    """Whether a user's text is written as a part, since the program reads it back as one."""
    keeps_idle_search: bool = False
    """Whether an assistant's search that has no stores waits for those of the threads."""

    def variable(self, name: cst.Name) -> Variable | None:
        """The variable that a name in the module's text stands for; None for a builtin or a name that we wrote."""
        scope = self.scopes.scope_of.get(name)
        return scope.find(name.value) if scope is not None else None

    def binding(self, name: cst.Name) -> Binding | None:
        """The only binding of a name that has one."""
        variable = self.variable(name)
        bindings = bindings_of(variable) if variable is not None else []
        return bindings[0] if len(bindings) == 1 else None

    def value(self, name: cst.Name) -> cst.BaseExpression | None:
        """The expression that a name always stands for: bound once, and never changed in place."""
        binding = self.binding(name)
        if binding is None or binding.how != "value" or not isinstance(binding.node, cst.BaseExpression):
            return None
        variable = self.variable(name)
        assert variable is not None
        return None if any(self._is_change(use) for use in self.uses(variable)) else binding.node

    def uses(self, variable: Variable) -> list[cst.Name]:
        """Every place that reads a variable."""
        return [name for name in self._names.get(variable[1], ()) if self.variable(name) == variable]

    def origin(self, node: cst.BaseExpression) -> str | None:
        """The dotted import that a chain of names stands for, or `builtins.…` for a name that nothing binds."""
        text = dotted(node)
        while isinstance(node, cst.Attribute):
            node = node.value
        if text is None or not isinstance(node, cst.Name) or node not in self.scopes.scope_of:
            return None
        if self.variable(node) is None:
            return f"builtins.{text}"
        binding = self.binding(node)
        if binding is None or binding.how != "import":
            return None
        return binding.origin + text.removeprefix(node.value)

    def is_omitted(self, node: cst.BaseExpression) -> bool:
        """Whether an argument's value says that there is no argument: None, NOT_GIVEN, omit."""
        if is_none(node):
            return True
        origin = self.origin(node.func if isinstance(node, cst.Call) else node)
        return origin is not None and origin.startswith("openai.") and origin.rsplit(".", 1)[-1] in _OMITTED

    def feeds_only(self, name: cst.Name, keyword: str) -> bool:
        """Whether a name's value ends nowhere but in the sites' arguments called `keyword`."""
        return self._feeds_only(name, keyword, set())

    def _feeds_only(self, name: cst.Name, keyword: str, seen: set[Variable]) -> bool:
        variable, binding = self.variable(name), self.binding(name)
        if variable is None or binding is None or binding.how != "value":
            return False
        if variable in seen:
            return True
        seen.add(variable)
        scope = variable[0]
        if scope.is_class or (scope.parent is None and self.is_shared(variable[1])) or self._is_typed(binding):
            return False
        return all(self._ends_in(use, keyword, seen) for use in self.uses(variable))

    def _ends_in(self, use: cst.Name, keyword: str, seen: set[Variable]) -> bool:
        node: cst.CSTNode = use
        while True:
            parent = self.scopes.parent_of[node]
            if isinstance(parent, cst.Arg):
                given = parent.keyword is not None and parent.keyword.value == keyword
                return given and self.scopes.parent_of[parent] in self.sites
            if isinstance(parent, cst.Assign):
                target = parent.targets[0].target
                return (
                    len(parent.targets) == 1
                    and isinstance(target, cst.Name)
                    and self._feeds_only(target, keyword, seen)
                )
            if isinstance(parent, cst.AnnAssign):
                return isinstance(parent.target, cst.Name) and self._feeds_only(parent.target, keyword, seen)
            if not _hands_on(parent, node):
                return False
            node = parent

    def _is_typed(self, binding: Binding) -> bool:
        """Whether an annotation with a type of the old API stands at the binding."""
        if not isinstance(binding.target, cst.AnnAssign):
            return False
        named = (node for node in descendants(binding.target.annotation) if isinstance(node, (cst.Name, cst.Attribute)))
        return any((self.origin(node) or "").startswith("openai.") for node in named)

    def _is_change(self, use: cst.Name) -> bool:
        """Whether a use changes the object that the name stands for."""
        parent = self.scopes.parent_of[use]
        if isinstance(parent, cst.Attribute):
            return parent.attr.value in _MUTATORS
        while isinstance(parent, cst.Subscript):
            above = self.scopes.parent_of[parent]
            if isinstance(above, (cst.AssignTarget, cst.Del)) or (
                isinstance(above, cst.AugAssign) and above.target is parent
            ):
                return True
            if isinstance(above, cst.Attribute) and above.attr.value in _MUTATORS:
                return True
            parent = above
        return False

    @cached_property
    def _names(self) -> dict[str, list[cst.Name]]:
        found: dict[str, list[cst.Name]] = {}
        for node in self.scopes.nodes(cst.Name):
            if _is_read(node, self.scopes.parent_of[node]):
                found.setdefault(node.value, []).append(node)
        return found


def bindings_of(variable: Variable) -> list[Binding]:
    """Every binding of a variable."""
    scope, name = variable
    return scope.names.get(name, [])


def _is_read(name: cst.Name, parent: cst.CSTNode) -> bool:
    match parent:
        case cst.Attribute():
            return parent.value is name
        case cst.Arg():
            return parent.value is name
        case cst.AnnAssign() | cst.NamedExpr() | cst.CompFor() | cst.For():
            return parent.target is not name
        case cst.Param():
            return parent.name is not name
        case cst.AssignTarget() | cst.AsName() | cst.ImportAlias() | cst.NameItem() | cst.MatchAs():
            return False
        case cst.FunctionDef() | cst.ClassDef():
            return parent.name is not name
    return True


def _hands_on(parent: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether what `node` yields is found again, as it is, in what `parent` yields."""
    if isinstance(parent, cst.BinaryOperation):
        return isinstance(parent.operator, cst.Add)
    if isinstance(parent, cst.IfExp):
        return parent.test is not node
    return isinstance(parent, (cst.Element, cst.StarredElement, cst.List, cst.Tuple))
