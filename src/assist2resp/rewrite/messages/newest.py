"""Listings of which only the newest message's text is read: `messages.data[0].content[0].text.value`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.dumped import dump_around
from assist2resp.rewrite.messages.held import reads_of_held
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, code, index_of, key_of, string_value

_TEXT = ("content", 0, "text", "value")


def newest_texts(site: Site, run: cst.Name | None) -> list[cst.BaseExpression] | None:
    """The expressions that read the newest message's text, if nothing else of the listing is read; else None.

    `run` is the run that came before, whose messages alone may be listed.
    """
    assert site.call is not None
    order, run_id = argument(site.call, "order"), argument(site.call, "run_id")
    if run_id is not None and (run is None or code(run_id) != f"{run.value}.id" or b"IndexError" in site.file.data):
        return None
    cursors = [argument(site.call, name) for name in ("before", "after")]
    if (order is not None and string_value(order) != "desc") or any(cursor is not None for cursor in cursors):
        return None
    parents = site.file.scopes.parent_of
    listed = list_around(site)
    parent = parents.get(listed or site.awaited)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        return _texts_of_name(parent.targets[0].target, site, is_list=listed is not None)
    text = _text_above(listed or site.awaited, site.file, is_list=listed is not None)
    return None if text is None else [text]


def list_around(site: Site) -> cst.Call | None:
    """`list(…)` around a listing."""
    arg = site.file.scopes.parent_of[site.awaited]
    call = site.file.scopes.parent_of[arg]
    if (
        not isinstance(arg, cst.Arg)
        or not isinstance(call, cst.Call)
        or len(call.args) != 1
        or site.awaited is not site.call
    ):
        return None
    return call if isinstance(call.func, cst.Name) and call.func.value == "list" and not arg.star else None


def _texts_of_name(name: cst.Name, site: Site, *, is_list: bool) -> list[cst.BaseExpression] | None:
    """The reads through a variable that holds the listing; each sees this listing or none."""
    texts = [_text_above(node, site.file, is_list=is_list) for node in reads_of_held(name, site) or ()]
    found = [text for text in texts if text is not None]
    return found if texts and len(found) == len(texts) else None


def text_of_message(message: cst.BaseExpression, file: SourceFile) -> cst.BaseExpression | None:
    """The whole of `message.content[0].text.value`, if that is what stands around `message`."""
    return _above(message, _TEXT, file)


def _text_above(node: cst.BaseExpression, file: SourceFile, *, is_list: bool) -> cst.BaseExpression | None:
    """The whole of `node.data[0].content[0].text.value`, if that is what stands around `node`; a list has no `data`."""
    return _above(node, (0, *_TEXT) if is_list else ("data", 0, *_TEXT), file)


def _above(node: cst.BaseExpression, steps: Sequence[str | int], file: SourceFile) -> cst.BaseExpression | None:
    """What stands around an expression, if these attributes and indices lead to it; keys do so after a dump."""
    current, is_dumped = node, False
    for step in steps:
        dump = dump_around(current, file) if not is_dumped else None
        if dump is not None:
            current, is_dumped = dump, True
        parent = file.scopes.parent_of.get(current)
        if not (isinstance(parent, (cst.Attribute, cst.Subscript)) and parent.value is current):
            return None
        if _step(parent, is_dumped=is_dumped) != step:
            return None
        current = parent
    return current


def _step(node: cst.Attribute | cst.Subscript, *, is_dumped: bool) -> str | int | None:
    """The attribute, or the index or the key, that a node reads; what was dumped has keys in place of attributes."""
    if isinstance(node, cst.Attribute):
        return None if is_dumped else node.attr.value
    key = key_of(node) if is_dumped else None
    return index_of(node) if key is None else key
