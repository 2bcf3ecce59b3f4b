"""What the program's texts say: literals followed through constants, defaults and concatenations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, dotted, string_value
from assist2resp.rewrite.syntax.scopes import Binding
from assist2resp.rewrite.values.kinds import Function

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_DEEP = 12
_PASSING = frozenset({"strip", "rstrip", "lstrip", "format", "removesuffix", "removeprefix", "encode"})
UNKNOWN = "\0"
"""What stands in a text for a part that nothing says."""


class Constants:
    """Follows expressions of one project to the literals behind them."""

    def __init__(self, inference: Inference, *, environment: bool = True) -> None:
        self.inference = inference
        self.environment = environment
        """Whether the default of an environment variable counts as what it says."""

    def nodes(
        self, node: cst.CSTNode | None, file: SourceFile, depth: int = 0
    ) -> Iterator[tuple[SourceFile, cst.CSTNode]]:
        """The expressions that can be the value, each with its file: the node itself where nothing is behind it."""
        if node is None or depth > _DEEP:
            return
        sources = list(self.behind(node, file))
        if not sources:
            yield file, node
        for source_file, source in sources:
            yield from self.nodes(source, source_file, depth + 1)

    def trail(
        self, node: cst.CSTNode | None, file: SourceFile, depth: int = 0
    ) -> Iterator[tuple[SourceFile, cst.CSTNode]]:
        """The expression and all that lies behind it."""
        if node is not None and depth <= _DEEP:
            yield file, node
            for source_file, source in self.behind(node, file):
                yield from self.trail(source, source_file, depth + 1)

    def is_followed(self, node: cst.Name | cst.Attribute, file: SourceFile) -> bool:
        """Whether all that gives a name its value is an assignment or an import, which `behind` follows."""
        return all(binding.how in {"value", "import"} for binding in self._bindings(node, file))

    def text(self, node: cst.CSTNode | None, file: SourceFile, depth: int = 0) -> str:
        """The text of an expression, with UNKNOWN for each part that is not known, or that has several values."""
        if node is None or depth > _DEEP:
            return UNKNOWN
        match node:
            case cst.SimpleString() | cst.ConcatenatedString() if (value := string_value(node)) is not None:
                return value
            case cst.ConcatenatedString():
                return self.text(node.left, file, depth + 1) + self.text(node.right, file, depth + 1)
            case cst.FormattedString():
                return "".join(self._part(part, file, depth) for part in node.parts)
            case cst.BinaryOperation(operator=cst.Add()):
                return self.text(node.left, file, depth + 1) + self.text(node.right, file, depth + 1)
            case cst.BinaryOperation(operator=cst.Modulo()):
                return self.text(node.left, file, depth + 1)
            case cst.Call(func=cst.Attribute(value=below, attr=cst.Name(value=name))) if name in _PASSING:
                return self.text(below, file, depth + 1)
            case cst.Call() if (dotted(node.func) or "").endswith("urljoin") and len(node.args) > 1:
                return "/".join(self.text(arg.value, file, depth + 1) for arg in node.args[:2])
        sources = list(self.behind(node, file))
        return self.text(sources[0][1], sources[0][0], depth + 1) if len(sources) == 1 else UNKNOWN

    def _part(self, part: cst.CSTNode, file: SourceFile, depth: int) -> str:
        if isinstance(part, cst.FormattedStringText):
            return part.value
        return (
            self.text(part.expression, file, depth + 1) if isinstance(part, cst.FormattedStringExpression) else UNKNOWN
        )

    def behind(self, node: cst.CSTNode, file: SourceFile) -> Iterator[tuple[SourceFile, cst.CSTNode]]:
        """The expressions that an expression takes its value from, one step back."""
        match node:
            case cst.Name() | cst.Attribute():
                for binding in self._bindings(node, file):
                    yield from self._bound(binding)
            case cst.IfExp():
                yield file, node.body
                yield file, node.orelse
            case cst.BooleanOperation():
                yield file, node.left
                yield file, node.right
            case cst.Call():
                default = environment_default(node)
                if default is not None and self.environment:
                    yield file, default
                function = self.inference.kind(node.func, file)
                if isinstance(function, Function) and isinstance(function.node, cst.FunctionDef):
                    for value in function.file.scopes.returns.get(function.node, ()):
                        if value is not None:
                            yield function.file, value

    def _bindings(self, node: cst.Name | cst.Attribute, file: SourceFile) -> list[Binding]:
        if isinstance(node, cst.Name):
            scope = file.scopes.scope_of.get(node)
            variable = scope.find(node.value) if scope is not None else None
            return list(variable[0].names.get(variable[1], ())) if variable is not None else []
        module = self._module_below(node, file)
        if module is not None:
            return list(module.scopes.root.names.get(node.attr.value, ()))
        if isinstance(node.value, cst.Name) and node.value.value in {"self", "cls"}:
            return [
                binding for target, binding in file.scopes.attribute_targets if _is_same_attribute(target, node)
            ] + [
                binding
                for scope in file.scopes.own.values()
                if scope.is_class and scope in _around(file, node)
                for binding in scope.names.get(node.attr.value, ())
            ]
        return []

    def _module_below(self, node: cst.Attribute, file: SourceFile) -> SourceFile | None:
        """The project's module that an attribute is taken of."""
        scope = file.scopes.scope_of.get(node)
        below = node.value
        variable = scope.find(below.value) if scope is not None and isinstance(below, cst.Name) else None
        for binding in variable[0].names.get(variable[1], ()) if variable is not None else ():
            found = self.inference.project.resolve(binding.origin, file) if binding.how == "import" else None
            if found is not None and not found[1] and found[0].tree is not None:
                return found[0]
        return None

    def _bound(self, binding: Binding) -> Iterator[tuple[SourceFile, cst.CSTNode]]:
        file = self.inference.file_of(binding.scope)
        if binding.how == "value" and binding.node is not None:
            yield file, binding.node
        elif binding.how == "param" and isinstance(binding.node, cst.Param):
            yield from self._param(binding.node, binding.scope.node, file)
        elif binding.how == "import":
            found = self.inference.project.resolve(binding.origin, file)
            if found is not None and found[0].tree is not None and found[1]:
                for inner in found[0].scopes.root.names.get(found[1], ()):
                    if inner.how == "value" and inner.node is not None:
                        yield found[0], inner.node

    def _param(
        self, param: cst.Param, function: cst.CSTNode, file: SourceFile
    ) -> Iterator[tuple[SourceFile, cst.CSTNode]]:
        if param.default is not None:
            yield file, param.default
        if isinstance(function, cst.FunctionDef):
            for caller, call, shift in self.inference.calls_of(function):
                value = argument(call, param.name.value, _position(function, param, shift))
                if value is not None:
                    yield caller, value


