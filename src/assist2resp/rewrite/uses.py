"""How the program uses the API's objects: every expression of a kind in a flow, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows import Flow
from assist2resp.rewrite.inference import Inference
from assist2resp.rewrite.kinds import Class, External, Function, Ident, Sdk
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.sites import Site

_SHOWN = {"builtins.print", "builtins.str", "builtins.repr", "builtins.format"}


@dataclass(frozen=True, eq=False)
class Use:
    """An expression that holds an API object, and the node that it stands in (awaits are seen through)."""

    file: SourceFile
    node: cst.BaseExpression
    parent: cst.CSTNode
    type_name: str


def flow_files(flow: Flow) -> list[SourceFile]:
    """The parsed files that a value of the flow can reach."""
    return flow.index.keys.inference.project.modules


def object_uses(flow: Flow, types: frozenset[str]) -> Iterator[Use]:
    """Every expression of the flow whose value is of one of the SDK's types, in loading position."""
    inference = flow.index.keys.inference
    for file in flow_files(flow):
        for node, parent in file.scopes.parent_of.items():
            if not isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)) or _is_definition(node, parent):
                continue
            kind = inference.kind(node, file)
            if isinstance(kind, Sdk) and kind.type.name in types and flow.owns(node, file):
                outer = parent
                while isinstance(outer, cst.Await):
                    outer = file.scopes.parent_of[outer]
                yield Use(file, node, outer, kind.type.name)


def identifiers(flow: Flow, of: str) -> Iterator[tuple[SourceFile, cst.BaseExpression, cst.CSTNode]]:
    """Every expression of the flow that is the id of such an object, with its parent."""
    inference = flow.index.keys.inference
    for file in flow_files(flow):
        for node, parent in file.scopes.parent_of.items():
            if isinstance(node, (cst.Name, cst.Attribute)) and not _is_definition(node, parent) and inference.kind(node, file) == Ident(of) and flow.owns(node, file):
                yield file, node, parent


def _is_definition(node: cst.CSTNode, parent: cst.CSTNode) -> bool:
    """Whether a name stands where it is defined, or is an attribute's or keyword's word."""
    if isinstance(parent, cst.Attribute):
        return parent.attr is node
    if isinstance(parent, cst.Arg):
        return parent.keyword is node
    if isinstance(parent, (cst.AnnAssign, cst.NamedExpr, cst.For, cst.CompFor)):
        return parent.target is node
    return isinstance(parent, (cst.AssignTarget, cst.Param, cst.FunctionDef, cst.ClassDef, cst.ImportAlias, cst.AsName, cst.Annotation))


def passes_on(use: Use, inference: Inference) -> bool:
    """Whether the object only moves: assigned, returned, passed to a function of the project, tested for truth."""
    parent = use.parent
    if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.Return, cst.NamedExpr, cst.Expr)):
        return True
    if isinstance(parent, cst.Arg):
        call = use.file.scopes.parent_of[parent]
        return isinstance(call, cst.Call) and isinstance(inference.kind(call.func, use.file), (Function, Class))
    return is_truth_test(use.node, use.file) or isinstance(parent, cst.IfExp)


def is_truth_test(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether only the truth of an expression, or its being None, is asked."""
    parent = file.scopes.parent_of.get(node)
    if isinstance(parent, (cst.If, cst.While, cst.IfExp)):
        return parent.test is node
    if isinstance(parent, cst.UnaryOperation):
        return isinstance(parent.operator, cst.Not)
    return isinstance(parent, cst.BooleanOperation) and is_truth_test(parent, file)


def none_comparison(node: cst.CSTNode, file: SourceFile) -> bool | None:
    """True for `node is not None`, False for `node is None`, None for neither."""
    parent = file.scopes.parent_of.get(node)
    if not isinstance(parent, cst.Comparison) or parent.left is not node or len(parent.comparisons) != 1:
        return None
    target = parent.comparisons[0]
    if not isinstance(target.comparator, cst.Name) or target.comparator.value != "None":
        return None
    return isinstance(target.operator, (cst.IsNot, cst.NotEqual))


def is_shown(node: cst.CSTNode, file: SourceFile, inference: Inference) -> bool:
    """Whether a value only ends in output: printed, logged, formatted into a string."""
    parent = file.scopes.parent_of.get(node)
    if isinstance(parent, cst.FormattedStringExpression):
        return True
    if isinstance(parent, cst.Arg):
        call = file.scopes.parent_of[parent]
        if isinstance(call, cst.Call):
            callee = inference.kind(call.func, file)
            if isinstance(callee, External) and callee.qualified in _SHOWN:
                return True
            return isinstance(call.func, cst.Attribute) and call.func.attr.value in {
                "debug", "info", "warning", "error", "critical", "exception", "log", "print", "write", "format",
            }  # fmt: skip
    if isinstance(parent, cst.BinaryOperation):
        return isinstance(parent.operator, (cst.Add, cst.Modulo))
    return False


def sites_named(flow: Flow, *paths: str) -> list[Site]:
    """The flow's sites of these methods."""
    return [site for site in flow.sites if site.path in paths]
