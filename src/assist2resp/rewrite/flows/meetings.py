"""Which files one process may hold together: those that a file leads to which also leads to the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.project.project import SourceFile


def may_meet(stranger: SourceFile, flow: Flow) -> bool:
    """Whether some file leads to a file and to one of a flow, by its imports, its words or its fixtures.

    Files that import the same third file do not meet by that.
    """
    index, own = flow.index, frozenset(site.file for site in flow.sites)
    named = own.union(*(index.saying(file.import_stem) for file in own))
    starts = _closure(named, lambda file: index.importers.get(file, ()))
    reached = _closure(starts, lambda file: {*index.imports.get(file, ()), *_fixtures(file, flow)})
    return not reached.isdisjoint({stranger, *index.saying(stranger.import_stem)})


def _fixtures(file: SourceFile, flow: Flow) -> Iterable[SourceFile]:
    """The files whose fixtures a test may take."""
    return flow.index.keys.inference.project.conftests(file) if file.path.name.startswith("test_") else ()


def _closure(
    first: Iterable[SourceFile], following: Callable[[SourceFile], Iterable[SourceFile]]
) -> frozenset[SourceFile]:
    found = set(first)
    waiting = list(found)
    while waiting:
        new = set(following(waiting.pop())) - found
        found |= new
        waiting += new
    return frozenset(found)
