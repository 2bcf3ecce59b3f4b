"""The variable that a listing is given, and what reads the listing there."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.reaching import Reads
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.flows.uses import is_load


def reads_of_held(name: cst.Name, site: Site) -> list[cst.Name] | None:
    """The reads of a name that see the listing it is given at `site`; None where one of them may see something else."""
    variable = site.scope.find(name.value)
    if variable is None:
        return None
    reads = Reads(site.file)
    ours = [binding for binding in variable[0].names[name.value] if binding.target is name]
    found: list[cst.Name] = []
    for node in reads.of(variable):
        seen = reads.reaching(node, variable) if is_load(node, site.file) else []
        if not any(binding in ours for binding in seen):
            continue
        if seen != ours:
            return None
        found.append(node)
    return found
