"""The figures and facts that formats for people share, as plain text that each of them escapes in its way."""

from __future__ import annotations

from collections.abc import Iterator

from assist2resp.report.texts import change, listed, quantity
from assist2resp.schema.comparison import Outcome
from assist2resp.schema.counts import counted, counted_kinds
from assist2resp.schema.report import ArchiveSummary, CaseState, CodeSummary, Deadline, MetricRow, Report, RunSummary


def expected(row: MetricRow) -> float | None:
    """What the new value is held against: the old API's value, or how far repeats of the new side agree."""
    if row.kind == "amount":
        return row.old
    if row.noise is not None:
        return row.noise
    return row.new - row.difference if row.new is not None and row.difference is not None else None


def difference(row: MetricRow) -> str:
    """The difference, for amounts with its share of the old value: `+36 tokens (+30 %)`."""
    shown = change(row.difference, row.unit)
    if row.kind == "amount" and row.unit != "share" and row.difference and row.old:
        share = 100 * row.difference / row.old
        return f"{shown} ({change(share, '%')})"
    return shown


def interval(row: MetricRow) -> str:
    """The bounds of the difference, the unit once: `−8.0 to −4.2 points`; nothing where they are not known."""
    if row.low is None or row.high is None:
        return ""
    low, high = (change(bound, row.unit).removeprefix("±") for bound in (row.low, row.high))
    value, _, unit = low.partition(" ")
    return f"{value if unit and high.endswith(f' {unit}') else low} to {high}"


def facts(report: Report) -> Iterator[str]:
    """What was compared, what stands in the way, and what is told beside: a sentence each."""
    for run in report.runs:
        yield _compared(run, named=len(report.runs) > 1)
        yield from _reservations(run)
    yield from _base(report)
    yield from _groups(report)
    if report.code is not None:
        yield _code(report.code)
    if report.archive is not None:
        yield from _archive(report.archive)
    for ends in report.deadlines:
        yield _deadline(ends)


def bad_cases(report: Report) -> int:
    """How many cases of all runs failed or got worse."""
    return sum(run.states.get(state, 0) for run in report.runs for state in (CaseState.FAILED, CaseState.WORSE))


def took(run: RunSummary) -> Iterator[tuple[str, float | None, float | None, str]]:
    """What each side took per answer: a name, the old and the new value, and the unit."""
    yield "cost", run.old.cost, run.new.cost, "USD"
    yield "input tokens", run.old.input_tokens, run.new.input_tokens, ""
    yield "output tokens", run.old.output_tokens, run.new.output_tokens, ""
    yield "latency, median", run.old.latency_middle, run.new.latency_middle, "seconds"
    yield "latency, 95th percentile", run.old.latency_95, run.new.latency_95, "seconds"


def _compared(run: RunSummary, *, named: bool) -> str:
    old, new = listed(list(run.old_models), 2) or "the old API", listed(list(run.models), 2) or "the new API"
    how = "each with its recorded history" if run.mode == "recorded-history" else "with the new answers as history"
    times = f", {run.repeats} answers each" if run.repeats > 1 else ", one answer each: no noise is known"
    spent = f", for {quantity(run.cost, 'USD')}" if run.cost is not None else ""
    name = f"{run.name}: " if named else ""
    return f"{name}{counted(run.cases, 'case')} of {run.source}, {how}: {old} before, {new} now{times}{spent}."


def _reservations(run: RunSummary) -> Iterator[str]:
    states = run.states
    if states.get(CaseState.DIFFERS):
        yield (
            f"{counted(states[CaseState.DIFFERS], 'case')} beyond the noise by a metric that as a whole is no worse: "
            "scatter."
        )
    for known in run.known:
        expiry = f"expired on {known.expires}" if known.expired else f"until {known.expires}"
        yield f"Accepted: {known.reason} ({known.owner}, {expiry}): {counted(known.cases, 'case')}."
    for left in run.left_out:
        yield f"Left out: {counted(left.count, 'turn')}: {left.reason}."
    if run.silent:
        yield f"Nothing to say of any case: {listed(list(run.silent), 6)}."
    for name, reason in run.metrics_left_out.items():
        yield f"Not measured: {name}: {reason}."
    for factor in run.factors:
        share = f", {100 * factor.explains:.0f} % of the whole" if factor.explains is not None else ""
        group = f" in {factor.group}" if factor.group else ""
        yield f"Cause: {factor.factor} alone changes {factor.metric}{group} by {factor.difference:+.3g}{share}."


def _base(report: Report) -> Iterator[str]:
    base = report.base
    if base is None:
        return
    worse = counted(base.newly_worse_count, "case")
    which = f" ({listed(list(base.newly_worse), 4)})" if base.newly_worse else ""
    yield f"Against the base {base.name}: {worse} newly worse{which}, {base.mended_count:,} mended, of {base.common:,} in both."


def _groups(report: Report) -> Iterator[str]:
    for row in report.metrics:
        worse = [group for group in row.groups if group.outcome is Outcome.WORSE]
        if worse:
            shown = [f"{each.group} ({change(each.difference, row.unit)})" for each in worse]
            yield f"{row.title}, worse where: {listed(shown, 4)}."


def _code(code: CodeSummary) -> str:
    return (
        f"Code: {counted(code.sites, 'site')} of the Assistants API: {code.fixed:,} fixed; {counted(code.review, 'finding')} to review, "
        f"{code.manual:,} left by hand; {counted(code.files_changed, 'file')} changed."
    )


def _archive(archive: ArchiveSummary) -> Iterator[str]:
    counts = listed(counted_kinds(archive.counts), 6) or "nothing"
    state = "complete" if archive.complete else f"not complete, {archive.failure_count:,} failed"
    yield f"Archive {archive.name}: {counts}; {state}."
    if archive.losses:
        lost = [f"{each.kind}.{each.field} ({each.count:,})" for each in archive.losses]
        yield f"Fields without a place in the new API: {listed(lost, 5)}."


def _deadline(ends: Deadline) -> str:
    use = f"; take {ends.replacement}" if ends.replacement else ""
    verb = "was shut down" if ends.ended else "will be shut down"
    return f"{ends.model} ({', '.join(ends.used_by)}) {verb} on {ends.on}{use}."
