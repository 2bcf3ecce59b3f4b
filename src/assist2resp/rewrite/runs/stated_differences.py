"""What users may see of a response that they did not see so of a run, in the words of a finding."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import LOGS, is_displayed
from assist2resp.rewrite.flows.run_sites import RUN
from assist2resp.rewrite.runs.flow_runs import FlowRuns


def stated_differences(runs: FlowRuns) -> str:
    """The differences that a reviewer should know of, as the end of a sentence; empty where there are none."""
    return "; ".join(_differences(runs))


def _differences(runs: FlowRuns) -> Iterator[str]:
    if runs.shows_runs:
        yield "where the run is shown whole, the response is"
    reads = [use for use in runs.run_uses if use.type_name == RUN and isinstance(use.parent, cst.Attribute)]
    if any(_shows_an_error(use, runs) for use in reads):
        yield "where the error of a failed run is shown whole, that of the response is"


def _shows_an_error(use: uses.Use, runs: FlowRuns) -> bool:
    """Whether users see the error of a run whole; what is logged is for those who look after the program."""
    read = cst.ensure_type(use.parent, cst.Attribute)
    if read.attr.value != "last_error" or is_displayed(read, use.file, runs.inference, LOGS):
        return False
    return shown_whole(use, runs)


def shown_whole(use: uses.Use, runs: FlowRuns) -> bool:
    """Whether the attribute that is read goes into a text, whole."""
    return uses.is_shown(use.parent, use.file, runs.inference) or is_displayed(use.parent, use.file, runs.inference)
