"""Names that hold a resource of the old API, or a method of one, and the client behind them."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.flow import Flow, FlowIndex
from assist2resp.rewrite.flows.sites import Site, below, goes_to_beta
from assist2resp.rewrite.flows.uses import is_shared, reads_of
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import descendants
from assist2resp.rewrite.syntax.scopes import Binding, Scope
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Instance, Resource


def alias_of(node: cst.BaseExpression, file: SourceFile, inference: Inference) -> cst.Name | cst.Attribute | None:
    """The name or attribute that a chain of the old API starts at; None where it starts at a client."""
    while not goes_to_beta(node, file, inference):
        lower = below(node)
        if lower is None or not isinstance(inference.kind(lower, file), Resource):
            return node if isinstance(node, (cst.Name, cst.Attribute)) else None
        node = lower
    return None


def client_behind(site: Site, inference: Inference) -> cst.BaseExpression | None:
    """The client of the resource that a site's chain starts at by another name, as the site may write it.

    None where the name may hold something else, or the client goes by no name that means the same at the site.
    """
    return _client(site.node, site.file, site.scope, inference, depth=4)


def _client(
    node: cst.BaseExpression, file: SourceFile, scope: Scope, inference: Inference, *, depth: int
) -> cst.BaseExpression | None:
    alias = alias_of(node, file, inference)
    if alias is None or depth == 0:
        return None
    binding = _only_binding(alias, file, scope, inference)
    if binding is None or binding.how != "value" or not isinstance(binding.node, cst.BaseExpression):
        return None
    value, made_in = binding.node, file.scopes.scope_of.get(binding.node)
    if made_in is None:
        return None
    client = _own_client(value, file, inference) or _client(value, file, made_in, inference, depth=depth - 1)
    if client is None or not _means_the_same(client, made_in, scope) or _changes(client, inference):
        return None
    clone = client.deep_clone()
    assert isinstance(clone, cst.BaseExpression)
    return clone


def _own_client(node: cst.BaseExpression, file: SourceFile, inference: Inference) -> cst.BaseExpression | None:
    """The client that a chain starts at."""
    current: cst.BaseExpression | None = node
    while current is not None and not goes_to_beta(current, file, inference):
        current = below(current)
    return below(current) if current is not None else None


def _only_binding(
    alias: cst.Name | cst.Attribute, file: SourceFile, scope: Scope, inference: Inference
) -> Binding | None:
    """The one place of this file that gives the name its value."""
    if isinstance(alias, cst.Name):
        variable = scope.find(alias.value)
        found = variable[0].names[variable[1]] if variable is not None else []
        return found[0] if len(found) == 1 else None
    owner = inference.kind(alias.value, file)
    if not isinstance(owner, Instance) or owner.file is not file:
        return None
    set_anywhere = [
        (target, binding)
        for module in inference.project.modules
        for target, binding in module.scopes.attribute_targets
        if target.attr.value == alias.attr.value
    ]
    if len(set_anywhere) != 1:
        return None
    target, binding = set_anywhere[0]
    return binding if inference.kind(target.value, file) == owner and file.scopes.scope_of.get(target) else None


def _means_the_same(client: cst.BaseExpression, there: Scope, here: Scope) -> bool:
    """Whether an expression of names and attributes that are bound once is the same in two scopes."""
    if not all(isinstance(part, (cst.Name, cst.Attribute)) for part in _expressions(client)):
        return False
    root = client
    while isinstance(root, cst.Attribute):
        root = root.value
    if not isinstance(root, cst.Name):
        return False
    before, after = there.find(root.value), here.find(root.value)
    if before is None or after is None:
        return False
    if before == after:
        return len(before[0].names[before[1]]) == 1
    return _is_self(before[0], root.value) and _is_self(after[0], root.value) and _class(before[0]) is _class(after[0])


def _changes(client: cst.BaseExpression, inference: Inference) -> bool:
    """Whether an attribute on the way to a client is set in more than one place."""
    words = [part.attr.value for part in descendants(client) if isinstance(part, cst.Attribute)]
    targets = [target.attr.value for file in inference.project.modules for target, _ in file.scopes.attribute_targets]
    return any(targets.count(word) > 1 for word in words)


def _expressions(node: cst.BaseExpression) -> list[cst.CSTNode]:
    return [part for part in descendants(node) if isinstance(part, cst.BaseExpression)]


def _is_self(scope: Scope, name: str) -> bool:
    """Whether a name is the object that a method belongs to, all through it."""
    function = scope.node
    if not isinstance(function, cst.FunctionDef) or _class(scope) is None or len(scope.names.get(name, [])) != 1:
        return False
    params = function.params.params
    is_bound = not any(
        isinstance(decorator.decorator, cst.Name) and decorator.decorator.value in {"staticmethod", "classmethod"}
        for decorator in function.decorators
    )
    return is_bound and bool(params) and params[0].name.value == name


def _class(scope: Scope) -> cst.CSTNode | None:
    return scope.parent.node if scope.parent is not None and scope.parent.is_class else None


def readers(site: Site, inference: Inference) -> set[cst.CSTNode | None] | None:
    """Every place that reads the name which a site's line gives a resource or a method; None where not all can be told."""
    assign = site.file.scopes.parent_of.get(site.node)
    if site.call is not None or not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return None
    target = assign.targets[0].target
    if isinstance(target, cst.Name):
        variable = site.scope.find(target.value)
        is_open = variable is None or len(variable[0].names[target.value]) != 1
        if variable is None or is_open or is_shared(inference.project, site.file, target.value):
            return None
        return set(reads_of(variable, site.file))
    if not isinstance(target, cst.Attribute):
        return None
    return {
        node
        for module in inference.project.modules
        for node in module.scopes.nodes(cst.Attribute)
        if node.attr.value == target.attr.value
        and node is not target
        and (module is not site.file or alias_of(node, module, inference) is node)
    }


def sites_by_alias(index: FlowIndex, inference: Inference) -> dict[cst.CSTNode | None, Site]:
    """The calls of the program by the names or attributes that their chains start at."""
    if not index.by_alias:
        index.by_alias = {alias_of(site.node, site.file, inference): site for site in index.sites.values()}
    return index.by_alias


def names_last(flows: list[Flow]) -> list[Flow]:
    """The flows, those that only give a resource or a method a name behind those that read it, the last name first."""
    names = [flow for flow in flows if all(site.call is None for site in flow.sites)]
    return [flow for flow in flows if flow not in names] + names[::-1]