def _position(function: cst.FunctionDef, param: cst.Param, shift: int) -> int | None:
    """Where a call gives a parameter by position."""
    ordered = [*function.params.posonly_params, *function.params.params]
    if param not in ordered:
        return None
    is_method = ordered[0].name.value in {"self", "cls"}
    return ordered.index(param) - is_method + shift


def environment_default(call: cst.Call) -> cst.BaseExpression | None:
    """The second argument of `os.environ.get`, `os.getenv` and of a dictionary's `get`."""
    name = (dotted(call.func) or "").rpartition(".")[2]
    if name not in {"get", "getenv", "config", "setdefault"} or not call.args:
        return None
    return argument(call, "default", 1)


def environment_name(node: cst.CSTNode) -> str | None:
    """The name of the environment variable that an expression reads, where a literal gives it."""
    if isinstance(node, cst.Subscript) and (dotted(node.value) or "").endswith("environ"):
        index = node.slice[0].slice
        return string_value(index.value) if isinstance(index, cst.Index) else None
    if isinstance(node, cst.Call) and node.args:
        name = dotted(node.func) or ""
        if name.endswith(("environ.get", "getenv", "environ.setdefault")):
            return string_value(node.args[0].value)
    return None


def _is_same_attribute(target: cst.Attribute, node: cst.Attribute) -> bool:
    return target.attr.value == node.attr.value and dotted(target.value) == dotted(node.value)


def _around(file: SourceFile, node: cst.CSTNode) -> list[object]:
    return [file.scopes.own.get(above) for above in file.scopes.ancestors(node) if isinstance(above, cst.ClassDef)]
