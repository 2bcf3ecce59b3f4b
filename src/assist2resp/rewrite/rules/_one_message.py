"""What one message is called where it was read from a page that had a name."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.messages.listings import Listing
from assist2resp.rewrite.syntax.names import plain_names
from assist2resp.rewrite.syntax.nodes import argument, string_value


def assigned_next(held: cst.Assign, firsts: list[cst.Subscript], listing: Listing) -> cst.Assign | None:
    """`message = page.data[0]`, if nothing else reads the page, and what stands in between goes on without the name."""
    parents = listing.site.file.scopes.parent_of
    assign = parents[firsts[0]]
    if len(firsts) != 1 or not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return None
    target = assign.targets[0].target
    block = parents[parents[held]]
    if not isinstance(target, cst.Name) or not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return None
    order = list[cst.CSTNode](block.body)
    if parents[assign] not in order:
        return None
    between = order[order.index(parents[held]) + 1 : order.index(parents[assign])]
    goes_on = all(isinstance(line, cst.SimpleStatementLine) and _goes_on(line) for line in between)
    return assign if goes_on and not any(target.value in plain_names(line) for line in between) else None


def _goes_on(line: cst.SimpleStatementLine) -> bool:
    return all(isinstance(part, (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr)) for part in line.body)


def name_of_one(listing: Listing, held: str, names: set[tuple[cst.CSTNode | None, str]]) -> str:
    """What one message can be called where it is listed; `names` are those that others have been given, by function."""
    site = listing.site
    function = site.scope.enclosing_function()
    order = argument(site.call, "order") if site.call is not None else None
    which = "first" if order is not None and string_value(order) == "asc" else "newest"
    tree = function or site.file.tree
    assert tree is not None
    taken = plain_names(tree) - {held}
    wanted = (
        "message",
        f"{which}_message",
        which,
        f"listed_{which}",
        *(f"message_{number}" for number in range(2, 99)),
    )
    name = next(name for name in wanted if name not in taken and (function, name) not in names)
    names.add((function, name))
    return name
