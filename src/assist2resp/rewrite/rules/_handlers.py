"""Event handlers as loops over the events of a streamed response."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.streams.handler_readings import Branch, HandlerReading, Statements
from assist2resp.rewrite.streams.streamed_runs import StreamedRun
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.nodes import code, unwrap_await
from assist2resp.rewrite.syntax.tidying import only_passes

_METHOD, _EXCEPTION, _END = "on_event", "on_exception", "on_end"


def loop_in_place_of_wait(plan: Plan, site: Site, run: StreamedRun) -> None:
    """Put a loop over the stream where the program waited for its end."""
    assert run.handler is not None
    if run.texts is not None:
        _tell_beside(plan, site, run, run.texts)
        return
    wait = run.waits[0]
    stream = _awaited_stream(wait)
    is_async = isinstance(wait.value, cst.Await)
    reading = run.handler
    event = reading.event if reading.inline else _event_name(plan, site, reading)
    said = _said_inline(reading) if reading.inline else _handed_on(plan, site, reading, is_async, event)
    loop = cst.For(
        cst.Name(event),
        stream,
        cst.IndentedBlock(said.at_event),
        asynchronous=cst.Asynchronous() if is_async else None,
    )
    statement = _guarded(loop, said, reading.exception)

    def build(updated: cst.CSTNode) -> cst.CSTNode:
        line = cst.ensure_type(updated, cst.SimpleStatementLine)
        remark = line.trailing_whitespace.comment
        beside = [cst.EmptyLine(comment=remark)] if remark is not None else []
        return statement.with_changes(leading_lines=[*line.leading_lines, *beside])

    plan.change(site.file, site.file.scopes.parent_of[wait], build)


def _tell_beside(plan: Plan, site: Site, run: StreamedRun, texts: cst.For) -> None:
    """Tell the handler of each event before the program's own loop takes its text."""
    assert run.handler is not None
    said = _handed_on(plan, site, run.handler, texts.asynchronous is not None, run.event)

    def build(updated: cst.CSTNode) -> cst.CSTNode:
        loop = cst.ensure_type(updated, cst.For)
        body = cst.ensure_type(loop.body, cst.IndentedBlock)
        own = [line for line in body.body if not (isinstance(line, cst.If) and only_passes(line.body))]
        whole = loop.with_changes(body=body.with_changes(body=[*said.at_event, *own]), leading_lines=[])
        guarded = _guarded(whole, said, run.handler.exception if run.handler else "")
        return guarded.with_changes(leading_lines=loop.leading_lines)

    plan.change(site.file, texts, build)


def plain_class(plan: Plan, reading: HandlerReading) -> None:
    """Take the handler's class out where its branches are in the loop; else make it a class that the loop calls."""
    file, node = reading.kind.file, reading.kind.node
    for edit in reading.edits:
        plan.change(file, edit.node, edit.build)
    for name in reading.needs:
        plan.need(file, name)
    if reading.inline:
        plan.change(file, node, lambda _: cst.RemoveFromParent())
        return
    plan.change(file, node, _without_base)
    first, *rest = [one for one in reading.callbacks if one.name.value not in (_EXCEPTION, _END)]
    named = ""
    if reading.is_typed:
        named = plan.import_type(file, "openai.types.responses", "ResponseStreamEvent")
    plan.change(file, first, lambda updated: _method(cst.ensure_type(updated, cst.FunctionDef), reading, named))
    for function in rest:
        plan.change(file, function, lambda _: cst.RemoveFromParent())
    for member in node.body.body:
        if isinstance(member, cst.FunctionDef) and member.name.value == "__init__" and _only_goes_on(member):
            plan.change(file, member, lambda _: cst.RemoveFromParent())


def _event_name(plan: Plan, site: Site, reading: HandlerReading) -> str:
    """What a loop calls its events that hands them on: not what the code around it reads, maybe an event of its own."""
    handlers = {run.handler.kind.node for run in plan.plain.streams.values() if run.handler is not None}
    inside = any(node in handlers for node in site.file.scopes.ancestors(site.node))
    if not inside and site.scope.find(reading.event) is None:
        return reading.event
    return free_name(site.file.scopes, "stream_event", "sent_event")


def _awaited_stream(wait: cst.Expr) -> cst.BaseExpression:
    call = unwrap_await(wait.value)
    return cst.ensure_type(cst.ensure_type(call, cst.Call).func, cst.Attribute).value


class _Said(NamedTuple):
    """What stands in the place of a handler: at an event, at an exception and at the end."""

    at_event: list[cst.BaseStatement]
    at_exception: list[cst.BaseStatement]
    at_end: list[cst.BaseStatement]


def _guarded(loop: cst.For, said: _Said, exception: str) -> cst.For | cst.Try:
    """The loop with what the old stream did when it broke, before it raised, and when it ended in any way."""
    if not said.at_exception and not said.at_end:
        return loop
    handlers = []
    if said.at_exception:
        again = cst.SimpleStatementLine([cst.Raise()])
        name = cst.AsName(cst.Name(exception), cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))
        body = cst.IndentedBlock([*said.at_exception, again])
        handlers = [cst.ExceptHandler(body, cst.Name("Exception"), name)]
    end = cst.Finally(cst.IndentedBlock(said.at_end)) if said.at_end else None
    return cst.Try(cst.IndentedBlock([loop]), handlers, finalbody=end)


