"""The literals that a list of tool outputs is made of, wherever in the function they are written."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.literals.lookup import DefinitionEdit, Lookup, bindings_of
from assist2resp.rewrite.literals.options import tool_output
from assist2resp.rewrite.syntax.nodes import dotted


def output_edits(outputs: cst.BaseExpression, look: Lookup) -> list[DefinitionEdit] | None:
    """Each literal of the list with its new form; None where a part of the list cannot be seen."""
    found: list[DefinitionEdit] = []
    for node in _elements(outputs, look):
        new = tool_output(node, look) if node is not None else None
        if node is None or new is None:
            return None
        found.append(DefinitionEdit(node, new))
    return found


def _elements(outputs: cst.BaseExpression, look: Lookup) -> Iterator[cst.BaseExpression | None]:
    """The expressions that become elements of the list; None for one that cannot be seen."""
    if isinstance(outputs, (cst.List, cst.Tuple)):
        for element in outputs.elements:
            yield None if isinstance(element, cst.StarredElement) else _element(element.value, look)
    elif isinstance(outputs, cst.ListComp):
        yield _element(outputs.elt, look)
    elif isinstance(outputs, cst.Name):
        yield from _named(outputs, look)
    else:
        yield None


def _element(node: cst.BaseExpression, look: Lookup) -> cst.BaseExpression | None:
    if isinstance(node, cst.Name):
        binding = look.binding(node)
        variable = look.variable(node)
        only = variable is not None and look.uses(variable) == [node]
        if binding is None or binding.how != "value" or not isinstance(binding.node, cst.BaseExpression) or not only:
            return None
        return binding.node
    return node


def _named(name: cst.Name, look: Lookup) -> Iterator[cst.BaseExpression | None]:
    variable = look.variable(name)
    bindings = bindings_of(variable) if variable is not None else []
    if variable is None or not bindings:
        yield None
        return
    for binding in bindings:
        if binding.how != "value" or not isinstance(binding.node, (cst.List, cst.ListComp)):
            yield None
            return
        yield from _elements(binding.node, look)
    parents = look.scopes.parent_of
    for use in look.uses(variable):
        parent = parents[use]
        if isinstance(parent, cst.Attribute):
            call = parents[parent]
            appended = isinstance(call, cst.Call) and parent.attr.value == "append" and len(call.args) == 1
            yield _element(call.args[0].value, look) if isinstance(call, cst.Call) and appended else None
        elif isinstance(parent, cst.Arg):
            call = parents[parent]
            if not isinstance(call, cst.Call) or not _only_reads(call, parent):
                yield None
        elif not isinstance(parent, (cst.If, cst.UnaryOperation, cst.While, cst.BooleanOperation)):
            yield None


def _only_reads(call: cst.Call, arg: cst.Arg) -> bool:
    if arg.keyword is not None and arg.keyword.value == "tool_outputs":
        return True
    return dotted(call.func) == "len"
