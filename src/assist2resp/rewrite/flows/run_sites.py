"""The sites of runs, threads and messages: how they are called, what they name, what their results are called."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.syntax.nodes import argument, code, descendants, string_value
from assist2resp.rewrite.values.kinds import Kind, Sdk

THREAD_RUNS = (
    "beta.threads.create_and_run",
    "beta.threads.create_and_run_poll",
    "beta.threads.create_and_run_stream",
)
"""Runs that begin with a thread of their own."""
CREATES = ("beta.threads.runs.create", "beta.threads.runs.create_and_poll", *THREAD_RUNS[:2])
POLLED = frozenset({"create_and_poll", "create_and_run_poll"})
"""The names of those that wait for the run's end."""
RETRIEVES = ("beta.threads.runs.retrieve", "beta.threads.runs.poll")
SUBMITS = ("beta.threads.runs.submit_tool_outputs", "beta.threads.runs.submit_tool_outputs_and_poll")
CANCEL = "beta.threads.runs.cancel"
SUBMIT_STREAM = "beta.threads.runs.submit_tool_outputs_stream"
MESSAGE_CREATE, MESSAGE_LIST = "beta.threads.messages.create", "beta.threads.messages.list"
THREAD_CREATE = "beta.threads.create"
THREAD_RETRIEVE, THREAD_UPDATE, THREAD_DELETE = "beta.threads.retrieve", "beta.threads.update", "beta.threads.delete"

RUN = "beta.threads.Run"
THREAD = "beta.Thread"
USAGE = "beta.threads.run.Usage"
ACTION_TYPES = frozenset({"beta.threads.run.RequiredAction", "beta.threads.run.RequiredActionSubmitToolOutputs"})
CALL_TYPES = frozenset({"beta.threads.RequiredActionFunctionToolCall"})


def is_run(kind: Kind) -> bool:
    """Whether a value is a run."""
    return isinstance(kind, Sdk) and kind.type.name == RUN


def is_resumed(site: Site) -> bool:
    """Whether a site submits tool outputs, and reads what comes then as a stream."""
    stream = argument(site.call, "stream") if site.call is not None and site.path == SUBMITS[0] else None
    return site.path == SUBMIT_STREAM or (stream is not None and code(stream) != "False")


def assigned_name(site: Site) -> cst.Name | None:
    """The one name that a site's result is assigned to."""
    if site.call is None:
        return None
    parent = site.file.scopes.parent_of.get(site.awaited)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        return parent.targets[0].target
    if isinstance(parent, cst.AnnAssign) and isinstance(parent.target, cst.Name):
        return parent.target
    return None


def given_names(call: cst.Call) -> set[str]:
    """The names of a call's arguments; one without a keyword is the thread's id."""
    return {arg.keyword.value if arg.keyword is not None else "thread_id" for arg in call.args}


def lists_newest_first(call: cst.Call | None) -> bool:
    """Whether a listing begins with the newest message."""
    order = argument(call, "order") if call is not None else None
    return order is None or string_value(order) == "desc"


def thread_argument(site: Site) -> cst.BaseExpression | None:
    """The thread id that a site is given."""
    assert site.call is not None
    first = (
        "beta.threads.runs.create",
        MESSAGE_CREATE,
        MESSAGE_LIST,
        THREAD_RETRIEVE,
        THREAD_DELETE,
        THREAD_UPDATE,
    )
    position = 0 if site.path in first else None
    if site.path == "beta.threads.runs.poll":
        position = 1
    return argument(site.call, "thread_id", position)


def can_be_repeated(node: cst.BaseExpression, site: Site) -> bool:
    """Whether an expression means the same when it is evaluated again later in the function."""
    for part in descendants(node):
        if isinstance(part, (cst.Call, cst.Await, cst.Yield, cst.NamedExpr, cst.Lambda)):
            return False
        if isinstance(part, cst.Name):
            variable = site.scope.find(part.value)
            if variable is not None and variable[0] is site.scope and len(variable[0].names[variable[1]]) > 1:
                return False
    return True


def asks_status(test: cst.CSTNode, run: cst.BaseExpression, state: str) -> bool:
    """Whether a test is `run.status == "state"`."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or code(test.left) != f"{code(run)}.status":
        return False
    target = test.comparisons[0]
    return isinstance(target.operator, cst.Equal) and string_value(target.comparator) == state
