"""Runs that begin with a thread of their own: what it begins with, and whether the program goes on with it."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.run_sites import MESSAGE_LIST, RETRIEVES, SUBMITS, THREAD_DELETE
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.literals.bodies import dict_body
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.syntax.nodes import argument
from assist2resp.rewrite.values.inference import Inference

_READING = (MESSAGE_LIST, *RETRIEVES, *SUBMITS, "beta.threads.runs.steps.list", THREAD_DELETE)


class OwnThread(NamedTuple):
    """The items that a run's own thread begins with, and its metadata as the source spells them."""

    items: cst.BaseExpression
    metadata: cst.BaseExpression | None


def own_thread(site: Site, look: Lookup) -> OwnThread | None:
    """The thread that a run begins with; None where not all of it can be seen, or it holds more than messages."""
    body = dict_body(argument(site.call, "thread")) if site.call is not None else None
    given = body.get("messages") if body is not None else None
    if body is None or given is None or not set(body.keys) <= {"messages", "metadata"}:
        return None
    items = converted.messages(given, look)
    empty = isinstance(items, (cst.List, cst.Tuple)) and not items.elements
    return None if items is None or empty else OwnThread(items, body.get("metadata"))


def goes_on_in(flow: Flow, inference: Inference) -> bool:
    """Whether ids of threads go anywhere but to what reads them, so that a failed run's messages may be missed."""
    reading = {site.call for site in flow.sites if site.path in _READING}
    for file, node, parent in uses.identifiers(flow, "Thread"):
        read = isinstance(parent, cst.Arg) and file.scopes.parent_of[parent] in reading
        if not (read or uses.is_shown(node, file, inference)):
            return True
    return False
