"""New names for keys of a framework's session, where every place that names one is known."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.uses import is_load
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import string_value
from assist2resp.rewrite.values.kinds import Unknown

_WHOLE = frozenset({"items", "keys", "values", "to_dict", "update", "copy", "clear", "popitem"})


def rename_key(old: str, new: str, plan: Plan) -> None:
    """Rename a key as a word and as an attribute of the session, or nowhere."""
    found: list[tuple[SourceFile, cst.CSTNode, cst.CSTNode]] = []
    for file in plan.inference.project.modules:
        if not all(_takes_a_key(node, file) for node in file.scopes.spelled if _is_session(node, file, plan)):
            return
        for text in file.scopes.nodes(cst.SimpleString):
            word = string_value(text)
            if word in {old, new} and _is_key(text, file, plan) is (word == new):
                return
            if word == old:
                quote = text.quote
                found.append((file, text, cst.SimpleString(f"{quote}{new}{quote}")))
        for node in file.scopes.nodes(cst.Attribute):
            if node.attr.value not in {old, new}:
                continue
            in_session = plan.inference.holders.is_session(node.value, file)
            if node.attr.value == old and in_session:
                found.append((file, node.attr, cst.Name(new)))
            elif in_session or isinstance(plan.inference.kind(node.value, file), Unknown):
                return
    for file, old_node, made in found:
        plan.replace(file, old_node, made)


def _is_session(node: cst.BaseExpression, file: SourceFile, plan: Plan) -> bool:
    """Whether an expression is the session as a whole."""
    if isinstance(node, cst.Name) and not is_load(node, file):
        return False
    return not isinstance(node, cst.Call) and plan.inference.holders.is_session(node, file)


def _takes_a_key(node: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether one entry of the session is used, so that nobody sees which keys it has."""
    parent = file.scopes.parent_of[node]
    if isinstance(parent, cst.Attribute):
        return parent.value is node and parent.attr.value not in _WHOLE
    return (isinstance(parent, cst.Subscript) and parent.value is node) or isinstance(parent, cst.ComparisonTarget)


def _is_key(text: cst.SimpleString, file: SourceFile, plan: Plan) -> bool:
    """Whether a string is a key of the session: a subscript, asked for with `in`, or given to one of its methods."""
    parents = file.scopes.parent_of
    parent = parents[text]
    holder: cst.BaseExpression | None = None
    if isinstance(parent, cst.Comparison) and parent.left is text and len(parent.comparisons) == 1:
        asked = parent.comparisons[0]
        holder = asked.comparator if isinstance(asked.operator, (cst.In, cst.NotIn)) else None
    elif isinstance(parent, cst.Index):
        subscript = parents[parents[parent]]
        holder = subscript.value if isinstance(subscript, cst.Subscript) else None
    elif isinstance(parent, cst.Arg):
        call = parents[parent]
        is_first = isinstance(call, cst.Call) and call.args[0] is parent
        holder = (
            call.func.value
            if is_first and isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute)
            else None
        )
    return holder is not None and plan.inference.holders.is_session(holder, file)
