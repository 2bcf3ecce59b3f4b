"""What `rewrite` found, in numbers, and what a reviewer has to see to because of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from assist2resp.errors import InputFileError
from assist2resp.schema.findings import FINDINGS_VERSION, Finding, Findings, Level, RuleNote
from assist2resp.schema.report import CheckItem, CodeSite, CodeSummary, RuleRow
from assist2resp.schema.versioned import read_versioned

SHOWN = 100
_ORDER = {Level.MANUAL: 0, Level.REVIEW: 1, Level.FIXED: 2}
_HINT = "Give the file that `assist2resp rewrite --format json --output` wrote."


def read_findings(path: Path) -> Findings:
    """The findings of a file of a version that is known."""
    try:
        return read_versioned(path, Findings, "findings_version", FINDINGS_VERSION, "file of findings")
    except FileNotFoundError as error:
        raise InputFileError(path, "does not exist.", hint=_HINT) from error


def code_summary(found: Findings) -> CodeSummary:
    """The findings in numbers, with the sites that are open."""
    sites = Counter(finding.level for finding in found.findings if finding.is_site)
    open_sites = sorted(
        (finding for finding in found.findings if finding.level is not Level.FIXED),
        key=lambda each: (_ORDER[each.level], each.code, each.place.path, each.place.line),
    )
    return CodeSummary(
        sites=sum(sites.values()),
        fixed=sites[Level.FIXED],
        review=sum(finding.level is Level.REVIEW for finding in found.findings),
        manual=sum(finding.level is Level.MANUAL for finding in found.findings),
        files_changed=len(found.files_changed),
        files_looked_at=found.files_looked_at,
        rules=tuple(_rules(found)),
        open_sites=tuple(
            CodeSite(code=each.code, level=each.level, place=each.place, message=each.message)
            for each in open_sites[:SHOWN]
        ),
        failures=found.failures,
    )


def checklist(found: Findings) -> Iterator[CheckItem]:
    """One thing to see to per rule that was hit and leaves something to see, what is left by hand first."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in found.findings:
        by_rule[finding.code].append(finding)
    notes = {note.code: note for note in found.rules}
    items = [_item(code, hits, notes.get(code)) for code, hits in by_rule.items()]
    yield from sorted((item for item in items if item.text), key=lambda each: (_ORDER[each.level], each.code))


def _item(code: str, hits: list[Finding], note: RuleNote | None) -> CheckItem:
    level = min((hit.level for hit in hits), key=lambda each: _ORDER[each])
    foremost = [hit for hit in hits if hit.level is level]
    return CheckItem(
        code=code,
        text=_text(level, foremost, note),
        places=tuple(hit.place for hit in foremost[:3]),
        count=len(foremost),
        level=level,
    )


def _text(level: Level, hits: list[Finding], note: RuleNote | None) -> str:
    """What to see to: of fixed sites what the rule's page warns of, of others what their findings say."""
    if level is Level.FIXED:
        return note.know if note is not None else ""
    messages = list(dict.fromkeys(hit.message for hit in hits))
    more = f" (and {len(messages) - 1} other messages)" if len(messages) > 1 else ""
    title = f"{note.title}: " if note is not None and note.title else ""
    return f"{title}{messages[0]}{more}"


def _rules(found: Findings) -> Iterator[RuleRow]:
    notes = {note.code: note for note in found.rules}
    counts = Counter((finding.code, finding.level) for finding in found.findings)
    for code in sorted({finding.code for finding in found.findings}):
        note = notes.get(code) or RuleNote(code=code, title="")
        levels = {level.value: counts[code, level] for level in Level}
        yield RuleRow(code=code, title=note.title, link=note.link, **levels)
