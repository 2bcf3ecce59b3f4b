"""How a statement that goes on with a run gives the next response to all names that are read later."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.runs.renewals import Renewal
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.turns.new_names import new_name


def renew(plan: Plan, submit: Site, renewal: Renewal) -> None:
    """Note what becomes of the line of a call, whose run the outputs of `submit` go on with."""
    if not (renewal.runs or renewal.ids or renewal.is_returned):
        return
    statement: cst.CSTNode = renewal.call
    while not isinstance(statement, (cst.Expr, cst.Assign, cst.Return)):
        statement = renewal.file.scopes.parent_of[statement]
    line = renewal.file.scopes.parent_of[statement]
    targets = [*_targets(statement), *map(cst.Name, renewal.runs)]
    is_awaited = isinstance(renewal.file.scopes.parent_of[renewal.call], cst.Await)
    if not targets and (is_awaited or len(renewal.ids) > 1):
        targets = [cst.Name(new_name(plan, submit, ("run", "response")))]
    build = _returned if renewal.is_returned else functools.partial(_given, targets=targets, ids=renewal.ids)
    plan.change(renewal.file, line, build)


def _targets(statement: cst.CSTNode) -> list[cst.BaseAssignTargetExpression]:
    return [target.target for target in statement.targets] if isinstance(statement, cst.Assign) else []


def _value(line: cst.SimpleStatementLine) -> cst.BaseExpression:
    statement = line.body[0]
    assert isinstance(statement, (cst.Expr, cst.Assign))
    return statement.value


def _returned(updated: cst.CSTNode) -> cst.CSTNode:
    """`run = …` as the last line of a function that gave nothing back."""
    line = cst.ensure_type(updated, cst.SimpleStatementLine)
    return line.with_changes(body=[cst.Return(_value(line))])


def _given(
    updated: cst.CSTNode, targets: Sequence[cst.BaseAssignTargetExpression], ids: Sequence[str]
) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]:
    """`run = …` and `run_id = run.id`; where only one id is kept, that of what the call gives."""
    line = cst.ensure_type(updated, cst.SimpleStatementLine)
    if not targets:
        return line.with_changes(body=[_assigned(ids[0], attribute(_value(line), "id"))])
    given = cst.Assign([cst.AssignTarget(target) for target in targets], _value(line))
    first = targets[0]
    assert isinstance(first, cst.Name)
    lines = [cst.SimpleStatementLine([_assigned(name, attribute(first, "id"))]) for name in ids]
    return cst.FlattenSentinel([line.with_changes(body=[given]), *lines])


def _assigned(name: str, value: cst.BaseExpression) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(cst.Name(name))], value)
