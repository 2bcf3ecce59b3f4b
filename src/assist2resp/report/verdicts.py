"""The rows of the one table: a verdict per metric and run, beside the same of the base branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assist2resp.errors import UsageError
from assist2resp.report.digest import Digest
from assist2resp.schema.comparison import MetricNote, Outcome, Run, Verdict
from assist2resp.schema.report import BaseSummary, BaseValue, CaseState, MetricRow

_ORDER = {Outcome.WORSE: 0, Outcome.UNDECIDED: 1, Outcome.DIFFERENT: 2, Outcome.BETTER: 3, Outcome.SAME: 4}
_BAD = (CaseState.FAILED, CaseState.WORSE)
SHOWN = 100


def metric_rows(digests: Iterable[Digest], base: Digest | None) -> tuple[MetricRow, ...]:
    """A row per metric and run that says something of a case, what got worse first."""
    values = {each.metric: each for each in base.run.verdicts if not each.group} if base is not None else {}
    rows = [row for digest in digests for row in _rows(digest, values)]
    return tuple(sorted(rows, key=lambda row: (not _any_worse(row), _ORDER[row.outcome])))


def base_summary(digests: Iterable[Digest], base: Digest) -> BaseSummary:
    """Which cases became worse or better since the base; UsageError where the runs have no case in common."""
    head = {case: state for digest in digests for case, state in digest.by_case.items()}
    common = [case for case in head if case in base.by_case]
    if not common and head:
        raise UsageError(
            f"the runs {base.name} (--against-base) and {next(iter(digests)).name} have no case in common; "
            "replay both from the same archive."
        )
    worse = [case for case in common if head[case] in _BAD and base.by_case[case] not in _BAD]
    mended = sum(head[case] not in _BAD and base.by_case[case] in _BAD for case in common)
    return BaseSummary(
        name=base.name,
        cases=len(base.by_case),
        common=len(common),
        newly_worse=tuple(worse[:SHOWN]),
        newly_worse_count=len(worse),
        mended_count=mended,
    )


def _rows(digest: Digest, base: dict[str, Verdict]) -> Iterator[MetricRow]:
    notes = {note.name: note for note in digest.run.metrics}
    for verdict in digest.run.verdicts:
        if not verdict.group and verdict.cases:
            note = notes.get(verdict.metric) or _unknown(verdict.metric)
            yield _row(digest.name, verdict, note, digest.run, base.get(verdict.metric))


def _row(run: str, verdict: Verdict, note: MetricNote, whole: Run, base: Verdict | None) -> MetricRow:
    groups = [each for each in whole.verdicts if each.group and each.metric == verdict.metric]
    return MetricRow(
        run=run,
        title=note.title,
        unit=note.unit,
        better=note.better,
        kind=note.kind,
        blind=note.blind,
        base=BaseValue(outcome=base.outcome, new=base.new, difference=base.difference) if base is not None else None,
        groups=tuple(sorted(groups, key=lambda each: _ORDER[each.outcome])),
        **verdict.model_dump(),
    )


def _any_worse(row: MetricRow) -> bool:
    return row.outcome is Outcome.WORSE or any(group.outcome is Outcome.WORSE for group in row.groups)


def _unknown(name: str) -> MetricNote:
    """What is said of a metric of which the run says nothing."""
    return MetricNote(name=name, title=name, unit="", better="neither", blind="")
