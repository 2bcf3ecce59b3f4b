"""Turns that failed, written into their conversation: a thread kept the user's message, a failed response does not."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.run_sites import asks_status, thread_argument
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.streams.streamed_runs import is_streamed
from assist2resp.rewrite.syntax.calls import Argument, LinePlace, attribute, rebuild_call
from assist2resp.rewrite.syntax.nodes import descendants, without_parentheses
from assist2resp.rewrite.syntax.tidying import passes
from assist2resp.rewrite.turns.failed_turns import failed_events
from assist2resp.rewrite.turns.new_names import new_name

_WHY = "# A failed response does not keep its input."
_CALLS = (cst.Call, cst.Await, cst.Yield, cst.NamedExpr)


def can_be_kept(run: Site) -> bool:
    """Whether the source has a place where a run has failed, and its thread and messages can be named again."""
    thread = thread_argument(run)
    if thread is None or not only_tells(thread):
        return False
    return _failed_event(run) is not None if is_streamed(run) else has_a_line(run)


def only_tells(node: cst.CSTNode) -> bool:
    """Whether an expression does nothing, so that it may be evaluated twice in a row."""
    return not any(isinstance(part, _CALLS) for part in descendants(node))


def keep_turn(plan: Plan, run: Site, func: cst.BaseExpression, given: list[Argument]) -> None:
    """Write the input of a run's response into the conversation, by `func(given…)`, where the response failed."""
    branch = _failed_event(run) if is_streamed(run) else _asked_next(plan, run)
    if branch is not None:
        place = line_place(run).indent if not is_streamed(run) else _depth(branch.body, run)
        line = _line(_write(run, func, given, place + 4 * (not is_streamed(run))))
        plan.change(run.file, branch.body, lambda updated: _with_first(updated, line))
        return
    held = holder(run) or cst.Name(new_name(plan, run, ("run", "response")))
    line = _line(_write(run, func, given, line_place(run).indent + 4))
    test = cst.Comparison(attribute(held, "status"), [cst.ComparisonTarget(cst.Equal(), cst.SimpleString('"failed"'))])
    question = cst.If(test, cst.IndentedBlock([line]))
    plan.change(run.file, run.statement(), lambda updated: cst.FlattenSentinel(_asked(updated, held, question)))


def _asked(updated: cst.CSTNode, held: cst.BaseExpression, question: cst.If) -> list[cst.CSTNode]:
    """A line that makes a run, and the question; what is returned, or has its id taken, is held before that."""
    line = cst.ensure_type(updated, cst.SimpleStatementLine)
    made = line.body[0]
    match made:
        case cst.Return(value=cst.BaseExpression() as value):
            then: cst.BaseSmallStatement = cst.Return(held)
        case cst.Assign(value=cst.Attribute(value=value, attr=name)):
            then = made.with_changes(value=cst.Attribute(held, name))
        case _:
            return [line, question]
    named = cst.Assign([cst.AssignTarget(cst.ensure_type(held, cst.Name))], without_parentheses(value))
    return [line.with_changes(body=[named]), question, cst.SimpleStatementLine([then])]


def _write(run: Site, func: cst.BaseExpression, given: list[Argument], indent: int) -> cst.BaseExpression:
    """The call that writes, awaited like the one that asks, where a line is indented so far."""
    call = rebuild_call(cst.Call(func), func, given, place=LinePlace(indent + 6 * run.is_async, indent, ""))
    return cst.Await(call) if run.is_async else call


def _line(write: cst.BaseExpression) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.Expr(write)], leading_lines=[cst.EmptyLine(comment=cst.Comment(_WHY))])


def _with_first(body: cst.CSTNode, line: cst.SimpleStatementLine) -> cst.CSTNode:
    block = cst.ensure_type(body, cst.IndentedBlock)
    kept = [old for old in block.body if not passes(old)]
    return block.with_changes(body=[line, *kept])


def _depth(block: cst.CSTNode, run: Site) -> int:
    around = run.file.scopes.ancestors(block)
    return 4 * (1 + sum(isinstance(node, cst.IndentedBlock) for node in around))


def _failed_event(run: Site) -> cst.If | cst.MatchCase | None:
    """The one branch, in the lines after a stream was asked for, that its failure leads to."""
    order = run.file.scopes.order
    found = [
        branch
        for branch in failed_events(run.file)
        if run.file.scopes.scope_of.get(branch.body) is run.scope
        and isinstance(branch.body, cst.IndentedBlock)
        and order[branch] > order[run.node]
    ]
    return found[0] if len(found) == 1 else None


def _asked_next(plan: Plan, run: Site) -> cst.If | None:
    """`if run.status == "failed":` right after the run was made, or after what waited for it."""
    line, held = run.statement(), holder(run)
    block = run.file.scopes.parent_of[line]
    if not isinstance(block, (cst.IndentedBlock, cst.Module)) or held is None:
        return None
    waits = {waiting.loop for waiting in plan.plain.waiting}
    body: list[cst.CSTNode] = list(block.body)
    for statement in body[body.index(line) + 1 :]:
        if statement in waits:
            continue
        asks = isinstance(statement, cst.If) and isinstance(statement.body, cst.IndentedBlock)
        return (
            statement
            if isinstance(statement, cst.If) and asks and asks_status(statement.test, held, "failed")
            else None
        )
    return None


def has_a_line(run: Site) -> bool:
    """Whether a line does nothing but make a run, and assign or return it, or assign its id."""
    line, parent = run.statement(), run.file.scopes.parent_of[run.awaited]
    if holder(run) is not None:
        return True
    if isinstance(parent, cst.Attribute):
        parent = run.file.scopes.parent_of[parent]
        if not isinstance(parent, cst.Assign) or not isinstance(parent.targets[0].target, cst.Name):
            return False
    elif not isinstance(parent, cst.Return):
        return False
    return isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 and line.body[0] is parent


def holder(run: Site) -> cst.BaseExpression | None:
    """What a run is assigned to, alone on its line."""
    line, parent = run.statement(), run.file.scopes.parent_of[run.awaited]
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or line.body[0] is not parent:
        return None
    match parent:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() | cst.Attribute() as target)]):
            return target
        case cst.AnnAssign(target=cst.Name() | cst.Attribute() as target):
            return target
    return None
