"""Value flow: what each expression of the project is, followed through names, attributes, calls and modules.

Certain or unknown. A parameter is what its annotation says, else what every call in the project passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator

import libcst as cst

from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.syntax.scopes import Scope, Variable
from assist2resp.rewrite.values.annotations import Annotations
from assist2resp.rewrite.values.bindings import Bindings
from assist2resp.rewrite.values.expressions import Expressions
from assist2resp.rewrite.values.externals import Externals
from assist2resp.rewrite.values.families import Families
from assist2resp.rewrite.values.fields import Fields
from assist2resp.rewrite.values.holders import Holders
from assist2resp.rewrite.values.imports import Imports
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    UNKNOWN,
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
)
from assist2resp.rewrite.values.members import Members
from assist2resp.rewrite.values.memo import Memo
from assist2resp.rewrite.values.narrowed import event_data
from assist2resp.rewrite.values.parameters import Parameters
from assist2resp.rewrite.values.passes import Passes
from assist2resp.rewrite.values.results import Results
from assist2resp.rewrite.values.sdk_kinds import (
    below_resource,
    imported_name,
    sdk_attribute,
)
from assist2resp.rewrite.values.servers import Servers


class Inference:
    """The kinds of a project's expressions; every answer is kept."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.memo = Memo()
        self.annotations = Annotations(self)
        self.bindings = Bindings(self)
        self.expressions = Expressions(self)
        self.externals = Externals(self)
        self.families = Families(self)
        self.fields = Fields(self)
        self.holders = Holders(self)
        self.imports = Imports(self)
        self.members = Members(self)
        self.parameters = Parameters(self)
        self.passes = Passes(self)
        self.results = Results(self)
        self.servers = Servers(self)
        self._file_of_root = {file.scopes.root: file for file in project.modules}
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))

    def kind(self, node: cst.CSTNode, file: SourceFile) -> Kind:
        """What an expression of `file` is."""
        known: Kind | None = self.memo.known(node)
        return self._kept(node, lambda: self.expressions.kind(node, file)) if known is None else known

    def variable(self, variable: Variable) -> Kind:
        """What a variable holds: the join of all that is ever bound to it."""
        return self._kept(variable, lambda: self.bindings.of(variable))

    def result(self, function: Function) -> Kind:
        """What a call of a function of the project gives."""
        node = function.node
        if isinstance(node, cst.Lambda):
            return self.kind(node.body, function.file)
        return self._kept(("result", node), lambda: self.results.of(node, function.file))

    def calls_of(self, function: cst.CSTNode) -> Iterator[tuple[SourceFile, cst.Call, int]]:
        """The calls of a function in the project, each with how many of its leading arguments are not the function's."""
        return self.passes.calls_of(function)

    def method(self, file: SourceFile, node: cst.ClassDef, name: str) -> Function | None:
        """The method of a class or of a base of it in the project."""
        return self.members.method(file, node, name)

    def is_handler(self, file: SourceFile, node: cst.ClassDef) -> bool:
        """Whether a class derives from the SDK's event handlers."""
        return self.families.is_handler(file, node)

    def instance_attribute(self, owner: Instance, name: str) -> Kind:
        """An attribute of an instance: a method, a property, or what is ever assigned to it."""
        return self.members.attribute(owner, name)

    def file_of(self, scope: Scope) -> SourceFile:
        """The file that a scope stands in."""
        return self._file_of_root[scope.module]

    def is_followed(self, file: SourceFile) -> bool:
        """Whether values are followed through a file."""
        return file.tree is not None and file.scopes.root in self._file_of_root

    def _kept(self, question: Hashable, compute: Callable[[], Kind]) -> Kind:
        return self.memo.get(question, compute)

    def attribute_of(self, node: cst.Attribute, file: SourceFile) -> Kind:
        """What an attribute that is read is; `kind` keeps it."""
        owner = self.kind(node.value, file)
        result = event_data(node, owner, file) or self.attribute(owner, node.attr.value)
        if isinstance(result, Resource) and owner == External("openai"):
            return self.servers.of_module(result, file)
        if isinstance(owner, (External, Unknown)) and isinstance(result, (External, Unknown)):
            param = self.parameters.fixtures.request_param(node, file)
            held = self.holders.read(node.value, node.attr.value, file) if param is None else param
            return result if held == BOTTOM and not self.holders.is_awaited(node.value, node.attr.value, file) else held
        return result

    def attribute(self, owner: Kind, name: str) -> Kind:
        """An attribute of what `owner` says."""
        match owner:
            case Resource():
                return below_resource(owner, name)
            case Sdk():
                return sdk_attribute(owner, name)
            case Module():
                return self.imports.module_attribute(owner, name)
            case External():
                return imported_name(f"{owner.qualified}.{name}")
            case Instance():
                return self.members.attribute(owner, name)
            case Parent():
                return self.members.parent_attribute(owner, name)
            case Class():
                found = self.members.method(owner.file, owner.node, name)
                return found if found is not None else self.members.class_attribute(owner.file, owner.node, name)
        return owner if isinstance(owner, Unknown) and owner.foreign else UNKNOWN
