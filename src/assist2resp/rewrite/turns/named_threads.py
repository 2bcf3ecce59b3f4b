"""Conversations of runs that began with a thread of their own: named on a line before, where the run has a line."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.streams.streamed_runs import is_streamed
from assist2resp.rewrite.turns.kept_turns import has_a_line
from assist2resp.rewrite.turns.new_names import new_name


def may_be_named(run: Site) -> bool:
    """Whether a line can stand before the one that makes a run, and one after it."""
    return has_a_line(run) and not is_streamed(run) and not run.scope.is_class


def name_before(plan: Plan, run: Site, made: cst.BaseExpression) -> cst.Name:
    """Note the line that makes the conversation; gives the name that it has from then on."""
    name = cst.Name(new_name(plan, run, ("thread", "conversation")))
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], made)])

    def build(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
        old = cst.ensure_type(updated, cst.SimpleStatementLine)
        first = line.with_changes(leading_lines=old.leading_lines)
        return cst.FlattenSentinel([first, old.with_changes(leading_lines=())])

    plan.change(run.file, run.statement(), build)
    plan.conversations[run] = name
    return name


def named_conversation(plan: Plan, use: uses.Use) -> cst.Name | None:
    """The variable with the conversation of the run that a use reads; None where it may hold another run."""
    if not isinstance(use.node, cst.Name):
        return None
    scope = use.file.scopes.scope_of[use.node]
    held = {binding.node for binding in scope.names.get(use.node.value, [])} - {site.awaited for site in plan.waits}
    for run, name in plan.conversations.items():
        if run.scope is scope and held == {run.awaited}:
            return name
    return None
