"""What classes of the project have: methods, properties, and attributes from wherever they are assigned."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.scopes import Binding, Scope
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.decorators import has_decorator, is_overload, is_property
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    PLAIN,
    UNKNOWN,
    Bottom,
    Class,
    External,
    Function,
    Instance,
    Kind,
    Module,
    Parent,
    Resource,
    Sdk,
    Unknown,
    join,
)
from assist2resp.rewrite.values.sdk_kinds import below_resource, sdk_attribute
from assist2resp.rewrite.values.twins import Twins

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


class Members:
    """The classes of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project = inference.project
        self.twins = Twins()

    @cached_property
    def owner_of(self) -> dict[cst.CSTNode, tuple[SourceFile, cst.ClassDef]]:
        """The class of each method."""
        found: dict[cst.CSTNode, tuple[SourceFile, cst.ClassDef]] = {}
        for file in self.project.modules:
            for node, scope in file.scopes.own.items():
                if isinstance(node, cst.FunctionDef) and scope.parent is not None:
                    owner = scope.parent.node
                    if isinstance(owner, cst.ClassDef):
                        found[node] = (file, owner)
        return found

    @cached_property
    def _attribute_writes(self) -> dict[str, list[tuple[SourceFile, cst.Attribute, Binding]]]:
        found: dict[str, list[tuple[SourceFile, cst.Attribute, Binding]]] = {}
        for file in self.project.modules:
            for target, binding in file.scopes.attribute_targets:
                found.setdefault(target.attr.value, []).append((file, target, binding))
        return found

    @cached_property
    def mentions(self) -> dict[cst.ClassDef, list[tuple[SourceFile, cst.BaseExpression]]]:
        """The names, attributes and calls that are each class of the project or an instance of it, and the callbacks of
        event handlers that are read of one, in the order of files and text.
        """
        found: dict[cst.ClassDef, list[tuple[SourceFile, cst.BaseExpression]]] = {}
        callbacks = sdk.handler_callbacks()
        for file in self.project.modules:
            for node in file.scopes.read:
                held = node.value if type(node) is cst.Attribute and node.attr.value in callbacks else node
                kind = self.inference.kind(held, file)
                if isinstance(kind, (Class, Instance)):
                    found.setdefault(kind.node, []).append((file, node))
        return found

    def client_base(self, owner: Instance | Parent) -> Kind | None:
        """The client that an instance is, if its class derives from one of openai's: Unknown for another server's."""
        for name in self.inference.families.external_bases(owner.file, owner.node):
            client = sdk.client_class(name)
            if client is not None:
                made = Resource("", client.is_async, client.is_azure)
                return self.inference.servers.of_class(made, owner.node, owner.file)
        return None

    # Methods ------------------------------------------------------------------------------------------------------

    def method(self, file: SourceFile, node: cst.ClassDef, name: str) -> Function | None:
        """The method of a class or of a base of it in the project."""
        return self._method_in(self.inference.families.family(file, node), name)

    @staticmethod
    def _method_in(family: list[tuple[SourceFile, cst.ClassDef]], name: str) -> Function | None:
        for base_file, base in family:
            for binding in base_file.scopes.own[base].names.get(name, ()):
                if binding.how == "def":
                    assert isinstance(binding.node, cst.FunctionDef)
                    if not is_overload(binding.node):
                        return Function(base_file, binding.node, base)
        return None

    def overrides(self, found: Function) -> Iterator[Function]:
        """The methods that take a method's place in classes that derive from its own, and functions defined again."""
        if isinstance(found.node, cst.Lambda):
            return
        for twin in self.twins.of(found.node, found.file.scopes.own[found.node].parent):
            yield Function(found.file, twin, found.owner, found.bound)
        if found.owner is None:
            return
        for derived in self.inference.families.subclasses.get(found.owner, ()):
            for binding in derived.file.scopes.own[derived.node].names.get(found.node.name.value, ()):
                if binding.how == "def" and isinstance(binding.node, cst.FunctionDef):
                    yield Function(derived.file, binding.node, derived.node, found.bound)

    def result(self, found: Function) -> Kind:
        """What calling a method, or reading a property, gives: its own result and those of its overrides."""
        result = BOTTOM if self._is_abstract(found) else self.inference.result(found)
        for override in self.overrides(found):
            result = join(result, self.inference.result(override))
        return PLAIN if result == BOTTOM else result

    def _is_abstract(self, found: Function) -> bool:
        """Whether a method only states what derived classes do."""
        if isinstance(found.node, cst.Lambda) or next(self.overrides(found), None) is None:
            return False
        if has_decorator(found.node, "abstractmethod"):
            return True
        return not any(value is not None for value in found.file.scopes.returns.get(found.node, ())) and (
            found.node not in found.file.scopes.yields and _only_raises(found.node)
        )

    # Attributes ---------------------------------------------------------------------------------------------------

    def attribute(self, owner: Instance, name: str) -> Kind:
        """An attribute of an instance: a method, a property, or what is ever assigned to it."""
        if name == "__class__":
            return Class(owner.file, owner.node)
        found = self.method(owner.file, owner.node, name)
        if found is not None:
            return self._bound(found)
        result = self.class_attribute(owner.file, owner.node, name)
        client = self.client_base(owner) if result == BOTTOM else None
        if client is not None:
            return below_resource(client, name) if isinstance(client, Resource) else client
        if isinstance(result, (Unknown, Bottom)) and self.inference.families.is_handler(owner.file, owner.node):
            inherited = sdk_attribute(
                Sdk(sdk.handler_type(is_async=self.inference.families.is_async_handler(owner))), name
            )
            return inherited if not isinstance(inherited, Unknown) else result
        return UNKNOWN if result == BOTTOM else result

    def parent_attribute(self, owner: Parent, name: str) -> Kind:
        """An attribute of `super()`."""
        found = self._method_in(self.inference.families.bases(owner.file, owner.node), name)
        if found is not None:
            return self._bound(found)
        client = self.client_base(owner)
        if client is not None:
            return below_resource(client, name) if isinstance(client, Resource) else client
        if name == "__new__":
            return External("builtins.object.__new__")
        return self.attribute(Instance(owner.file, owner.node), name) if name != "__init__" else UNKNOWN

    def _bound(self, found: Function) -> Kind:
        assert isinstance(found.node, cst.FunctionDef)
        if is_property(found.node):
            return self.result(found)
        return Function(found.file, found.node, found.owner, bound=True)

    def class_attribute(self, file: SourceFile, node: cst.ClassDef, name: str) -> Kind:
        """What is ever assigned to an attribute of a class or of its instances; Bottom for nothing."""
        return self.inference.memo.get(("attribute", node, name), lambda: self._assigned(file, node, name))

    def _assigned(self, file: SourceFile, node: cst.ClassDef, name: str) -> Kind:
        result: Kind = BOTTOM
        family = self.inference.families.family(file, node)
        for base_file, base in family:
            scope = base_file.scopes.own[base]
            if name in scope.names:
                result = join(result, self.inference.variable((scope, name)))
                if self.inference.fields.are_taken_by(base_file, base):
                    result = join(result, self.inference.fields.given(base_file, base, name))
        nodes = {base for _, base in family}
        for write_file, target, binding in self._attribute_writes.get(name, ()):
            owner = self.inference.kind(target.value, write_file)
            if isinstance(owner, (Instance, Class)) and (
                owner.node in nodes or self.inference.families.derives(owner, node)
            ):
                result = join(result, self.inference.bindings.gives(binding))
        return result

    def module_attribute(self, root: Scope, name: str) -> Kind:
        """What other modules assign to an attribute of the module with this scope; Bottom for nothing."""
        result: Kind = BOTTOM
        for file, target, binding in self._attribute_writes.get(name, ()):
            kind = self.inference.kind(target.value, file)
            if isinstance(kind, Module) and kind.file.scopes.root is root:
                result = join(result, self.inference.bindings.gives(binding))
        return result


def _only_raises(node: cst.FunctionDef) -> bool:
    """Whether a body holds nothing but a docstring, `pass`, `…` or a `raise`."""
    lines = node.body.body if isinstance(node.body, cst.IndentedBlock) else [node.body]
    for line in lines:
        small = line.body if isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite)) else None
        if small is None:
            return False
        for part in small:
            if isinstance(part, cst.Expr) and isinstance(
                part.value, (cst.SimpleString, cst.Ellipsis, cst.ConcatenatedString)
            ):
                continue
            if not isinstance(part, (cst.Pass, cst.Raise)):
                return False
    return True
