"""Names for variables that the rewritten code has and the old code had not."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan


def new_name(plan: Plan, site: Site, words: Sequence[str]) -> str:
    """The first of these words, or of them with a number, that the file of a site calls nothing else by."""
    parents = site.file.scopes.parent_of
    taken = {name.value for name in site.file.scopes.nodes(cst.Name) if not _is_label(name, parents[name])}
    taken |= plan.named.get(site.scope, set())
    free = (f"{word}{number}" for number in ("", *range(2, 100)) for word in words)
    name = next(name for name in free if name not in taken)
    plan.named.setdefault(site.scope, set()).add(name)
    return name


def _is_label(name: cst.Name, parent: cst.CSTNode) -> bool:
    """Whether a name names an argument or an attribute, and no variable."""
    return (isinstance(parent, cst.Arg) and parent.keyword is name) or (
        isinstance(parent, cst.Attribute) and parent.attr is name
    )
