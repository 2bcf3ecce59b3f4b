"""Which sites belong together: connected uses of the same threads, runs and assistants form a flow.

Sites are connected when a value passes between them: through a variable, an attribute, a parameter or a result.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from assist2resp.rewrite.inference import Inference
from assist2resp.rewrite.kinds import Class, External, Function, Instance, Module, Resource
from assist2resp.rewrite.nodes import positional
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.scopes import Binding, all_params
from assist2resp.rewrite.sessions import slot_of, slot_set_by, written
from assist2resp.rewrite.sites import Site


@dataclass(frozen=True, eq=False)
class Flow:
    """Sites that are rewritten together or not at all, in the order of files and text. Numbers count from 1."""

    number: int
    sites: tuple[Site, ...]
    index: FlowIndex

    def owns(self, node: cst.CSTNode, file: SourceFile) -> bool:
        """Whether the value of an expression passes between this flow's sites."""
        return self.index.owner(node, file) is self


@dataclass(eq=False)
class FlowIndex:
    """Which flow a value belongs to."""

    union: _Union
    keys: _Keys
    flow_of_root: dict[Hashable, Flow]
    sites: dict[cst.CSTNode, Site]
    taken: set[cst.CSTNode] = field(default_factory=set)
    """Nodes that are no sites and that a flow's plan has changed already."""

    @cached_property
    def neighbours(self) -> dict[SourceFile, set[SourceFile]]:
        """The files that each file imports or is imported by."""
        project = self.keys.inference.project
        near: dict[SourceFile, set[SourceFile]] = {file: set() for file in project.modules}
        for file in project.modules:
            for scope in file.scopes.own.values():
                for binding in (binding for bindings in scope.names.values() for binding in bindings):
                    found = project.resolve(binding.origin, file) if binding.how == "import" else None
                    if found is not None and found[0] in near:
                        near[file].add(found[0])
                        near[found[0]].add(file)
        return near

    def flow_of(self, key: Hashable) -> Flow | None:
        """The flow that a place belongs to: a variable, an attribute, a result."""
        return self.flow_of_root.get(self.union.find(key))

    def owner(self, node: cst.CSTNode, file: SourceFile) -> Flow | None:
        """The flow that the value of an expression belongs to, if it is one's."""
        site = self._site_below(node)
        if site is not None:
            return self.flow_of_root.get(self.union.find(site))
        for key in self.keys.of(node, file):
            found = self.flow_of_root.get(self.union.find(key))
            if found is not None:
                return found
        return None

    def _site_below(self, node: cst.CSTNode | None) -> Site | None:
        while node is not None:
            if isinstance(node, cst.Await):
                node = node.expression
            if node in self.sites:
                return self.sites[node]
            node = node.value if isinstance(node, (cst.Attribute, cst.Subscript)) else None
        return None


class _Union:
    def __init__(self) -> None:
        self.parent: dict[Hashable, Hashable] = {}

    def find(self, key: Hashable) -> Hashable:
        root = key
        while (above := self.parent.setdefault(root, root)) != root:
            root = above
        while self.parent[key] != root:
            self.parent[key], key = root, self.parent[key]
        return root

    def join(self, first: Hashable, second: Hashable) -> None:
        self.parent[self.find(first)] = self.find(second)


def find_flows(sites: list[Site], inference: Inference) -> list[Flow]:
    """Group the sites into flows."""
    union = _Union()
    keys = _Keys(inference)
    for file in inference.project.modules:
        _connect_bindings(file, keys, union)
        _connect_calls(file, keys, union, inference)
        _connect_returns(file, keys, union)
    _connect_sessions(keys, union)
    for site in sites:
        for key in _site_keys(site, keys):
            union.join(site, key)
    groups: dict[Hashable, list[Site]] = {}
    for site in sites:
        groups.setdefault(union.find(site), []).append(site)
    index = FlowIndex(union, keys, {}, {site.call: site for site in sites if site.call is not None})
    flows = []
    for number, (root, group) in enumerate(groups.items(), 1):
        flow = Flow(number, tuple(group), index)
        index.flow_of_root[root] = flow
        flows.append(flow)
    return flows


_CARRIES_NOTHING = (Resource, Module, External, Function, Class, Instance)


