"""A run in numbers, and what to do next: the closing lines of the command and of the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from assist2resp.errors import ExitCode
from assist2resp.rewrite.catalogue import catalogue
from assist2resp.rewrite.outcome import Outcome
from assist2resp.schema.counts import counted
from assist2resp.schema.findings import FileFailure, Findings, Level, Remark, Skipped


@dataclass(frozen=True)
class RuleCount:
    """How the sites of one rule ended."""

    code: str
    title: str
    fixed: int
    review: int
    manual: int


@dataclass(frozen=True)
class Summary:
    """The numbers of a run; `written` tells whether the changes are on disk."""

    fixed: int
    plain: int
    """Fixed sites that ended as plain SDK calls, or vanished."""
    review: int
    manual: int
    beside: int
    """Findings that are no site: models, prompts, dependencies, raw requests."""
    files: int
    """Files that change."""
    looked_at: int
    rules: tuple[RuleCount, ...]
    failures: tuple[FileFailure, ...]
    skipped: tuple[Skipped, ...]
    remarks: tuple[Remark, ...]
    written: bool

    @property
    def sites(self) -> int:
        """All sites found."""
        return self.fixed + self.review + self.manual

    @property
    def plain_percent(self) -> int:
        """The share of plain ones among the fixed, rounded down."""
        return 100 * self.plain // self.fixed if self.fixed else 0


def summarise(outcome: Outcome, *, written: bool) -> Summary:
    """The numbers of an outcome."""
    found = outcome.findings
    sites = [finding for finding in found.findings if finding.is_site]
    levels = Counter(finding.level for finding in sites)
    return Summary(
        fixed=levels[Level.FIXED],
        plain=sum(finding.plain for finding in sites if finding.level is Level.FIXED),
        review=levels[Level.REVIEW],
        manual=levels[Level.MANUAL],
        beside=len(found.findings) - len(sites),
        files=len(outcome.changes),
        looked_at=found.files_looked_at,
        rules=_rule_counts(found),
        failures=found.failures,
        skipped=found.not_looked_at,
        remarks=found.remarks,
        written=written,
    )


def exit_code(outcome: Outcome, *, written: bool) -> ExitCode:
    """3 when a file failed, else 1 when something is left to do, else 0."""
    if outcome.findings.failures:
        return ExitCode.PARTIAL
    left = any(finding.level is not Level.FIXED for finding in outcome.findings.findings)
    return ExitCode.FINDINGS if left or (outcome.changes and not written) else ExitCode.DONE


def summary_lines(summary: Summary) -> Iterator[str]:
    """The summary as plain text."""
    if not summary.sites and not summary.beside:
        yield f"No use of the Assistants API found in {counted(summary.looked_at, 'file')}."
    else:
        yield headline(summary)
        width = max(len(rule.title) for rule in summary.rules)
        for rule in summary.rules:
            yield f"  {rule.code}  {rule.title:<{width}}  {_ended(rule)}".rstrip()
    for remark in summary.remarks:
        yield f"Warning: {remarked(remark)}"
    for failure in summary.failures:
        yield f"Failed: {failed(failure)}"
    if summary.skipped:
        yield "Not looked at: " + "; ".join(not_looked_at(skipped) for skipped in summary.skipped) + "."
    for step in next_steps(summary):
        yield f"Next: {step}"


def headline(summary: Summary) -> str:
    """The summary in one line."""
    verb = "fixed" if summary.written else "would be fixed"
    share = f" ({summary.plain_percent} % as plain SDK code or gone)" if summary.fixed else ""
    files = f"{counted(summary.files, 'file')} {'written' if summary.written else 'would change'}"
    beside = f"; {counted(summary.beside, 'finding')} beside them" if summary.beside else ""
    return (
        f"{counted(summary.sites, 'site')} of the Assistants API: {summary.fixed} {verb}{share}, "
        f"{summary.review} to review, {summary.manual} manual{beside}; {files}."
    )


def next_steps(summary: Summary) -> Iterator[str]:
    """What the user does now, most urgent first."""
    if summary.failures:
        yield f"mend the {counted(len(summary.failures), 'file')} that failed, then run again."
    if summary.files and not summary.written:
        yield "run again without --check or --diff to write the changes."
    if summary.files and summary.written:
        yield "read the change with `git diff` and run your tests."
    for level, what in ((Level.REVIEW, "read what changes at"), (Level.MANUAL, "migrate by hand")):
        rules = [rule for rule in summary.rules if getattr(rule, level)]
        if rules:
            noun = "finding" if summary.beside else "site"
            number = counted(sum(getattr(rule, level) for rule in rules), f"{level} {noun}")
            first = max(rules, key=lambda rule: int(getattr(rule, level)))
            page = f"; `assist2resp rules {first.code}` explains the most frequent" if first.title else ""
            yield f"{what} the {number}{page}."


def failed(failure: FileFailure) -> str:
    """A failure as one line."""
    line = f":{failure.line}" if failure.line is not None else ""
    return f"{failure.path}{line}: {failure.problem}"


def remarked(remark: Remark) -> str:
    """A remark as one line."""
    return f"{remark.place.path}:{remark.place.line}: {remark.message}"


def not_looked_at(skipped: Skipped) -> str:
    """What was skipped, as one clause."""
    return f"{skipped.count} {skipped.what} ({skipped.reason})"


def _rule_counts(found: Findings) -> tuple[RuleCount, ...]:
    titles = {rule.code: rule.title for rule in catalogue()}
    counts = Counter((finding.code, finding.level) for finding in found.findings)
    codes = sorted({finding.code for finding in found.findings})
    return tuple(
        RuleCount(
            code, titles.get(code, ""), *(counts[code, level] for level in (Level.FIXED, Level.REVIEW, Level.MANUAL))
        )
        for code in codes
    )


def _ended(rule: RuleCount) -> str:
    numbers = ((rule.fixed, "fixed"), (rule.review, "review"), (rule.manual, "manual"))
    return ", ".join(f"{number} {level}" for number, level in numbers if number)
