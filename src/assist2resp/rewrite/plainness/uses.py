"""Why what the program reads of its runs and tool calls keeps them from being plain responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import is_displayed
from assist2resp.rewrite.flows.run_sites import ACTION_TYPES, CALL_TYPES, CREATES, POLLED, RETRIEVES, USAGE
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.runs.stated_differences import shown_whole
from assist2resp.rewrite.syntax.nodes import argument, has_star, string_value
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Ident, Sdk

_FUNCTION_TYPES = frozenset({"beta.threads.required_action_function_tool_call.Function"})
_RUN_ATTRIBUTES = frozenset(
    {
        "id",
        "status",
        "metadata",
        "thread_id",
        "required_action",
        "last_error",
        "error",
        "usage",
        "created_at",
        "completed_at",
    }
)


def run_obstacle(runs: FlowRuns) -> str:
    """What is read of a run that a response does not have, or where a run goes that cannot be followed."""
    for use in runs.run_uses:
        if is_displayed(uses.awaited(use.node, use.file), use.file, runs.inference):
            continue
        if isinstance(use.parent, cst.Attribute):
            name = use.parent.attr.value
            if _is_written(use) and (name != "status" or runs.has_tools or not _is_set(use)):
                return f"the program writes run.{name}"
            if name not in _RUN_ATTRIBUTES:
                return f"the program reads run.{name}"
            if name == "usage" and (runs.has_tools or not all(map(_counts(runs), _usages(runs)))):
                return "the program reads the usage of a run"
            if name == "created_at" and runs.has_tools:
                return "the program reads when a run of several responses began"
            if name in {"last_error", "error"} and not (_is_error_read(use) or shown_whole(use, runs)):
                return f"the program reads run.{name} whole"
        elif not (
            uses.passes_on(use, runs.inference)
            or uses.none_comparison(use.node, use.file) is not None
            or _is_await(use)
        ):
            return "a run leaves the code that can be followed"
    return ""


def _is_written(use: uses.Use) -> bool:
    """Whether an attribute is given a value, or deleted, and not read."""
    outer = use.file.scopes.parent_of[use.parent]
    if isinstance(outer, (cst.AugAssign, cst.Del)):
        return getattr(outer, "target", use.parent) is use.parent
    return use.file.scopes.is_definition(use.parent, outer)


def _is_set(use: uses.Use) -> bool:
    """Whether a statement does nothing but give an attribute a value, as an attribute of a response may be given one."""
    target = use.file.scopes.parent_of[use.parent]
    statement = use.file.scopes.parent_of.get(target)
    return isinstance(target, cst.AssignTarget) and isinstance(statement, cst.Assign) and len(statement.targets) == 1


def _is_await(use: uses.Use) -> bool:
    return isinstance(use.file.scopes.parent_of.get(use.node), cst.Await) and isinstance(use.parent, cst.Expr)


def _usages(runs: FlowRuns) -> Iterator[uses.Use]:
    """Every place that holds the usage of a run."""
    return uses.object_uses(runs.flow, frozenset({USAGE}))


def _counts(runs: FlowRuns) -> Callable[[uses.Use], bool]:
    """Whether of a usage only numbers of tokens are read, and whether there is one."""

    def counts(use: uses.Use) -> bool:
        if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
            return use.parent.attr.value in {"prompt_tokens", "completion_tokens", "total_tokens"}
        return uses.none_comparison(use.node, use.file) is not None or uses.passes_on(use, runs.inference)

    return counts


def _is_error_read(use: uses.Use) -> bool:
    outer = use.file.scopes.parent_of.get(use.parent)
    if isinstance(outer, cst.Attribute):
        return outer.attr.value in {"message", "code"}
    return uses.is_truth_test(use.parent, use.file) or uses.none_comparison(use.parent, use.file) is not None


def call_obstacle(runs: FlowRuns) -> str:
    """What is read of a tool call that an item of a response does not have, or where one goes."""
    for use in uses.object_uses(runs.flow, ACTION_TYPES):
        if isinstance(use.parent, cst.Attribute) and use.parent.attr.value in {"submit_tool_outputs", "tool_calls"}:
            continue
        if dumped(use) is not None or asked_type(use) is not None:
            continue
        if is_displayed(use.node, use.file, runs.inference):
            continue
        tested = uses.is_truth_test(use.node, use.file) or uses.none_comparison(use.node, use.file) is not None
        if not (tested or isinstance(use.parent, (cst.Assign, cst.NamedExpr))):
            return "a required action is used whole"
    for use in uses.object_uses(runs.flow, CALL_TYPES):
        if is_displayed(use.node, use.file, runs.inference):
            continue
        if isinstance(use.parent, cst.Attribute):
            if use.parent.attr.value not in {"id", "function", "type"}:
                return f"the program reads {use.parent.attr.value} of a tool call"
        elif not uses.passes_on(use, runs.inference):
            return "a tool call leaves the code that can be followed"
    for use in uses.object_uses(runs.flow, _FUNCTION_TYPES):
        if isinstance(use.parent, cst.Attribute):
            if use.parent.attr.value not in {"name", "arguments"}:
                return f"the program reads {use.parent.attr.value} of a function call"
        elif not uses.passes_on(use, runs.inference):
            return "a function call leaves the code that can be followed"
    return _calls_list_obstacle(runs)


def dumped(use: uses.Use) -> cst.Call | None:
    """The call that makes dictionaries of a required action, or of the calls below it."""
    call = use.file.scopes.parent_of[use.parent]
    dumps = isinstance(use.parent, cst.Attribute) and use.parent.attr.value in {"model_dump", "dict", "to_dict"}
    return call if dumps and isinstance(call, cst.Call) and call.func is use.parent and not call.args else None


def asked_type(use: uses.Use) -> cst.ComparisonTarget | None:
    """The word that the type of a required action is compared with: there is but one type."""
    comparison = use.file.scopes.parent_of[use.parent]
    if not (isinstance(use.parent, cst.Attribute) and use.parent.attr.value == "type"):
        return None
    if not isinstance(comparison, cst.Comparison) or len(comparison.comparisons) != 1:
        return None
    target = comparison.comparisons[0]
    compares = comparison.left is use.parent and isinstance(target.operator, (cst.Equal, cst.NotEqual))
    return target if compares and string_value(target.comparator) == "submit_tool_outputs" else None


def _calls_list_obstacle(runs: FlowRuns) -> str:
    for use in uses.object_uses(runs.flow, frozenset({"list"})):
        kind = runs.inference.kind(use.node, use.file)
        assert isinstance(kind, Sdk)
        if not (kind.type.args and kind.type.args[0].name in CALL_TYPES):
            continue
        fine = isinstance(use.parent, (cst.For, cst.CompFor, cst.Subscript, cst.NamedExpr))
        shown = is_displayed(use.node, use.file, runs.inference)
        shown = shown or uses.none_comparison(use.node, use.file) is not None
        if not (fine or shown or _is_assigned(use, runs) or uses.passes_on(use, runs.inference) or _is_len(use)):
            return "the list of tool calls leaves the code that can be followed"
    return ""


def _is_assigned(use: uses.Use, runs: FlowRuns) -> bool:
    """Whether a list of calls gets a name, or is taken apart into names that are followed."""
    if not isinstance(use.parent, cst.Assign):
        return False
    taken_apart = (t.target for t in use.parent.targets if isinstance(t.target, (cst.Tuple, cst.List)))
    kinds = (runs.inference.kind(element.value, use.file) for target in taken_apart for element in target.elements)
    return all(isinstance(kind, Sdk) for kind in kinds)


def _is_len(use: uses.Use) -> bool:
    call = use.file.scopes.parent_of.get(use.parent)
    return (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Name)
        and call.func.value in {"len", "enumerate", "list"}
    )


def id_obstacle(runs: FlowRuns) -> str:
    """A run's id that leaves the process, and may come back, needs a background response."""
    returns = (
        runs.has_tools
        or not _is_waited_for(runs)
        or any(_names_another_run(site, runs.inference) for site in runs.flow.index.sites.values())
    )
    may_go_on = runs.has_tools and not (runs.submits and all(site in runs.renewals for site in runs.submits))
    for file, node, parent in uses.identifiers(runs.flow, "Run"):
        if isinstance(parent, cst.Arg) and file.scopes.parent_of[parent] in runs.flow.index.sites:
            continue
        moves = uses.passes_on(uses.Use(file, node, parent, ""), runs.inference)
        compared = isinstance(parent, (cst.Comparison, cst.ComparisonTarget))
        seen = moves or uses.is_shown(node, file, runs.inference) or compared
        if (not seen and returns) or (isinstance(parent, cst.Return) and (may_go_on or not moves)):
            return "a run's id leaves the process"
    return ""


def _is_waited_for(runs: FlowRuns) -> bool:
    """Whether the program waits for the end of its runs, and leaves that to nobody else."""
    return bool(uses.sites_named(runs.flow, *RETRIEVES)) or all(
        site.name in POLLED for site in uses.sites_named(runs.flow, *CREATES)
    )


def _names_another_run(site: Site, inference: Inference) -> bool:
    """Whether a call names a run by an id that came from elsewhere."""
    if site.call is None or not site.path.startswith("beta.threads"):
        return False
    if has_star(site.call) or site.path == "beta.threads.runs.list":
        return True
    position = 0 if site.path.startswith("beta.threads.runs.") and site.path not in CREATES else None
    named = argument(site.call, "run_id", position)
    return named is not None and inference.kind(named, site.file) != Ident("Run")
