"""Names of variables: those that a module has, and ones that are free in it."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.syntax.nodes import children
from assist2resp.rewrite.syntax.scopes import ModuleScopes


def free_name(scopes: ModuleScopes, wanted: str, *others: str) -> str:
    """`wanted`, or the first of `others` that nothing in the module is called."""
    taken = scopes.plain_names
    for name in (wanted, *others):
        if name not in taken:
            return name
    number = 2
    while f"{wanted}_{number}" in taken:
        number += 1
    return f"{wanted}_{number}"


def plain_names(tree: cst.CSTNode) -> set[str]:
    """The names that stand for variables, not for attributes or keywords."""
    found: set[str] = set()
    stack: list[cst.CSTNode] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Name):
            found.add(node.value)
        elif isinstance(node, (cst.Attribute, cst.Arg)):
            stack.append(node.value)
        else:
            stack.extend(children(node))
    return found
