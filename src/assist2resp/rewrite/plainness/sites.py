"""Why the calls of a flow keep its runs from being plain responses: methods, arguments, and files that run beside them."""

from __future__ import annotations

import re

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.meetings import may_meet
from assist2resp.rewrite.flows.run_sites import (
    CANCEL,
    CREATES,
    MESSAGE_CREATE,
    MESSAGE_LIST,
    RETRIEVES,
    SUBMIT_STREAM,
    SUBMITS,
    THREAD_CREATE,
    THREAD_DELETE,
    THREAD_RETRIEVE,
    THREAD_RUNS,
    THREAD_UPDATE,
    is_resumed,
    thread_argument,
)
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.flows.stand_ins import stands_in
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.plainness.newest import newest_of_runs
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.runs.handovers import read_by_name
from assist2resp.rewrite.runs.own_threads import own_thread
from assist2resp.rewrite.streams.streamed_runs import MANAGED
from assist2resp.rewrite.syntax.nodes import argument, descendants, has_star
from assist2resp.rewrite.values.kinds import Ident

_STEPS = ("beta.threads.runs.steps.list", "beta.threads.runs.steps.retrieve")
_ASSISTANT_SITES = "beta.assistants."
_CREATE_ARGUMENTS = frozenset({
    "thread_id", "assistant_id", "instructions", "additional_instructions", "model", "temperature", "top_p", "tools",
    "tool_choice", "response_format", "metadata", "parallel_tool_calls", "max_completion_tokens", "reasoning_effort",
    "poll_interval_ms", "timeout", "extra_headers", "stream", "event_handler", "additional_messages",
    "truncation_strategy", "max_prompt_tokens",
})  # fmt: skip

_BAD_REQUEST = "BadRequestError"
_FILES = frozenset({"attachments", "tool_resources", "file_ids"})
_REFUSAL = re.compile(rb"""["'][^"'\n]*(?:\bwhile a run\b|\brun_(?:\\w|\[))""")


def refusal_obstacle(runs: FlowRuns) -> str:
    """A program that looks for the run in the words of a refusal expects runs that go on by themselves."""
    if any(_REFUSAL.search(file.data) for file in uses.connected_files(runs.flow)):
        return "the program reads which run is in the way from an error's text"
    if any(_is_refused_alone(site, runs) for site in uses.sites_named(runs.flow, MESSAGE_CREATE)):
        return "the program expects that messages are refused while a run is active"
    return ""


def _is_refused_alone(site: Site, runs: FlowRuns) -> bool:
    """Whether a `try` around a message, and around no run, catches that it is refused."""
    started = {other.node for other in runs.flow.sites if ".runs." in other.path or other.path in THREAD_RUNS}
    for node in site.file.scopes.ancestors(site.node):
        if isinstance(node, (cst.FunctionDef, cst.Lambda)):
            return False
        if isinstance(node, cst.Try) and (inside := set(descendants(node.body))) and site.node in inside:
            caught = [part for handler in node.handlers if handler.type for part in descendants(handler.type)]
            refused = any(isinstance(part, cst.Name) and part.value == _BAD_REQUEST for part in caught)
            return refused and not started & inside
    return False


def mock_obstacle(runs: FlowRuns) -> str:
    """The support module takes a mock for what it is; plain calls would ask it for methods that no test prepared."""
    for file in uses.connected_files(runs.flow):
        if stands_in(file) and may_meet(file, runs.flow):
            return "tests of the project replace the client by a mock"
    return ""


def site_obstacle(runs: FlowRuns) -> str:
    """Why a call of the flow has no plain form; empty when all have one."""
    allowed = (
        *CREATES,
        *MANAGED,
        *RETRIEVES,
        *SUBMITS,
        SUBMIT_STREAM,
        MESSAGE_CREATE,
        MESSAGE_LIST,
        THREAD_CREATE,
        THREAD_DELETE,
        THREAD_RETRIEVE,
        THREAD_UPDATE,
        THREAD_RETRIEVE,
        THREAD_DELETE,
        THREAD_UPDATE,
        *_STEPS,
    )
    for site in runs.flow.sites:
        if site.path.startswith((_ASSISTANT_SITES, "beta.vector_stores")):
            continue
        if site.path not in allowed and not gives_up(site, runs):
            return f"{site.path} needs a run that the server remembers"
        call = site.plain_call
        if call is None:
            return f"{site.path} is not called plainly"
        if has_star(call) or client_at(site, runs.inference) is None:
            return f"the arguments of {site.path} are not all to be seen"
        obstacle = _argument_obstacle(runs, site)
        if obstacle:
            return obstacle
    return runs.streamed[1]


def gives_up(site: Site, runs: FlowRuns) -> bool:
    """Whether a site cancels the run that a loop waits for, when it has waited for too long; no response is waited for.

    A run that has calls open is another matter: they would be in the way of what follows.
    """
    if site.path != CANCEL or runs.has_tools or not isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr):
        return False
    around = set(site.file.scopes.ancestors(site.node))
    return any(wait.loop in around for wait in runs.waiting)


