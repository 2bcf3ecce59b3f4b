"""Listings of which only the newest message's text is read: `messages.data[0].content[0].text.value`."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.inference import Inference
from assist2resp.rewrite.nodes import argument, string_value
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.sites import Site

_TEXT = ("content", 0, "text", "value")


def newest_texts(site: Site, inference: Inference) -> list[cst.BaseExpression] | None:
    """The expressions that read the newest message's text, if nothing else of the listing is read; else None."""
    del inference
    assert site.call is not None
    order = argument(site.call, "order")
    cursors = [argument(site.call, name) for name in ("before", "after", "run_id")]
    if (order is not None and string_value(order) != "desc") or any(cursor is not None for cursor in cursors):
        return None
    parents = site.file.scopes.parent_of
    parent = parents.get(site.awaited)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        return _texts_of_name(parent.targets[0].target, site)
    text = _text_above(site.awaited, site.file)
    return None if text is None else [text]


def _texts_of_name(name: cst.Name, site: Site) -> list[cst.BaseExpression] | None:
    """The reads through a variable that holds the listing, which must be bound once in its scope for this listing."""
    variable = site.scope.find(name.value)
    if variable is None or len(variable[0].names[name.value]) != 1:
        return None
    found: list[cst.BaseExpression] = []
    for node in site.file.scopes.nodes(cst.Name):
        parent = site.file.scopes.parent_of[node]
        if node.value != name.value or node is name:
            continue
        if (isinstance(parent, cst.Attribute) and parent.attr is node) or (
            isinstance(parent, cst.Arg) and parent.keyword is node
        ):
            continue
        scope = site.file.scopes.scope_of.get(node)
        if scope is None or scope.find(name.value) != variable:
            continue
        text = _text_above(node, site.file)
        if text is None:
            return None
        found.append(text)
    return found or None


def _text_above(node: cst.BaseExpression, file: SourceFile) -> cst.BaseExpression | None:
    """The whole of `node.data[0].content[0].text.value`, if that is what stands around `node`."""
    steps = ("data", 0, *_TEXT)
    current = node
    for step in steps:
        parent = file.scopes.parent_of.get(current)
        if step == "data" and isinstance(parent, cst.Subscript):
            continue  # a page has no index, but people write list(page)[0]; not ours
        if isinstance(step, str):
            if not (isinstance(parent, cst.Attribute) and parent.value is current and parent.attr.value == step):
                return None
            current = parent
        else:
            if not (isinstance(parent, cst.Subscript) and parent.value is current and _index(parent) == step):
                return None
            current = parent
    return current


def _index(node: cst.Subscript) -> int | None:
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        value = node.slice[0].slice.value
        if isinstance(value, cst.Integer):
            return value.evaluated_value
    return None