def _said_inline(reading: HandlerReading) -> _Said:
    return _Said(_at_event(reading), _lines(reading.at_exception), _lines(reading.at_end))


def _handed_on(plan: Plan, site: Site, reading: HandlerReading, is_async: bool, event: str) -> _Said:
    """Calls of the handler, which a variable holds; it is made before the stream begins."""
    assert site.call is not None
    given = next(
        arg.value for arg in site.call.args if arg.keyword is not None and arg.keyword.value == "event_handler"
    )
    handler: cst.BaseExpression = given
    if isinstance(given, cst.Call):
        assert site.file.tree is not None
        handler = cst.Name(free_name(site.file.scopes, "handler", "event_handler"))
        made = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.ensure_type(handler, cst.Name))], given)])
        plan.change(site.file, site.statement(), lambda updated: _after(made, updated))
    raised = [_called(handler, _EXCEPTION, is_async, cst.Name(reading.exception))] if reading.at_exception else []
    ended = [_called(handler, _END, is_async)] if reading.at_end else []
    return _Said([_called(handler, _METHOD, is_async, cst.Name(event))], raised, ended)


def _after(made: cst.SimpleStatementLine, updated: cst.CSTNode) -> cst.FlattenSentinel[cst.BaseStatement]:
    assert isinstance(updated, (cst.With, cst.SimpleStatementLine))
    first = made.with_changes(leading_lines=updated.leading_lines)
    return cst.FlattenSentinel([first, updated.with_changes(leading_lines=[])])


def _called(handler: cst.BaseExpression, method: str, is_async: bool, *given: cst.BaseExpression) -> cst.BaseStatement:
    call: cst.BaseExpression = cst.Call(attribute(handler, method), [cst.Arg(value) for value in given])
    return cst.SimpleStatementLine([cst.Expr(cst.Await(call) if is_async else call)])


def _at_event(reading: HandlerReading) -> list[cst.BaseStatement]:
    return [*_lines(reading.at_every_event), *_chains(reading.branches, reading.event)]


def _chains(branches: Sequence[Branch], event: str) -> list[cst.BaseStatement]:
    """Branches as chains of `if` and `elif`; one that another of its chain would keep from being taken begins anew."""
    chains: list[list[Branch]] = []
    for branch in branches:
        if chains and not any(_overlap(branch, other) for other in chains[-1]):
            chains[-1].append(branch)
        else:
            chains.append([branch])
    return [_chain(chain, event) for chain in chains]


def _overlap(one: Branch, other: Branch) -> bool:
    first, second = one.callback, other.callback
    if first.event.type != second.event.type:
        return False
    items = {first.event.item, second.event.item}
    apart = len(items) == 2 and ("" not in items or "message" in items)
    return not apart


def _chain(branches: Sequence[Branch], event: str) -> cst.If:
    first, *rest = branches
    test = cst.parse_expression(first.callback.test(event))
    remark = cst.Comment(f"# {' '.join(first.remarks)}") if first.remarks else None
    header = cst.TrailingWhitespace(cst.SimpleWhitespace("  ") if remark else cst.SimpleWhitespace(""), remark)
    body = cst.IndentedBlock(_lines(first.statements), header=header)
    return cst.If(test, body, orelse=_chain(rest, event) if rest else None)


def _lines(statements: Statements) -> list[cst.BaseStatement]:
    return [cst.SimpleStatementLine([one]) if isinstance(one, cst.BaseSmallStatement) else one for one in statements]


def _method(updated: cst.FunctionDef, reading: HandlerReading, event_type: str) -> cst.FunctionDef:
    """The one callback that is left, in the place of the first."""
    annotation = cst.Annotation(cst.Name(event_type)) if event_type else None
    own = updated.params.params[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    event = cst.Param(cst.Name(reading.event), annotation)
    return updated.with_changes(
        name=cst.Name(_METHOD),
        params=cst.Parameters([own, event]),
        returns=cst.Annotation(cst.Name("None")) if event_type else None,
        body=cst.IndentedBlock(_at_event(reading)),
        decorators=[],
    )


def _without_base(updated: cst.CSTNode) -> cst.ClassDef:
    default = cst.MaybeSentinel.DEFAULT
    return cst.ensure_type(updated, cst.ClassDef).with_changes(bases=[], lpar=default, rpar=default)


def _only_goes_on(function: cst.FunctionDef) -> bool:
    """Whether a constructor does nothing but call the base class's."""
    lines = [small for line in function.body.body for small in getattr(line, "body", [line])]
    call = lines[0].value if len(lines) == 1 and isinstance(lines[0], cst.Expr) else None
    return isinstance(call, cst.Call) and code(call.func) == "super().__init__"
