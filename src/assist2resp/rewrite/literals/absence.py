"""Whether an argument's value may stand for no argument at all."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.literals.lookup import Lookup, bindings_of
from assist2resp.rewrite.literals.text import is_text
from assist2resp.rewrite.syntax.nodes import descendants, dotted


def may_be_none(node: cst.BaseExpression, look: Lookup) -> bool:
    """Whether a value may be None, NOT_GIVEN or the like, as far as the module says."""
    if isinstance(node, (cst.BaseNumber, cst.BaseDict, cst.BaseList, cst.Tuple, cst.UnaryOperation)):
        return False
    if isinstance(node, cst.Name) and node.value in {"True", "False"}:
        return False
    if is_text(node, look, proven=True):
        return False
    value = look.value(node) if isinstance(node, cst.Name) else None
    return value is None or isinstance(value, cst.Name) or may_be_none(value, look)


def may_be_omitted(node: cst.BaseExpression, look: Lookup) -> bool:
    """Whether NOT_GIVEN may stand in a value, which only an argument of a call can be."""
    sources: list[cst.CSTNode] = [node]
    if isinstance(node, cst.Name):
        variable = look.variable(node)
        sources += [binding.node for binding in bindings_of(variable) if binding.node is not None] if variable else []
    return any(
        look.is_omitted(part) and dotted(part) != "None"
        for source in sources
        for part in descendants(source)
        if isinstance(part, (cst.Name, cst.Attribute, cst.Call))
    )
