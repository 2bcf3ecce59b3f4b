"""Whether a program goes on with a thread whose run failed: the thread kept that turn, a failed response does not."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import MESSAGE_CREATE, MESSAGE_LIST, THREAD_CREATE, thread_argument
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.spelling import spelled
from assist2resp.rewrite.runs.waiting import holds
from assist2resp.rewrite.syntax.nodes import code, descendants, dotted, string_value
from assist2resp.rewrite.values.inference import Inference

_FAILURES = frozenset({"failed", "expired", "cancelled"})
_FAILED_EVENT = "thread.run.failed"
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit"})


def goes_on(plan: Plan, run: Site, thread: str) -> bool:
    """Whether a thread, as the source names it, is used again after a run of it failed."""
    if not (_tells_why(plan, run) or any(_survives(plan, run))):
        return False
    return _outlives(plan, run, thread) or _is_listed(plan, run, thread)


def _tells_why(plan: Plan, run: Site) -> bool:
    """Whether the program reads why a run failed."""
    stream = plan.plain.streams.get(run)
    if stream is not None and (stream.tells_failures or plan.plain.creates):
        return stream.tells_failures
    return any(
        isinstance(use.parent, cst.Attribute) and use.parent.attr.value == "last_error" for use in plan.plain.run_uses
    )


def _survives(plan: Plan, run: Site) -> Iterator[bool]:
    """For each question how a run ended, whether the program lives on where it failed."""
    streamed = run in plan.plain.streams
    if not (streamed and plan.plain.creates):
        for question, file, polled in _questions(plan):
            for branch in _of_failures(question, file, plan, polled=polled):
                yield not _ends_the_program(branch, file, plan)
    if streamed:
        for node in failed_events(run.file):
            yield not _ends_the_program(node.body, run.file, plan)


def failed_events(file: SourceFile) -> Iterator[cst.If | cst.MatchCase]:
    """The branches that an event leads to which says that a run failed."""
    branches: list[cst.If | cst.MatchCase] = [*file.scopes.nodes(cst.If), *file.scopes.nodes(cst.MatchCase)]
    for node in branches:
        question = code(node.test if isinstance(node, cst.If) else node.pattern)
        if _FAILED_EVENT in question and "completed" not in question:
            yield node


def _questions(plan: Plan) -> Iterator[tuple[cst.CSTNode, SourceFile, bool]]:
    """What asks for the status of a run, and whether that is in a loop that waits."""
    polls = {node for waiting in plan.plain.waiting for node in descendants(waiting.loop)}
    for status, file in _statuses(plan):
        parents = file.scopes.parent_of
        test: cst.CSTNode = status
        while isinstance(parents[test], (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation)):
            test = parents[test]
        yield parents[test], file, test in polls


def _statuses(plan: Plan) -> Iterator[tuple[cst.CSTNode, SourceFile]]:
    """Where the status of a run is read, and what holds it: a variable, what a function of the project returns."""
    found: list[tuple[cst.CSTNode, SourceFile]] = [
        (use.parent, use.file)
        for use in plan.plain.run_uses
        if isinstance(use.parent, cst.Attribute) and use.parent.attr.value == "status"
    ]
    found += _of_named_runs(plan)
    seen: set[cst.CSTNode] = set()
    while found:
        status, file = found.pop(0)
        if status not in seen:
            seen.add(status)
            yield status, file
            found += _handed_on(status, file, plan.inference)


def _of_named_runs(plan: Plan) -> Iterator[tuple[cst.CSTNode, SourceFile]]:
    """Where the status of a run is read in the expression that names it: `(run := …create(…)).status`."""
    for site in plan.plain.creates:
        parents = site.file.scopes.parent_of
        named = parents[site.awaited]
        read = parents[named] if isinstance(named, cst.NamedExpr) else None
        if isinstance(read, cst.Attribute) and read.attr.value == "status":
            yield read, site.file


def _handed_on(status: cst.CSTNode, file: SourceFile, inference: Inference) -> Iterator[tuple[cst.CSTNode, SourceFile]]:
    """Where a status is read that one expression gives to a variable, or to the callers of its function."""
    parent = file.scopes.parent_of[uses.awaited(status, file)]
    scope = file.scopes.scope_of.get(status)
    match parent:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)]) | cst.NamedExpr(target=cst.Name() as name)
        ):
            variable = scope.find(name.value) if scope is not None else None
            if variable is not None:
                yield from ((read, file) for read in uses.reads_of(variable, file))
        case cst.Return() if scope is not None and (function := scope.enclosing_function()) is not None:
            for caller, call, _ in inference.calls_of(function):
                yield uses.awaited(call, caller), caller


def _of_failures(question: cst.CSTNode, file: SourceFile, plan: Plan, *, polled: bool) -> Iterator[cst.CSTNode]:
    """What a failed run leads to; a loop that waits asks for the end of a run, not only for failures."""
    if isinstance(question, cst.If):
        test = spelled(question.test, file, plan.inference)
        fails, completes = holds(test, "failed"), holds(test, "completed")
        asks_for_success = not polled and completes is not None and completes != fails
        if fails and (asks_for_success or "failed" in code(test)):
            yield question.body
        elif fails is False and asks_for_success and not isinstance(question.orelse, cst.If):
            yield question.orelse.body if question.orelse is not None else _following(question, file)
    elif isinstance(question, cst.IfExp) and not polled:
        if holds(spelled(question.test, file, plan.inference), "completed") is not None:
            yield question
    elif isinstance(question, cst.Match):
        for case in question.cases:
            if any(string_value(node) in _FAILURES for node in descendants(case.pattern)):
                yield case.body


def _following(question: cst.If, file: SourceFile) -> cst.CSTNode:
    """The statements after a question, in its block."""
    block = file.scopes.parent_of[question]
    if not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return cst.Module([])
    body = list(block.body)
    return cst.Module([line for line in body[body.index(question) + 1 :] if isinstance(line, cst.SimpleStatementLine)])


def _ends_the_program(suite: cst.CSTNode, file: SourceFile, plan: Plan) -> bool:
    """Whether a branch leaves the process, by an exit or by an exception that nothing catches."""
    for node in descendants(suite):
        if isinstance(node, cst.Call) and dotted(node.func) in _EXITS:
            return True
        if isinstance(node, cst.Raise):
            raised = node.exc.func if isinstance(node.exc, cst.Call) else node.exc
            name = (dotted(raised) or "").rpartition(".")[2]
            return name == "SystemExit" or not (_is_served(node, name, file) or _is_caught(name, plan))
    return False


def _is_served(node: cst.Raise, name: str, file: SourceFile) -> bool:
    """Whether a framework answers for the exception: it is its own, or leaves a function that it was given."""
    functions = (each for each in file.scopes.ancestors(node) if isinstance(each, cst.FunctionDef))
    return name.startswith(("HTTP", "Http")) or any(function.decorators for function in functions)


def _is_caught(name: str, plan: Plan) -> bool:
    """Whether the project catches exceptions of this name, or all of them."""
    for file in uses.connected_files(plan.flow):
        for node in file.scopes.nodes(cst.ExceptHandler):
            types = {
                (dotted(part) or "").rpartition(".")[2] for part in descendants(node.type or cst.Name("Exception"))
            }
            if types & {name, "Exception", "BaseException"}:
                return True
    return False


def _is_listed(plan: Plan, run: Site, thread: str) -> bool:
    """Whether the same function lists the thread's messages after a run of it, also where that failed."""
    order = run.file.scopes.order
    listings = [
        site
        for site in uses.sites_named(plan.flow, MESSAGE_LIST)
        if site.scope is run.scope
        and site not in plan.plain.newest
        and order[site.node] > order[run.node]
        and _names(site, thread)
    ]
    return any(not _only_after_success(plan, site) for site in listings)


