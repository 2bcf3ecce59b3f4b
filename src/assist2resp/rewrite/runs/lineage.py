"""Which names of a function hold one run, or its id: those that are given it by each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows.run_sites import RETRIEVES, SUBMITS, is_run
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, is_none, unwrap_await
from assist2resp.rewrite.syntax.scopes import Binding, Scope
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Ident, Kind

_SAME_RUN = (*RETRIEVES, *SUBMITS)


class NotFollowedError(Exception):
    """A name of a run is given something that is not followed."""


@dataclass(frozen=True)
class Lineage:
    """The names of one scope that hold a run or its id, where the run came from, and which are parameters."""

    scope: Scope
    runs: frozenset[str]
    ids: frozenset[str]
    params: tuple[cst.Param, ...]
    origins: int
    """How many places of the scope begin a run that one of the names holds."""


def lineage(
    name: str, scope: Scope, file: SourceFile, sites: Mapping[cst.CSTNode, Site], inference: Inference
) -> Lineage:
    """The names that hold the same run as `name`. Raises NotFollowedError."""
    return _Names(scope, file, sites, inference).of(name)


def is_run_id(kind: Kind) -> bool:
    return kind == Ident("Run")


def run_name(node: cst.BaseExpression | None) -> str:
    """The name that an expression says a run or its id by: `run`, `run.id`, `run_id`; empty for another one."""
    if isinstance(node, cst.Attribute) and node.attr.value == "id":
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


class _Names:
    def __init__(self, scope: Scope, file: SourceFile, sites: Mapping[cst.CSTNode, Site], inference: Inference) -> None:
        self.scope, self.file, self.sites, self.inference = scope, file, sites, inference

    def of(self, name: str) -> Lineage:
        held = {name for name in self.scope.names if self._holds(name)}
        if name not in held:
            raise NotFollowedError
        sources = {name: {source for b in self.scope.names[name] for source in self._sources(b)} for name in held}
        found, grown = set[str](), {name}
        while grown != found:
            found = grown
            grown = found | {source for name in found for source in sources.get(name, ())}
            grown |= {name for name, given in sources.items() if given & grown}
        if not found <= held:
            raise NotFollowedError
        bindings = [binding for name in found for binding in self.scope.names[name]]
        params = tuple(b.node for b in bindings if b.how == "param" and isinstance(b.node, cst.Param))
        return Lineage(
            self.scope,
            frozenset(name for name in found if is_run(self._kind(name))),
            frozenset(name for name in found if is_run_id(self._kind(name))),
            params,
            sum(b.how != "param" and not any(self._sources(b)) and not is_none(b.node) for b in bindings),
        )

    def _kind(self, name: str) -> Kind:
        return self.inference.variable((self.scope, name))

    def _holds(self, name: str) -> bool:
        kind = self._kind(name)
        return is_run(kind) or is_run_id(kind)

    def _sources(self, binding: Binding) -> Iterator[str]:
        """The names that a binding takes its run from; none where a run begins."""
        if binding.how == "param":
            return
        node = unwrap_await(binding.node)
        taken_apart = binding.how == "item" and isinstance(node, cst.Call)
        if not (binding.how == "value" or taken_apart) or not isinstance(node, cst.BaseExpression):
            raise NotFollowedError
        if is_none(node):
            return
        if isinstance(node, cst.Call) and node in self.sites:
            site = self.sites[node]
            if site.path in _SAME_RUN:
                yield self._named(argument(node, "run_id", 0))
        elif isinstance(node, cst.Call):
            yield from (self._named(arg.value) for arg in node.args if self._is_held(arg.value))
        elif isinstance(node, cst.Attribute) and isinstance(unwrap_await(node.value), cst.Call):
            return  # `runs.create(…).id`
        else:
            yield self._named(node)

    def _is_held(self, node: cst.BaseExpression) -> bool:
        kind = self.inference.kind(node, self.file)
        return is_run(kind) or is_run_id(kind)

    def _named(self, node: cst.BaseExpression | None) -> str:
        name = run_name(node)
        if not name:
            raise NotFollowedError
        return name
