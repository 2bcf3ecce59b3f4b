"""For a terminal: one line per finding, `path:line:column CODE [level] message`, file by file, then the summary."""

from __future__ import annotations

from itertools import groupby

from assist2resp.rewrite.formats import View
from assist2resp.rewrite.outcome import Outcome
from assist2resp.rewrite.summary import summarise, summary_lines
from assist2resp.schema.findings import Finding, Level

_STYLES = {Level.FIXED: "green", Level.REVIEW: "yellow", Level.MANUAL: "red"}


def render(outcome: Outcome, view: View) -> str:
    """The findings and the summary."""
    findings = sorted(outcome.findings.findings, key=lambda f: (f.place.path, f.place.line, f.place.column, f.code))
    lines: list[str] = []
    for _, group in groupby(findings, key=lambda finding: finding.place.path):
        lines += [*(finding_line(finding, colour=view.colour) for finding in group), ""]
    lines += summary_lines(summarise(outcome, written=view.written))
    return "\n".join(lines) + "\n"


def finding_line(finding: Finding, *, colour: bool = False) -> str:
    """One finding as one line."""
    place = finding.place
    path = _paint(place.path, "bold") if colour else place.path
    level = _paint(f"[{finding.level}]", _STYLES[finding.level]) if colour else f"[{finding.level}]"
    message = " ".join(finding.message.split())
    return f"{path}:{place.line}:{place.column} {finding.code} {level} {message}{_blocker(finding)}"


def _blocker(finding: Finding) -> str:
    blocker = finding.blocked_by
    if blocker is None or blocker == finding.place:
        return ""
    return f" (kept back by {blocker.path}:{blocker.line}:{blocker.column})"


def _paint(text: str, style: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)
