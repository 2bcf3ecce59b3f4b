"""What bindings give the names that they bind: values, parameters, imports, definitions, items of something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.scopes import Binding, Variable
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.annotations import says_something
from assist2resp.rewrite.values.decorators import is_overload
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    UNKNOWN,
    Awaitable,
    Class,
    Function,
    Instance,
    Kind,
    Many,
    Sdk,
    join,
)
from assist2resp.rewrite.values.sdk_kinds import agreed, awaited, element, rest, unpacked

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


class Bindings:
    """The bindings of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def of(self, variable: Variable) -> Kind:
        """The join of all that is ever bound to a variable; `Inference.variable` keeps it."""
        scope, name = variable
        result: Kind = BOTTOM
        for binding in self.inference.members.twins.without(scope, name):
            if not (isinstance(binding.node, cst.FunctionDef) and is_overload(binding.node)):
                result = join(result, self.gives(binding))
        return (
            result if scope.parent is not None else join(result, self.inference.members.module_attribute(scope, name))
        )

    def gives(self, binding: Binding) -> Kind:
        """What one binding gives."""
        file = self.inference.file_of(binding.scope)
        node = binding.node
        match binding.how:
            case "value":
                assert node is None or isinstance(node, cst.BaseExpression)
                return self._annotated_value(binding, node, file)
            case "param":
                assert isinstance(node, cst.Param)
                return self.inference.parameters.kind(node, binding.scope, file)
            case "import":
                return self.inference.imports.gives(binding.origin, file)
            case "def":
                assert isinstance(node, cst.FunctionDef)
                owner = self.inference.members.owner_of.get(node)
                return Function(file, node, owner[1] if owner else None)
            case "class":
                assert isinstance(node, cst.ClassDef)
                return Class(file, node)
            case "entered" if node is not None:
                return self.entered(self.inference.kind(node, file))
            case "element" if node is not None:
                return unpacked(element(self.inference.kind(node, file)), binding.index)
            case "item" if node is not None:
                return unpacked(self.inference.kind(node, file), binding.index)
            case "rest" if node is not None:
                return rest(self.inference.kind(node, file), binding.index)
        return UNKNOWN

    def _annotated_value(self, binding: Binding, node: cst.BaseExpression | None, file: SourceFile) -> Kind:
        target = binding.target
        value = self.inference.kind(node, file) if node is not None else BOTTOM
        if isinstance(target, cst.AnnAssign):
            annotated = self.inference.annotations.kind(target.annotation.annotation, file)
            if says_something(annotated):
                return agreed(annotated, value)
        return value

    def entered(self, owner: Kind) -> Kind:
        """What `with` binds."""
        if isinstance(owner, Many):  # a generator under @contextmanager, or a stream with its handler
            return owner.inner
        if isinstance(owner, Sdk):
            entered = sdk.entered(owner.type)
            return Sdk(entered) if entered is not None else UNKNOWN
        if isinstance(owner, Instance):
            return self._entered_instance(owner)
        return awaited(owner) if isinstance(owner, Awaitable) else owner

    def _entered_instance(self, owner: Instance) -> Kind:
        for name in ("__enter__", "__aenter__"):
            found = self.inference.members.method(owner.file, owner.node, name)
            if found is not None:
                return awaited(self.inference.members.result(found))
        return owner
