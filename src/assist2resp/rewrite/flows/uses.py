"""How the program uses the API's objects: every expression of a kind in a flow, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.handing import parameter_of
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Awaitable, Class, External, Function, Ident, Kind, Sdk, TupleOf
from assist2resp.rewrite.values.sdk_kinds import element

_SHOWN = {"builtins.print", "builtins.str", "builtins.repr", "builtins.format"}


@dataclass(frozen=True, eq=False)
class Use:
    """An expression that holds an API object, and the node that it stands in (awaits are seen through)."""

    file: SourceFile
    node: cst.BaseExpression
    parent: cst.CSTNode
    type_name: str

    def above(self) -> Use:
        """What is read of the object, as an expression of its own."""
        node = cst.ensure_type(self.parent, cst.Attribute)
        return Use(self.file, node, self.file.scopes.parent_of[node], "")


def connected_files(flow: Flow) -> list[SourceFile]:
    """The files that may run together with a flow's own, as far as imports and the names of its modules tell."""
    return flow.index.connected(frozenset(site.file for site in flow.sites))


def object_uses(flow: Flow, types: frozenset[str]) -> Iterator[Use]:
    """Every expression of the flow whose value is of one of the SDK's types, in loading position."""
    for file, node, kind in flow.index.loads.get(flow, ()):
        if isinstance(kind, Sdk) and kind.type.name in types:
            yield Use(file, node, file.scopes.parent_of[awaited(node, file)], kind.type.name)


def identifiers(flow: Flow, of: str) -> Iterator[tuple[SourceFile, cst.BaseExpression, cst.CSTNode]]:
    """Every expression of the flow that is the id of such an object, with its parent."""
    for file, node, kind in flow.index.loads.get(flow, ()):
        if kind == Ident(of) and isinstance(node, (cst.Name, cst.Attribute)):
            yield file, node, file.scopes.parent_of[node]


def reads_of(variable: Variable, file: SourceFile) -> Iterator[cst.Name]:
    """Every place in a file that loads a variable."""
    for node in file.scopes.names_loaded.get(variable[1], ()):
        scope = file.scopes.scope_of.get(node)
        if scope is not None and scope.find(node.value) == variable:
            yield node


def is_shared(project: Project, file: SourceFile, name: str) -> bool:
    """Whether another module of the project imports a name of this one, or all of them."""
    return not project.imported_names.get(file, frozenset()).isdisjoint({name, ""})


def is_shared_variable(variable: Variable, file: SourceFile, project: Project) -> bool:
    """Whether a variable of a file's top is imported by another module."""
    return variable[0].parent is None and is_shared(project, file, variable[1])


def is_load(node: cst.Name, file: SourceFile) -> bool:
    """Whether a name stands for its value, neither where it is bound nor as an attribute's or keyword's word."""
    return not file.scopes.is_definition(node, file.scopes.parent_of[node])


def awaited(node: cst.CSTNode, file: SourceFile) -> cst.CSTNode:
    """An expression with the awaits around it."""
    while isinstance(parent := file.scopes.parent_of[node], cst.Await):
        node = parent
    return node


def passes_on(use: Use, inference: Inference) -> bool:
    """Whether the object only moves to places that hold nothing else: variables, parameters, results of the project."""
    parent = use.parent
    kind = inference.kind(awaited(use.node, use.file), use.file)
    if isinstance(parent, (cst.Expr, cst.Del, cst.NameItem)):  # a name item is of `global` or `nonlocal`
        return True
    if isinstance(parent, cst.Assign):
        return all(
            _holds(target.target, kind, use.file, inference)
            or (isinstance(target.target, cst.Subscript) and _is_kept(use, kind, inference))
            for target in parent.targets
        )
    if isinstance(parent, (cst.AnnAssign, cst.NamedExpr)):
        return _holds(parent.target, kind, use.file, inference)
    if isinstance(parent, cst.Return):
        return _returns(use, kind, inference)
    if isinstance(parent, cst.Element):
        return _is_in_tuple(use, parent, inference)
    if isinstance(parent, cst.Arg):
        return _is_parameter_of_same_kind(use, parent, kind, inference) or _is_kept(use, kind, inference)
    return is_truth_test(use.node, use.file) or isinstance(parent, cst.IfExp)


def _is_kept(use: Use, kind: Kind, inference: Inference) -> bool:
    """Whether the object is put where the project keeps nothing else while it runs: a session, a dictionary, a list."""
    return isinstance(kind, Sdk) and inference.holders.kept(awaited(use.node, use.file), use.file) == kind


def _is_in_tuple(use: Use, element: cst.Element, inference: Inference) -> bool:
    """Whether the object is an item of a tuple that is returned to the project or taken apart at once."""
    whole = use.file.scopes.parent_of[element]
    outer = use.file.scopes.parent_of.get(whole)
    if not isinstance(whole, cst.Tuple) or not isinstance(inference.kind(whole, use.file), TupleOf):
        return False
    if isinstance(outer, cst.Return):
        return _returns(Use(use.file, whole, outer, ""), inference.kind(whole, use.file), inference)
    if isinstance(outer, cst.Assign) and len(outer.targets) == 1:
        target = outer.targets[0].target
        if isinstance(target, cst.Tuple) and len(target.elements) == len(whole.elements):
            position = list(whole.elements).index(element)
            return _holds(target.elements[position].value, inference.kind(use.node, use.file), use.file, inference)
    return False


def _holds(target: cst.BaseExpression, kind: Kind, file: SourceFile, inference: Inference) -> bool:
    if isinstance(target, cst.Name):
        scope = file.scopes.scope_of.get(target)
        variable = scope.find(target.value) if scope is not None else None
        return variable is not None and inference.variable(variable) == kind
    return isinstance(target, cst.Attribute) and inference.kind(target, file) == kind


def _returns(use: Use, kind: Kind, inference: Inference) -> bool:
    """Whether a function that returns the object is called by the project alone, and returns nothing else."""
    scope = use.file.scopes.scope_of.get(use.node)
    function = scope.enclosing_function() if scope is not None else None
    if function is None or next(inference.calls_of(function), None) is None:
        return False
    result = inference.result(Function(use.file, function))
    return (result.inner if isinstance(result, Awaitable) else result) == kind


def _is_parameter_of_same_kind(use: Use, arg: cst.Arg, kind: Kind, inference: Inference) -> bool:
    call = use.file.scopes.parent_of[arg]
    if not isinstance(call, cst.Call) or arg.star:
        return False
    callee = inference.kind(call.func, use.file)
    if isinstance(callee, Class):
        callee = inference.method(callee.file, callee.node, "__init__") or callee
    if isinstance(callee, Function) and isinstance(callee.node, cst.FunctionDef):
        param = parameter_of(callee, call, arg)
    else:
        handed = inference.passes.handed_to(call, arg, use.file)
        if handed is None:
            return False
        callee, param, found = handed
        kind = element(kind) if found.is_each else kind
    if param is None:
        return False
    given = inference.variable((callee.file.scopes.own[callee.node], param.name.value))
    return given == kind or (isinstance(given, Sdk) and isinstance(kind, Sdk) and _some(given) == _some(kind))


def _some(kind: Sdk) -> Sdk:
    """The object without the chance that there is none."""
    return replace(kind, type=replace(kind.type, optional=False))


def is_truth_test(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether only the truth of an expression, or its being None, is asked."""
    parent = file.scopes.parent_of.get(node)
    if isinstance(parent, (cst.If, cst.While, cst.IfExp, cst.Assert)):
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
