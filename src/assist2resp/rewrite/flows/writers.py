"""The calls of the project's own functions that add to a thread: a message, a run, or the outputs of tools."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.run_sites import MESSAGE_CREATE
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.inference import Inference

_RUNS = ("create_and_run", "runs.create", "runs.stream", "runs.submit_tool_outputs")


def adds(site: Site) -> bool:
    """Whether a site adds to a thread, so that the newest message may be another one afterwards."""
    return site.path == MESSAGE_CREATE or site.path.removeprefix("beta.threads.").startswith(_RUNS)


def calls_that_add(flow: Flow, inference: Inference) -> frozenset[cst.Call]:
    """The calls of functions that add to a thread of the flow, themselves or through others."""
    waiting = [site.scope.enclosing_function() for site in flow.sites if adds(site)]
    seen, found = set(waiting), set[cst.Call]()
    while waiting:
        function = waiting.pop()
        if function is None:
            continue
        for given in inference.passes.of(function):
            found.add(given.call)
            caller = function_around(given.call, given.file)
            if caller not in seen:
                seen.add(caller)
                waiting.append(caller)
    return frozenset(found)


def function_around(node: cst.CSTNode, file: SourceFile) -> cst.FunctionDef | None:
    """The function whose lines hold a node."""
    return next((outer for outer in file.scopes.ancestors(node) if isinstance(outer, cst.FunctionDef)), None)
