"""Whether a value may come from outside of the program: through a parameter that a framework or nobody known gives."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import dotted
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Sdk

_OWN = frozenset({
    "staticmethod", "classmethod", "property", "cached_property", "override", "contextmanager", "asynccontextmanager",
    "cache", "lru_cache", "wraps", "abstractmethod",
})  # fmt: skip


def may_come_from_outside(node: cst.BaseExpression, file: SourceFile, inference: Inference) -> bool:
    """Whether a name holds, among others, what a caller gives who is not in the project, or an id that is written out.

    Such an id may reach any name on ways that nobody follows, but not the `id` of a thread.
    """
    if inference.project.writes_thread_ids and not _is_id_of_object(node, file, inference):
        return True
    return any(_gives(name, where, inference) for name, where in _names(node, file, inference, set()))


def _is_id_of_object(node: cst.BaseExpression, file: SourceFile, inference: Inference) -> bool:
    return isinstance(node, cst.Attribute) and isinstance(inference.kind(node.value, file), Sdk)


def _names(
    node: cst.BaseExpression, file: SourceFile, inference: Inference, seen: set[Variable]
) -> Iterator[tuple[cst.Param, SourceFile]]:
    """The parameters that a value may be, and those of the functions that pass it on."""
    if isinstance(node, cst.BooleanOperation):
        yield from _names(node.left, file, inference, seen)
        yield from _names(node.right, file, inference, seen)
    elif isinstance(node, cst.IfExp):
        yield from _names(node.body, file, inference, seen)
        yield from _names(node.orelse, file, inference, seen)
    scope = file.scopes.scope_of.get(node) if isinstance(node, cst.Name) else None
    variable = scope.find(node.value) if scope is not None and isinstance(node, cst.Name) else None
    if variable is None or variable in seen:
        return
    seen.add(variable)
    for binding in variable[0].names[variable[1]]:
        if binding.how == "param" and isinstance(binding.node, cst.Param):
            yield binding.node, file
            function = variable[0].node
            for found in inference.passes.of(function):
                value = inference.passes.argument(function, found, binding.node)
                if value is not None:
                    yield from _names(value, found.file, inference, seen)
        elif binding.how == "value" and isinstance(binding.node, cst.BaseExpression):
            yield from _names(binding.node, file, inference, seen)


def _gives(param: cst.Param, file: SourceFile, inference: Inference) -> bool:
    """Whether somebody else than the project calls the function of a parameter."""
    function = file.scopes.parent_of[file.scopes.parent_of[param]]
    if not isinstance(function, cst.FunctionDef) or param.star:
        return False
    for decorator in function.decorators:
        called = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        word = (dotted(called) or "").rpartition(".")[2]
        if word not in _OWN and inference.passes.decorator(decorator, file) is None:
            return True
    return not inference.passes.of(function)
