"""Flows: the sites that are rewritten together or not at all, and which of them a value belongs to."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.flows.keys import Keys
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.kinds import Class, Ident, Sdk


@dataclass(frozen=True, eq=False)
class Flow:
    """Sites that are rewritten together or not at all, in the order of files and text. Numbers count from 1."""

    number: int
    sites: tuple[Site, ...]
    index: FlowIndex

    def owns(self, node: cst.CSTNode, file: SourceFile) -> bool:
        """Whether the value of an expression passes between this flow's sites."""
        return self.index.owner(node, file) is self


class Load(NamedTuple):
    """An expression of a flow that is an object of the API or the id of one."""

    file: SourceFile
    node: cst.BaseExpression
    kind: Sdk | Ident


@dataclass(eq=False)
class FlowIndex:
    """Which flow a value belongs to."""

    union: Union
    keys: Keys
    flow_of_root: dict[Hashable, Flow]
    sites: dict[cst.CSTNode, Site]
    taken: set[cst.CSTNode] = field(default_factory=set)
    """Nodes that are no sites and that a flow's plan has changed already."""
    by_alias: dict[cst.CSTNode | None, Site] = field(default_factory=dict)
    """The calls by the name that their chains start at, once they were asked for (`aliases.sites_by_alias`)."""
    _connected: dict[frozenset[SourceFile], list[SourceFile]] = field(default_factory=dict)
    _said: dict[str, list[SourceFile]] = field(default_factory=dict)

    @cached_property
    def imports(self) -> dict[SourceFile, set[SourceFile]]:
        """The files that each file imports."""
        project = self.keys.inference.project
        found: dict[SourceFile, set[SourceFile]] = {file: set() for file in project.modules}
        for file in project.modules:
            for scope in file.scopes.own.values():
                for binding in (binding for bindings in scope.names.values() for binding in bindings):
                    target = project.resolve(binding.origin, file) if binding.how == "import" else None
                    if target is not None and target[0] in found:
                        found[file].add(target[0])
        return found

    @cached_property
    def importers(self) -> dict[SourceFile, set[SourceFile]]:
        """The files that import each file."""
        found: dict[SourceFile, set[SourceFile]] = {file: set() for file in self.imports}
        for file, targets in self.imports.items():
            for target in targets:
                found[target].add(file)
        return found

    def connected(self, files: frozenset[SourceFile]) -> list[SourceFile]:
        """The files that may run together with these, as far as imports and the names of modules tell."""
        if files not in self._connected:
            self._connected[files] = self._connect(files)
        return self._connected[files]

    def _connect(self, files: frozenset[SourceFile]) -> list[SourceFile]:
        modules = self.keys.inference.project.modules
        found = files.union(*(self.saying(file.import_stem) for file in files))
        waiting = list(found)
        while waiting:
            file = waiting.pop()
            new = (self.imports[file] | self.importers[file]) - found
            found |= new
            waiting += new
        return [file for file in modules if file in found]

    def saying(self, name: str) -> list[SourceFile]:
        """The files in whose text a name stands."""
        if name not in self._said:
            text = name.encode()
            self._said[name] = [file for file in self.keys.inference.project.modules if text in file.data]
        return self._said[name]

    @cached_property
    def loads(self) -> dict[Flow, list[Load]]:
        """The expressions of each flow that are objects of the API or their ids, in the order of files and text."""
        found: dict[Flow, list[Load]] = {}
        for file in self.keys.inference.project.modules:
            for node in file.scopes.loads:
                kind = self.keys.inference.kind(node, file)
                if isinstance(kind, (Sdk, Ident)) and (flow := self.owner(node, file)) is not None:
                    found.setdefault(flow, []).append(Load(file, node, kind))
        return found

    @cached_property
    def annotations(self) -> dict[tuple[Flow, SourceFile], list[cst.Annotation]]:
        """The annotations of what carries a value of each flow, by file."""
        found: dict[tuple[Flow, SourceFile], list[cst.Annotation]] = {}
        for file in self.keys.inference.project.modules:
            for node in file.scopes.nodes(cst.Annotation):
                flows = {flow for flow in self._carried(file.scopes.parent_of[node], file) if flow is not None}
                for flow in flows:
                    found.setdefault((flow, file), []).append(node)
        return found

    def _carried(self, owner: cst.CSTNode, file: SourceFile) -> Iterator[Flow | None]:
        """The flows whose values what is annotated carries."""
        if isinstance(owner, cst.FunctionDef):
            yield self.flow_of(("result", owner))
        elif isinstance(owner, cst.Param):
            scope = file.scopes.scope_of.get(owner)
            yield self.flow_of((scope, owner.name.value)) if scope is not None else None
        elif isinstance(owner, cst.AnnAssign):
            yield self.owner(owner.target, file)
            yield self.flow_of(self._declared(owner, file))

    def _declared(self, owner: cst.AnnAssign, file: SourceFile) -> Hashable:
        """The attribute of instances that a line of a class declares."""
        scope = file.scopes.scope_of.get(owner.target)
        if not isinstance(owner.target, cst.Name) or scope is None or not isinstance(scope.node, cst.ClassDef):
            return None
        return ("attribute", self.keys.inference.families.origin(Class(file, scope.node)), owner.target.value)

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


class Union:
    """Sets of places that are one, by a place that stands for each."""

    def __init__(self) -> None:
        self.parent: dict[Hashable, Hashable] = {}

    def find(self, key: Hashable) -> Hashable:
        """The place that stands for a place's set."""
        root = key
        while (above := self.parent.setdefault(root, root)) != root:
            root = above
        while self.parent[key] != root:
            self.parent[key], key = root, self.parent[key]
        return root

    def join(self, first: Hashable, second: Hashable) -> None:
        """Make the sets of two places one."""
        self.parent[self.find(first)] = self.find(second)
