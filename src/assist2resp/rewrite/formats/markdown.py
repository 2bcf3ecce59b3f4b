"""A comment on a pull request, within the size that GitHub takes; its first line lets a bot find and replace it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assist2resp.rewrite.formats import View
from assist2resp.rewrite.outcome import Outcome
from assist2resp.rewrite.summary import Summary, failed, headline, next_steps, not_looked_at, remarked, summarise
from assist2resp.schema.findings import Finding, Level

MARKER = "<!-- assist2resp -->"
LIMIT = 60_000
"""GitHub takes comments of 65,536 characters; the rest is for the closing of open sections."""

_TITLES = {Level.MANUAL: "To do by hand", Level.REVIEW: "To review", Level.FIXED: "Fixed"}


def render(outcome: Outcome, view: View) -> str:
    """The summary, the rules as a table, and the findings, manual ones first."""
    summary = summarise(outcome, written=view.written)
    parts = [MARKER, "## Assistants API to Responses", *_head(summary)]
    room = LIMIT - sum(len(part) for part in parts)
    for level, title in _TITLES.items():
        found = [finding for finding in outcome.findings.findings if finding.level is level]
        section = _section(title, found, room) if found else ""
        room -= len(section)
        parts.append(section)
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(summary: Summary) -> Iterator[str]:
    if not summary.sites and not summary.beside:
        yield f"No use of the Assistants API found in {summary.looked_at:,} files."
        yield from (_failures(summary),)
        return
    yield headline(summary)
    rows = [f"| {_code(r.code)} | {escaped(r.title)} | {r.fixed} | {r.review} | {r.manual} |" for r in summary.rules]
    yield "\n".join(["| rule | what | fixed | review | manual |", "|---|---|--:|--:|--:|", *rows])
    yield _failures(summary)
    yield "\n".join(f"- Next: {step}" for step in next_steps(summary))


def _failures(summary: Summary) -> str:
    lines = [f"- **Failed:** {escaped(failed(failure))}" for failure in summary.failures]
    lines += [f"- Warning: {escaped(remarked(remark))}" for remark in summary.remarks]
    lines += [f"- Not looked at: {escaped(not_looked_at(skipped))}" for skipped in summary.skipped]
    return "\n".join(lines)


def _section(title: str, findings: Sequence[Finding], room: int) -> str:
    """A section that folds; what has no room is counted."""
    lines = [f"<details><summary>{title}: {len(findings)}</summary>", ""]
    used = sum(len(line) + 1 for line in lines) + 100
    for number, finding in enumerate(findings):
        line = _line(finding)
        used += len(line) + 1
        if used > room:
            lines.append(f"- and {len(findings) - number} more")
            break
        lines.append(line)
    return "\n".join([*lines, "", "</details>"])


def _line(finding: Finding) -> str:
    place = f"{finding.place.path}:{finding.place.line}"
    blocker = finding.blocked_by
    kept = f" (kept back by {_code(f'{blocker.path}:{blocker.line}')})" if blocker and blocker != finding.place else ""
    return f"- {_code(place)} {finding.code}: {escaped(finding.message)}{kept}"


def escaped(text: str) -> str:
    """Text that Markdown and HTML leave as it is, on one line, without mentioning anybody."""
    text = re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", " ".join(text.split()))
    return text.replace("@", "@\u200b")


def _code(text: str) -> str:
    """A code span, whatever the text holds."""
    text = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