def _is_of_one_response(runs: FlowRuns, site: Site) -> bool:
    """Whether a site names a run of the flow that is one response, of which the support module can ask the server."""
    run_id = argument(site.call, "run_id", 0 if site.path in _STEPS else None) if site.call is not None else None
    named = run_id is not None and runs.inference.kind(run_id, site.file) == Ident("Run")
    submits = uses.sites_named(runs.flow, *SUBMITS, SUBMIT_STREAM)
    return named and all(_stands_before(site, submit) for submit in submits)


def _stands_before(site: Site, other: Site) -> bool:
    """Whether a site is done with before another, both among the lines of one module that run once."""
    if site.file is not other.file or site.scope.parent is not None or other.scope.parent is not None:
        return False
    around = (*site.file.scopes.ancestors(site.node), *site.file.scopes.ancestors(other.node))
    order = site.file.scopes.order
    return order[site.node] < order[other.node] and not any(isinstance(node, (cst.For, cst.While)) for node in around)


def brings_files(site: Site, runs: FlowRuns) -> bool:
    """Whether a site may give files or vector stores to a thread, which the support module remembers for its runs."""
    given = {arg.keyword.value for arg in site.call.args if arg.keyword is not None} if site.call is not None else set()
    if site.path in {MESSAGE_CREATE, THREAD_CREATE, THREAD_UPDATE} and given & _FILES:
        return True
    messages = argument(site.call, "messages") if site.call is not None and site.path == THREAD_CREATE else None
    if messages is None or converted.messages(messages, Lookup(site.file.scopes)) is not None:
        return False
    return any(b"attachments" in file.data for file in uses.connected_files(runs.flow))


def _argument_obstacle(runs: FlowRuns, site: Site) -> str:
    assert site.call is not None
    keywords = {arg.keyword.value for arg in site.call.args if arg.keyword is not None}
    own = {"thread"} if site.path in THREAD_RUNS else set()
    if site.path in (*CREATES, *MANAGED) and not keywords <= _CREATE_ARGUMENTS | own:
        return f"{site.path} is given {', '.join(sorted(keywords - _CREATE_ARGUMENTS - own))}"
    obstacle = _added_obstacle(runs, site) if site.path in (*CREATES, *MANAGED) else ""
    if obstacle:
        return obstacle
    if site.path in THREAD_RUNS and own_thread(site, runs.look(site.file)) is None:
        return "a run begins with a thread of which not all can be seen"
    if site.path in (*CREATES, *MANAGED) and (
        argument(site.call, "assistant_id") is None or (thread_argument(site) is None and not own)
    ):
        return f"{site.path} is not given its thread and assistant by name"
    if site in runs.submits:
        outputs, run_id = argument(site.call, "tool_outputs"), argument(site.call, "run_id", 0)
        if outputs is None or (site.path == SUBMITS[1] and "stream" in keywords):
            return "the tool outputs are streamed"
        named = not (isinstance(run_id, cst.Attribute) and run_id.attr.value == "id")
        unknown = (named and site not in runs.handovers) or read_by_name(uses.sites_named(runs.flow, *RETRIEVES))
        if unknown and site not in runs.renewals:
            return "tool outputs are submitted to a run that is only named"
        if runs.origin_of(site) is None and not runs.tells_settings(site):
            return "tool outputs are submitted where the run's own settings are not to be seen"
    if is_resumed(site) and (argument(site.call, "tool_outputs") is None or not runs.tells_settings(site)):
        return "tool outputs are submitted where the run's own settings are not to be seen"
    if site.path == MESSAGE_LIST and "run_id" in keywords and not _is_of_one_response(runs, site):
        return "" if site in newest_of_runs(runs) else "messages are listed by run"
    if site.path in _STEPS and not _is_of_one_response(runs, site):
        return "steps are listed of a run of several responses"
    cursors = [argument(site.call, name) for name in ("before", "after") if site.path == MESSAGE_LIST]
    if any(cursor is not None and runs.inference.kind(cursor, site.file) != Ident("Message") for cursor in cursors):
        return "messages are listed from a cursor that cannot be followed"
    return ""


def _added_obstacle(runs: FlowRuns, site: Site) -> str:
    """Why messages that a run adds, or what it sees of its thread, has no place in a response."""
    added, seen = (argument(site.call, name) for name in ("additional_messages", "truncation_strategy") if site.call)
    if added is not None and not isinstance(converted.messages(added, runs.look(site.file)), cst.List):
        return f"{site.path} is given messages that cannot all be seen"
    alone = (cst.Assign, cst.AnnAssign, cst.Expr, cst.Return, cst.WithItem)
    if added is not None and not isinstance(site.file.scopes.parent_of[site.awaited], alone):
        return f"{site.path} is given messages within another expression"
    if seen is not None and not converted.is_automatic(seen):
        return f"{site.path} is given truncation_strategy"
    return ""
