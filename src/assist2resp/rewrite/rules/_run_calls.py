"""How the calls that make, await and go on with a run become those of responses."""

from __future__ import annotations

import functools

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.run_sites import assigned_name, is_run
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._limits import told
from assist2resp.rewrite.rules._renewals import renew
from assist2resp.rewrite.rules._responses import (
    arguments_again,
    folded_input,
    keep_failed,
    rebuild_as_response,
    response_arguments,
    sent_outputs,
)
from assist2resp.rewrite.runs.stated_differences import stated_differences
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.nodes import argument, code
from assist2resp.schema.findings import Level

_CODE = "A2R230"


def create(plan: Plan, site: Site) -> None:
    """Rewrite the call that starts a run: the response is complete when it returns."""
    client = client_at(site, plan.inference)
    assert client is not None
    arguments = response_arguments(plan, site, folded_input(plan, site))
    rebuild_as_response(plan, site, client, arguments)
    given = next((one.value for one in arguments if one.keyword == "input"), None)
    kept = keep_failed(plan, site, given)
    level, message = told(site, f"a run became a response{kept}.")
    differences = stated_differences(plan.plain)
    if differences:
        level, message = Level.REVIEW, f"{message.removesuffix('.')}; {differences}."
    plan.fix(site, _CODE, message, level=level, plain=True)


def retrieve(plan: Plan, site: Site) -> None:
    """Waiting: the run is already what it will be."""
    assert site.call is not None
    run_id = argument(site.call, "run_id", 0)
    target = assigned_name(site)
    if (
        isinstance(run_id, cst.Attribute)
        and run_id.attr.value == "id"
        and is_run(plan.inference.kind(run_id.value, site.file))
    ):
        if _is_put_back(site, run_id.value):
            parent = site.file.scopes.parent_of[site.awaited]
            plan.change(site.file, parent, lambda _: cst.RemoveFromParent())
        elif isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr):
            plan.change(site.file, site.file.scopes.parent_of[site.awaited], lambda _: cst.RemoveFromParent())
        elif (
            isinstance(run_id.value, cst.Name) and target is not None and _is_new_name(plan, site, run_id.value, target)
        ):
            plan.rename(site.file, (site.scope, target.value), run_id.value.value)
            plan.change(site.file, site.file.scopes.parent_of[site.awaited], lambda _: cst.RemoveFromParent())
        else:
            plan.replace(site.file, site.awaited, run_id.value)
        plan.waits.add(site)
        plan.fix(site, _CODE, "a response needs no waiting.", plain=True)
        return
    client = client_at(site, plan.inference)
    if run_id is not None and client is not None:
        func = attribute(client, "responses", "retrieve")
        plan.change(site.file, site.call, lambda updated: _of_one(cst.ensure_type(updated, cst.Call), func, run_id))
        plan.waits.add(site)
        plan.fix(site, _CODE, "a run became a response.", plain=True)


def _of_one(old: cst.Call, func: cst.BaseExpression, value: cst.BaseExpression) -> cst.Call:
    """A call with one argument, on one line unless a comment stands before it."""
    gap = old.whitespace_before_args
    if isinstance(gap, cst.ParenthesizedWhitespace) and "#" not in code(gap):
        gap = cst.SimpleWhitespace("")
    return old.with_changes(func=func, args=[cst.Arg(value)], whitespace_before_args=gap)


def give_up(plan: Plan, site: Site) -> None:
    """Cancelling what was waited for too long: a response has ended when it arrives."""
    plan.change(site.file, _tried(site.statement(), site.file), lambda _: cst.RemoveFromParent())
    plan.fix(site, _CODE, "a response has ended when it arrives, and needs no cancelling.", plain=True)


def _tried(line: cst.CSTNode, file: SourceFile) -> cst.CSTNode:
    """The `try` that holds nothing but a line, or the line."""
    block = file.scopes.parent_of[line]
    tried = file.scopes.parent_of.get(block)
    if not isinstance(tried, cst.Try) or tried.body is not block or len(tried.body.body) != 1:
        return line
    return tried if tried.orelse is None and tried.finalbody is None else line


def submit(plan: Plan, site: Site) -> None:
    """Rewrite the call that goes on with a run: its tool outputs are the next response's input."""
    assert site.call is not None
    client = client_at(site, plan.inference)
    outputs, run_id = argument(site.call, "tool_outputs"), argument(site.call, "run_id", 0)
    run = run_id.value if isinstance(run_id, cst.Attribute) else None
    if client is None or outputs is None or (run is not None and not is_run(plan.inference.kind(run, site.file))):
        return
    rebuild_as_response(plan, site, client, arguments_again(plan, site, sent_outputs(plan, site, outputs)))
    if site in plan.plain.renewals:
        for renewal in plan.plain.renewals[site]:
            if renewal.call not in plan.renewed:
                plan.renewed.add(renewal.call)
                renew(plan, site, renewal)
        plan.fix(site, _CODE, "tool outputs are the input of the next response.", plain=True)
        return
    if isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr) and isinstance(run, (cst.Name, cst.Attribute)):
        statement = site.file.scopes.parent_of[site.awaited]
        plan.change(site.file, statement, lambda updated: _assign(run, cst.ensure_type(updated, cst.Expr)))
    for also in filter(None, (waiting.also_given(site) for waiting in plan.plain.waiting if site in waiting.submits)):
        plan.change(site.file, site.file.scopes.parent_of[site.awaited], functools.partial(_assign_too, also))
    plan.fix(site, _CODE, "tool outputs are the input of the next response.", plain=True)


def _is_put_back(site: Site, run: cst.BaseExpression) -> bool:
    """Whether a retrieval is assigned to what held the run already."""
    parent = site.file.scopes.parent_of[site.awaited]
    if isinstance(parent, cst.AnnAssign):
        return code(parent.target) == code(run)
    return isinstance(parent, cst.Assign) and [code(target.target) for target in parent.targets] == [code(run)]


def _is_new_name(plan: Plan, site: Site, run: cst.Name, target: cst.Name) -> bool:
    """Whether `target` would be nothing but another name for `run`, from its one assignment on."""
    names = site.scope.names
    submits = any(other.scope is site.scope for other in plan.plain.submits)
    assigned = isinstance(site.file.scopes.parent_of[site.awaited], cst.Assign)
    once = all(len(names.get(name.value, ())) == 1 for name in (run, target))
    return assigned and once and not submits and not plan.is_shared(site.file, target.value)


def _assign(run: cst.Name | cst.Attribute, expression: cst.Expr) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(run.deep_clone())], expression.value)


def _assign_too(name: cst.Name, updated: cst.CSTNode) -> cst.Assign:
    """The run under another name as well."""
    assign = cst.ensure_type(updated, cst.Assign)
    return assign.with_changes(targets=[*assign.targets, cst.AssignTarget(name.deep_clone())])
