"""Spinners that turned while a loop waited: `with st.spinner(…)` around nothing holds the request before it instead."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.syntax.nodes import code, unwrap_await
from assist2resp.rewrite.syntax.tidying import only_passes

_SPINNER = ".spinner"
_REQUEST = ".responses.create"


def spinner_around(loop: cst.CSTNode, above: Sequence[cst.CSTNode]) -> cst.CSTNode | None:
    """The block that holds a spinner whose one statement is the loop; `above` are the nodes around it, nearest first."""
    if len(above) < 3:
        return None
    block, spinner, outer = above[:3]
    if not isinstance(block, cst.IndentedBlock) or len(block.body) != 1 or block.body[0] is not loop:
        return None
    return outer if _is_spinner(spinner) and isinstance(outer, (cst.Module, cst.IndentedBlock)) else None


def around_requests(updated: cst.CSTNode) -> cst.CSTNode:
    """A block whose empty spinners hold the requests that stand right before them."""
    assert isinstance(updated, (cst.Module, cst.IndentedBlock))
    lines: list[cst.CSTNode] = []
    for line in updated.body:
        before = lines[-1] if lines else None
        if isinstance(line, cst.With) and _is_empty(line) and before is not None and _asks(before):
            lines[-1] = _around(line, cst.ensure_type(before, cst.SimpleStatementLine))
        else:
            lines.append(line)
    return updated.with_changes(body=lines)


def _around(spinner: cst.With, request: cst.SimpleStatementLine) -> cst.With:
    body = spinner.body.with_changes(body=[request.with_changes(leading_lines=[])])
    return spinner.with_changes(body=body, leading_lines=[*request.leading_lines, *spinner.leading_lines])


def _is_empty(line: cst.With) -> bool:
    return _is_spinner(line) and isinstance(line.body, cst.IndentedBlock) and only_passes(line.body)


def _is_spinner(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.With) or len(node.items) != 1 or node.items[0].asname is not None:
        return False
    item = node.items[0].item
    return isinstance(item, cst.Call) and code(item.func).endswith(_SPINNER)


def _asks(line: cst.CSTNode) -> bool:
    """Whether a line is nothing but the request of a response."""
    only = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    value = unwrap_await(only.value) if isinstance(only, cst.Assign) else None
    return isinstance(value, cst.Call) and code(value.func).endswith(_REQUEST)