def _only_after_success(plan: Plan, site: Site) -> bool:
    """Whether a question how the run ended keeps failed ones from a site: by its branches, or by leaving before it."""
    order, around = site.file.scopes.order, set(site.file.scopes.ancestors(site.node))
    for question, file, polled in _questions(plan):
        if file is not site.file or order[question] > order[site.node]:
            continue
        for branch in _of_failures(question, file, plan, polled=polled):
            if question in around:
                if not around.intersection(descendants(branch)):
                    return True
            elif any(
                isinstance(node, (cst.Return, cst.Raise, cst.Continue, cst.Break)) for node in descendants(branch)
            ):
                return True
    return False


def _names(site: Site, thread: str) -> bool:
    given = thread_argument(site)
    return given is not None and code(given) == thread


def _outlives(plan: Plan, run: Site, thread: str) -> bool:
    """Whether the thread is there before the lines that add the turn and run it, or gets another turn after them."""
    root = thread.partition(".")[0]
    bindings = run.scope.names.get(root, [])
    if not bindings or any(binding.how == "param" for binding in bindings):
        return run.scope.enclosing_function() is not None or _in_a_loop(run, [])
    if not all(_is_new(plan, binding.node) for binding in bindings):
        return True
    if _in_a_loop(run, [binding.target for binding in bindings if binding.target is not None]):
        return True
    order = run.file.scopes.order
    return any(
        other.path == MESSAGE_CREATE
        and other.file is run.file
        and other.scope is run.scope
        and _names(other, thread)
        and order[other.node] > order[run.node]
        for other in plan.flow.sites
    )


def _is_new(plan: Plan, value: cst.CSTNode | None) -> bool:
    """Whether an expression makes a thread, or names one that it makes."""
    made = value.value if isinstance(value, cst.Attribute) and value.attr.value == "id" else value
    return any(made in (site.call, site.awaited) for site in uses.sites_named(plan.flow, THREAD_CREATE) if site.call)


def _in_a_loop(site: Site, bound: list[cst.CSTNode]) -> bool:
    """Whether a loop around the site begins again with what was bound before it."""
    for node in site.file.scopes.ancestors(site.node):
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            return False
        if isinstance(node, (cst.While, cst.For)):
            below = set(descendants(node))
            if not any(target in below for target in bound):
                return True
    return False
