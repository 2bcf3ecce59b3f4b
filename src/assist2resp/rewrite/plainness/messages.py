"""Why what the program does with messages keeps its runs from being plain responses."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import is_displayed
from assist2resp.rewrite.flows.run_sites import MESSAGE_LIST
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.written import written_names
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.syntax.nodes import key_of
from assist2resp.rewrite.values.kinds import Sdk

_MESSAGE_TYPES = frozenset({"beta.threads.Message"})


def message_obstacle(
    runs: FlowRuns, plain: Collection[Site], followed: Collection[cst.CSTNode], known: Collection[cst.CSTNode] = ()
) -> str:
    """What is read of messages that items do not have, or where they go; `plain` listings hold what was `followed`.

    Attributes that are `known` may be read of messages whatever becomes of them.
    """
    written = set(written_names(runs))
    others = [site for site in uses.sites_named(runs.flow, MESSAGE_LIST) if site not in plain]
    if any(not isinstance(runs.inference.kind(site.awaited, site.file), Sdk) for site in others) or (
        others and _page_leaves(runs, followed)
    ):
        return "listed messages leave the code that can be followed"
    for use in uses.object_uses(runs.flow, _MESSAGE_TYPES):
        if use.node in followed or use.node in written or _is_displayed(use, runs) or _is_read_by_key(use):
            continue
        if isinstance(use.parent, cst.Attribute):
            if use.parent.attr.value not in {"role", "content", "id"} and use.parent not in known:
                return f"the program reads message.{use.parent.attr.value}"
        elif not (uses.passes_on(use, runs.inference) or isinstance(use.parent, (cst.ListComp, cst.GeneratorExp))):
            return "a message leaves the code that can be followed"
    return ""


def _page_leaves(runs: FlowRuns, followed: Collection[cst.CSTNode]) -> bool:
    """Whether a page of messages goes where its use cannot be seen."""
    for use in uses.object_uses(runs.flow, frozenset({"SyncCursorPage", "AsyncCursorPage", "AsyncPaginator"})):
        parent = use.parent
        if use.node in followed or _is_displayed(use, runs):
            continue
        if isinstance(parent, cst.Attribute):
            if parent.attr.value not in {"data", "has_more", "first_id", "last_id"}:
                return True
        elif not (
            isinstance(parent, (cst.For, cst.CompFor)) or uses.passes_on(use, runs.inference) or _is_sequence_call(use)
        ):
            return True
    return False


def _is_displayed(use: uses.Use, runs: FlowRuns) -> bool:
    return is_displayed(uses.awaited(use.node, use.file), use.file, runs.inference)


def _is_read_by_key(use: uses.Use) -> bool:
    """Whether a value has keys, so that it is no message, but what else the variable holds: messages have none."""
    return isinstance(use.parent, cst.Subscript) and use.parent.value is use.node and key_of(use.parent) is not None


def _is_sequence_call(use: uses.Use) -> bool:
    call = use.file.scopes.parent_of.get(use.parent)
    return (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Name)
        and call.func.value in {"list", "reversed", "iter", "len", "next", "sorted"}
    )
