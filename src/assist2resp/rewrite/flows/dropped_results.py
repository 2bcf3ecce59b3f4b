"""Whether a function of the project gives its result to nobody, though it returns one."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows.uses import is_load
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Function, Method, Plain, Resource, Sdk


def is_dropped(scope: Scope, inference: Inference) -> bool:
    """Whether every call of the function around drops what it returns. A notebook shows it, and nobody sees other calls."""
    function = scope.enclosing_function()
    if function is None or scope.node is not function or function.decorators or function.returns is not None:
        return False
    named = list(_named(function, inference))
    return bool(named) and all(_drops(node, file, function) for node, file in named)


def _named(function: cst.FunctionDef, inference: Inference) -> Iterator[tuple[cst.Name | cst.Attribute, SourceFile]]:
    """Every expression that is the function."""
    word = function.name.value
    for file in inference.project.modules:
        for node in file.scopes.spelled:
            if isinstance(node, cst.Call) or word != (node.attr if isinstance(node, cst.Attribute) else node).value:
                continue
            kind = inference.kind(node, file) if _is_evaluated(node, file) else None
            if (isinstance(kind, Function) and kind.node is function) or (
                isinstance(node, cst.Attribute) and not isinstance(kind, (Function, Sdk, Resource, Plain, Method))
            ):
                yield node, file


def _is_evaluated(node: cst.Name | cst.Attribute, file: SourceFile) -> bool:
    """Whether a name stands for its value, and is no word of an attribute."""
    return isinstance(node, cst.Attribute) or is_load(node, file)


def _drops(node: cst.Name | cst.Attribute, file: SourceFile, function: cst.FunctionDef) -> bool:
    """Whether an expression that is the function is called, and what it gives dropped."""
    call = file.scopes.parent_of[node]
    if not isinstance(call, cst.Call) or call.func is not node or file.notebook is not None:
        return False
    outer = file.scopes.parent_of[call]
    if function.asynchronous is not None:
        if not isinstance(outer, cst.Await):
            return False
        outer = file.scopes.parent_of[outer]
    return isinstance(outer, cst.Expr)
