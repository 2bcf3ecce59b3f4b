"""Whether conversations show a program all that it reads of its threads: ids, metadata, when they were made.

That does not hang on the flow's runs: the support module takes a conversation's id for a thread's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import LOGS, is_displayed
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.reaching import Reads
from assist2resp.rewrite.flows.run_sites import THREAD, THREAD_CREATE, THREAD_RETRIEVE, THREAD_UPDATE, thread_argument
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Ident
from assist2resp.rewrite.values.outside import may_come_from_outside

_GIVE = (THREAD_CREATE, THREAD_RETRIEVE, THREAD_UPDATE)
_DELETED = "beta.ThreadDeleted"
_SAME = {THREAD: frozenset({"id", "metadata"}), _DELETED: frozenset({"id", "deleted"})}
_TIME = "created_at"


@dataclass(frozen=True)
class ThreadReads:
    """The threads of a flow of which nothing is read that a conversation does not have."""

    shown: frozenset[Site]
    """The calls whose thread is shown whole to those who use the program."""

    confirmed: bool
    """Whether a confirmation that one is gone says all that is read of it."""


def thread_reads(flow: Flow, inference: Inference) -> ThreadReads | None:
    """What is read of a flow's threads; None where a conversation would not do."""
    makers = [site for site in flow.sites if site.path in _GIVE and site.call is not None]
    times = all(site.path == THREAD_CREATE or _is_own(site, inference) for site in makers)
    shown: set[Site] = set()
    for use in uses.object_uses(flow, frozenset({THREAD})):
        whole = uses.awaited(use.node, use.file)
        if is_displayed(whole, use.file, inference):
            if not is_displayed(whole, use.file, inference, LOGS):
                shown.update(_makers_of(use, makers))
        elif not (_is_same(use, inference) or (times and _reads(use, _TIME))):
            return None
    deleted = uses.object_uses(flow, frozenset({_DELETED}))
    return ThreadReads(frozenset(shown), all(_is_same(use, inference) for use in deleted))


def _is_own(site: Site, inference: Inference) -> bool:
    """Whether a call names a thread that the program made itself, whose conversation has the same id."""
    thread = thread_argument(site)
    return thread is not None and is_own_id(thread, site.file, inference)


def is_own_id(thread: cst.BaseExpression, file: SourceFile, inference: Inference) -> bool:
    """Whether an id only came from threads of the program."""
    made = inference.kind(thread, file) == Ident("Thread")
    return made and not may_come_from_outside(thread, file, inference)


def _is_same(use: uses.Use, inference: Inference) -> bool:
    """Whether a use only moves the object on, or asks for what a conversation has under the same name."""
    if isinstance(use.parent, cst.Attribute):
        return use.parent.attr.value in _SAME[use.type_name]
    moves = uses.passes_on(use, inference) or uses.none_comparison(use.node, use.file) is not None
    return moves or is_for_nobody(use, inference)


def _reads(use: uses.Use, name: str) -> bool:
    return isinstance(use.parent, cst.Attribute) and use.parent.attr.value == name


def is_for_nobody(use: uses.Use, inference: Inference) -> bool:
    """Whether an object is what a function gives that nothing in the whole tree names."""
    scope = use.file.scopes.scope_of.get(use.node)
    function = scope.enclosing_function() if scope is not None else None
    if not isinstance(use.parent, cst.Return) or function is None or function.decorators:
        return False
    owner = inference.members.owner_of.get(function)
    if owner is not None and owner[1].bases:
        return False
    word = re.compile(rb"\b%s\b" % re.escape(function.name.value.encode()))
    said = (len(word.findall(file.data)) for file in inference.project.files.values())
    return sum(said) == 1


def _makers_of(use: uses.Use, makers: list[Site]) -> Iterator[Site]:
    """The calls whose thread a use may hold, as far as its variable tells."""
    given: dict[cst.CSTNode | None, Site] = {node: site for site in makers for node in (site.awaited, site.call)}
    if use.node in given:
        yield given[use.node]
        return
    scope = use.file.scopes.scope_of.get(use.node)
    variable = scope.find(use.node.value) if scope is not None and isinstance(use.node, cst.Name) else None
    held = Reads(use.file).reaching(cst.ensure_type(use.node, cst.Name), variable) if variable is not None else []
    if held and all(binding.node in given for binding in held):
        yield from (given[binding.node] for binding in held)
    else:
        yield from makers