class _Keys:
    """The places that hold the value of an expression."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def of(self, node: cst.CSTNode | None, file: SourceFile) -> Iterator[Hashable]:
        slot = slot_of(node, file, self.inference.kind)
        if node is not None and slot is not None:
            if not isinstance(self.inference.kind(node, file), _CARRIES_NOTHING):
                yield slot
            return
        match node:
            case cst.Name():
                scope = file.scopes.scope_of.get(node)
                variable = scope.find(node.value) if scope is not None else None
                if variable is not None and not isinstance(self.inference.variable(variable), _CARRIES_NOTHING):
                    yield variable
            case cst.Attribute():
                owner = self.inference.kind(node.value, file)
                if isinstance(owner, (Instance, Class)):
                    value = self.inference.kind(node, file)
                    if not isinstance(value, (Resource, Function)):
                        yield ("attribute", owner.node, node.attr.value)
                elif isinstance(owner, Module):
                    yield (owner.file.scopes.root, node.attr.value)
                else:
                    yield from self.of(node.value, file)
            case cst.Subscript():
                yield from self.of(node.value, file)
            case cst.Await():
                yield from self.of(node.expression, file)
            case cst.IfExp():
                yield from self.of(node.body, file)
                yield from self.of(node.orelse, file)
            case cst.BooleanOperation():
                yield from self.of(node.left, file)
                yield from self.of(node.right, file)
            case cst.Tuple() | cst.List():
                for element in node.elements:
                    yield from self.of(element.value, file)
            case cst.Call():
                callee = self.inference.kind(node.func, file)
                if isinstance(callee, Function):
                    yield ("result", callee.node)
                elif isinstance(node.func, cst.Attribute):  # sessions.get(user), threads.pop(key)
                    yield from self.of(node.func.value, file)

    def of_target(self, target: cst.CSTNode | None, file: SourceFile) -> Iterator[Hashable]:
        if isinstance(target, cst.AnnAssign):
            target = target.target
        yield from self.of(target, file)


def _connect_bindings(file: SourceFile, keys: _Keys, union: _Union) -> None:
    for scope in file.scopes.own.values():
        for name, bindings in scope.names.items():
            for binding in bindings:
                if binding.how == "import":
                    _connect_import(file, binding, (scope, name), keys, union)
                elif binding.how in {"value", "element", "entered", "item"}:
                    for key in keys.of(binding.node, file):
                        union.join((scope, name), key)
    for target, binding in file.scopes.attribute_targets:
        for key in keys.of(target, file):
            for other in keys.of(binding.node, file):
                union.join(key, other)


def _connect_import(file: SourceFile, binding: Binding, variable: Hashable, keys: _Keys, union: _Union) -> None:
    found = keys.inference.project.resolve(binding.origin, file)
    if found is not None and found[0].tree is not None and found[1]:
        root = found[0].scopes.root
        if found[1] in root.names:
            union.join(variable, (root, found[1]))


def _connect_calls(file: SourceFile, keys: _Keys, union: _Union, inference: Inference) -> None:
    for call in file.scopes.calls:
        callee = inference.kind(call.func, file)
        if isinstance(callee, Class):
            found = inference.method(callee.file, callee.node, "__init__")
            callee = found if found is not None else callee
        if not isinstance(callee, Function) or not isinstance(callee.node, cst.FunctionDef):
            continue
        scope = callee.file.scopes.own[callee.node]
        params = all_params(callee.node.params)
        names = {param.name.value for param in params}
        skip = 1 if callee.owner is not None and params else 0
        ordered = [*callee.node.params.posonly_params, *callee.node.params.params][skip:]
        pairs = [
            (arg.keyword.value, arg.value)
            for arg in call.args
            if arg.keyword is not None and arg.keyword.value in names
        ]
        pairs += [(param.name.value, value) for param, value in zip(ordered, positional(call), strict=False)]
        for name, value in pairs:
            for key in keys.of(value, file):
                union.join((scope, name), key)


def _connect_sessions(keys: _Keys, union: _Union) -> None:
    for slot, file, value in written(keys.inference.project, keys.inference.kind):
        for key in keys.of(value.node if isinstance(value, Binding) else value, file):
            union.join(slot, key)


def _connect_returns(file: SourceFile, keys: _Keys, union: _Union) -> None:
    for function, values in file.scopes.returns.items():
        for value in values:
            for key in keys.of(value, file):
                union.join(("result", function), key)


def _site_keys(site: Site, keys: _Keys) -> Iterator[Hashable]:
    if site.call is not None:
        for arg in site.call.args:
            yield from keys.of(arg.value, site.file)
        yield from _result_keys(site, keys)


def _result_keys(site: Site, keys: _Keys) -> Iterator[Hashable]:
    """The places that a site's result goes to: a target, a return."""
    node: cst.CSTNode = site.awaited
    parents = site.file.scopes.parent_of
    while isinstance(parents.get(node), (cst.Attribute, cst.Subscript, cst.Await)):
        node = parents[node]
    parent = parents.get(node)
    if isinstance(parent, cst.Assign):
        for target in parent.targets:
            yield from keys.of_target(target.target, site.file)
    elif isinstance(parent, cst.AnnAssign):
        yield from keys.of_target(parent, site.file)
    elif isinstance(parent, (cst.NamedExpr,)):
        yield from keys.of_target(parent.target, site.file)
    elif isinstance(parent, cst.WithItem) and parent.asname is not None:
        yield from keys.of_target(parent.asname.name, site.file)
    elif isinstance(parent, (cst.For, cst.CompFor)):
        yield from keys.of_target(parent.target, site.file)
    elif isinstance(parent, cst.Arg) and isinstance(call := parents[parent], cst.Call):
        slot = slot_set_by(call, site.file, keys.inference.kind)
        if slot is not None:
            yield slot
    elif isinstance(parent, cst.Return):
        function = site.scope.enclosing_function()
        if function is not None:
            yield ("result", function)
