"""The verdict in one line: what a reviewer reads first, and perhaps alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assist2resp.report.figures import difference
from assist2resp.report.texts import listed
from assist2resp.schema.comparison import Outcome
from assist2resp.schema.counts import counted, counted_kinds
from assist2resp.schema.report import (
    Advice,
    ArchiveSummary,
    CaseState,
    CodeSummary,
    Deadline,
    Headline,
    MetricRow,
    RunSummary,
)


def headline(
    runs: tuple[RunSummary, ...],
    metrics: tuple[MetricRow, ...],
    code: CodeSummary | None,
    archive: ArchiveSummary | None,
    ends: Iterable[Deadline],
) -> Headline:
    """The verdict over all that was given, with its reasons."""
    stops = [*_worse(metrics), *_broken(runs), *(_code_stops(code) if code else ())]
    looks = [*_open(runs, metrics), *(_code_looks(code) if code else ()), *_ended(ends), *_unfinished(archive)]
    if stops:
        word = "Worse" if any(_is_worse(row) for row in metrics) else "Failed"
        return Headline(advice=Advice.STOP, word=word, sentence=_said(stops), reasons=(*stops, *looks))
    if looks:
        open_metrics = any(row.outcome is Outcome.UNDECIDED and row.better != "neither" for row in metrics)
        word = "Undecided" if open_metrics else "To review"
        return Headline(advice=Advice.LOOK, word=word, sentence=_said(looks), reasons=tuple(looks))
    word = "Not worse" if runs else "Nothing left to do"
    return Headline(advice=Advice.GO, word=word, sentence=_all_well(runs, metrics, code, archive))


def _said(reasons: list[str]) -> str:
    return f"{listed(reasons)}."


def _is_worse(row: MetricRow) -> bool:
    return row.outcome is Outcome.WORSE or any(group.outcome is Outcome.WORSE for group in row.groups)


def _worse(metrics: Iterable[MetricRow]) -> Iterator[str]:
    """What got worse: over all cases, or where that is not so, in the worst group."""
    for row in metrics:
        if row.outcome is Outcome.WORSE:
            yield f"{row.title} {difference(row)} over {counted(row.cases, 'case')}"
    for row in metrics:
        groups = [group for group in row.groups if group.outcome is Outcome.WORSE]
        if groups and row.outcome is not Outcome.WORSE:
            yield f"{row.title} where {listed([group.group for group in groups], 2)}"


def _broken(runs: Iterable[RunSummary]) -> Iterator[str]:
    for run in runs:
        for gate in run.gates:
            if gate.failed:
                yield f"the condition {gate.expression} failed: {gate.because}"
        expired = [known for known in run.known if known.expired]
        if expired:
            yield f"{counted(len(expired), 'accepted difference')} expired"


def _open(runs: Iterable[RunSummary], metrics: Iterable[MetricRow]) -> Iterator[str]:
    for run in runs:
        failed = run.states.get(CaseState.FAILED, 0)
        if failed:
            yield f"{failed:,} of {counted(run.cases, 'case')} got no answer"
        if not run.complete:
            yield f"the run {run.name} is not complete"
        if not run.cases:
            yield f"the run {run.name} has no case"
    judged = [row for row in metrics if row.better != "neither"]
    undecided = [row for row in judged if row.outcome is Outcome.UNDECIDED]
    if undecided:
        what = listed([row.title for row in undecided]) if len(undecided) < len(judged) else "no metric"
        can = "cannot" if len(undecided) < len(judged) else "can"
        needed = max((row.needed or 0 for row in undecided), default=0)
        more = f" (about {needed:,} would decide)" if needed else ""
        yield f"{what} {can} be decided over {counted(max(row.cases for row in undecided), 'case')}{more}"


def _code_stops(code: CodeSummary) -> Iterator[str]:
    if code.failures:
        yield f"{counted(len(code.failures), 'file')} could not be rewritten"


def _code_looks(code: CodeSummary) -> Iterator[str]:
    if code.manual:
        yield f"{counted(code.manual, 'finding')} in the code {'is' if code.manual == 1 else 'are'} left by hand"
    if code.review:
        yield f"{counted(code.review, 'finding')} in the code {'has' if code.review == 1 else 'have'} to be reviewed"


def _ended(ends: Iterable[Deadline]) -> Iterator[str]:
    dead = [each.model for each in ends if each.ended]
    if dead:
        yield f"{listed(dead)} {'has' if len(dead) == 1 else 'have'} been shut down"


def _unfinished(archive: ArchiveSummary | None) -> Iterator[str]:
    if archive is not None and archive.failure_count:
        yield f"{counted(archive.failure_count, 'object')} of the archive could not be exported"


def _all_well(
    runs: tuple[RunSummary, ...],
    metrics: tuple[MetricRow, ...],
    code: CodeSummary | None,
    archive: ArchiveSummary | None,
) -> str:
    if runs:
        better = [row.title for row in metrics if row.outcome is Outcome.BETTER]
        gain = f", better: {listed(better)}" if better else ""
        cases = sum(run.cases for run in runs)
        return f"{counted(len(metrics), 'metric')} over {counted(cases, 'case')} are no worse than the old API{gain}."
    if code is not None:
        return f"{code.fixed:,} of {counted(code.sites, 'site')} of the Assistants API are fixed."
    assert archive is not None
    return f"the archive is complete: {listed(counted_kinds(archive.counts), 9)}."
