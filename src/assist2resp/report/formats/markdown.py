"""A comment on a pull request, for a reviewer who decides in a minute, within the size that GitHub takes.

The verdict is its first visible line; the line above it, which nobody sees, lets a bot find its comment and replace it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from assist2resp.report.differences import lines_of, why
from assist2resp.report.figures import bad_cases, difference, expected, facts, interval
from assist2resp.report.texts import change, one_line, quantity, visible
from assist2resp.report.view import TITLE, View
from assist2resp.schema.comparison import Outcome
from assist2resp.schema.counts import counted
from assist2resp.schema.findings import Level
from assist2resp.schema.report import Advice, CaseRow, CheckItem, MetricRow, Report

LIMIT = 60_000
"""GitHub takes comments of 65,536 characters."""

_ADVICE = {Advice.GO: "✅", Advice.LOOK: "⚠️", Advice.STOP: "❌"}
_OUTCOMES = {
    Outcome.WORSE: "❌ worse",
    Outcome.UNDECIDED: "❔ undecided",
    Outcome.BETTER: "🟢 better",
    Outcome.DIFFERENT: "❔ different",
    Outcome.SAME: "✅ same",
}
_CASES = 5
_ROWS, _FACTS, _ITEMS = 20_000, 8_000, 12_000
"""Characters that the parts may take; the worst cases take what is left."""
_BREAK = "\u200b"
"""A zero-width space: what GitHub makes of rendered text (mentions, references, links) does not reach across it."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]|~$!#])")
_STARTS = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)")
"""What makes a list or a line of the beginning of a paragraph."""
_ACTIVE = re.compile(r"@(?=\w)|#(?=\w)|(?i:https?:(?=/)|www(?=\.)|\bGH(?=-\d))|(?<=\w)@")


def render(view: View) -> Iterator[str]:
    """The report as Markdown for GitHub and GitLab."""
    report = view.report
    parts = [marker(report.title), f"## {_ADVICE[report.headline.advice]} {_verdict(report)}"]
    if report.title != TITLE:
        parts.append(f"**{escaped(one_line(report.title))}**")
    parts += [_within(_table(report), _ROWS, "row"), _within(_facts(report), _FACTS, "sentence")]
    checks = _within(_checklist(report.checklist), _ITEMS, "point")
    foot = "<sub>assist2resp report: what counts is what exceeds the noise of the new side's own repeats.</sub>"
    room = LIMIT - sum(len(part) + 2 for part in [*parts, checks, foot])
    parts += [*_cases(report, room), checks, foot]
    yield "\n\n".join(part for part in parts if part) + "\n"


def marker(title: str) -> str:
    """The first line of a comment, the same for every report of this title."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] if title != TITLE else ""
    return f"<!-- assist2resp report{f' {slug}' if slug else ''} -->"


def escaped(text: str) -> str:
    """Text on one line that Markdown and HTML leave as it is, without mentions, references or links."""
    line = " ".join(visible(text).split())
    broken = _ACTIVE.sub(lambda match: match[0] + _BREAK, line)
    return _STARTS.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", html.escape(broken, quote=False)))


def _verdict(report: Report) -> str:
    head = report.headline
    base = report.base
    newly = f" {counted(base.newly_worse_count, 'case')} newly worse than at the base." if base is not None else ""
    return f"{head.word}: {escaped(one_line(head.sentence, 500))}{newly}"


def _table(report: Report) -> Iterator[str]:
    if not report.metrics:
        return
    several, based = len(report.runs) > 1, report.base is not None
    titles = [*(["run"] if several else []), "verdict", "metric", "expected", "now", "difference", "cases"]
    titles += ["at the base"] if based else []
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join('--:' if title in _NUMBERS else '---' for title in titles)}|"
    for row in report.metrics:
        cells = [*([_code(row.run)] if several else []), *_cells(row), *([_at_base(row)] if based else [])]
        yield f"| {' | '.join(cells)} |"


_NUMBERS = ("expected", "now", "difference", "cases")


def _cells(row: MetricRow) -> list[str]:
    strong = "**" if row.outcome is Outcome.WORSE else ""
    bounds = f" ({interval(row)})" if interval(row) else ""
    needed = f" of about {row.needed:,}" if row.outcome is Outcome.UNDECIDED and row.needed else ""
    return [
        _OUTCOMES[row.outcome],
        f"{strong}{escaped(one_line(row.title, 60))}{strong}",
        escaped(quantity(expected(row), row.unit)),
        escaped(quantity(row.new, row.unit)),
        escaped(f"{difference(row)}{bounds}"),
        f"{row.cases:,}{needed}",
    ]


def _at_base(row: MetricRow) -> str:
    if row.base is None:
        return "new"
    return escaped(f"{row.base.outcome.value} ({change(row.base.difference, row.unit)})")


def _facts(report: Report) -> Iterator[str]:
    return (f"- {escaped(one_line(fact, 400))}" for fact in facts(report))


def _cases(report: Report, room: int) -> Iterator[str]:
    """The worst cases, folded, each within its share of the room."""
    shown = report.worst[:_CASES]
    title = f"### The {counted(len(shown), 'worst case')} of {bad_cases(report):,} that got worse"
    if not shown or room < 2000:
        return
    yield title
    share = (room - len(title) - 2) // len(shown) - 2
    for number, case in enumerate(shown, 1):
        yield _case(number, case, report, share)


def _case(number: int, case: CaseRow, report: Report, room: int) -> str:
    reasons = "; ".join(one_line(each, 120) for each in why(case, report.metrics))
    head = f"<details><summary>{number}. <code>{_plain(one_line(case.id, 80))}</code> {_plain(one_line(reasons, 200))}</summary>"
    where = ", ".join(f"{field}={value}" for field, value in case.groups.items())
    question = _fenced("text", [case.question], 1_500)
    body = _fenced("diff", lines_of(case.old, case.new), max(0, min(6_000, room - len(head) - len(question) - 600)))
    return "\n\n".join(
        [head, f"Asked ({escaped(one_line(where, 200))}):", question, "Old (−) and new (+):", body, "</details>"]
    )


def _checklist(items: Iterable[CheckItem]) -> Iterator[str]:
    found = list(items)
    if found:
        yield "### For the reviewer"
        yield ""
    for item in found:
        places = ", ".join(_code(f"{place.path}:{place.line}") for place in item.places)
        what = {Level.MANUAL: "by hand", Level.REVIEW: "to review", Level.FIXED: "fixed"}[item.level]
        more = f" and {item.count - len(item.places)} more" if item.count > len(item.places) else ""
        yield f"- [ ] **{escaped(item.code)}** ({item.count:,} {what}) {escaped(one_line(item.text, 300))} {places}{more}"


def _within(lines: Iterable[str], room: int, what: str) -> str:
    """The lines that have room, and how many have none."""
    kept: list[str] = []
    left = 0
    for line in lines:
        room -= len(line) + 1
        if left or room < 0:
            left += 1
        else:
            kept.append(line)
    return "\n".join([*kept, *([f"\nand {counted(left, what)} more"] if left else [])])


def _plain(text: str) -> str:
    """Text inside HTML, where Markdown is not read."""
    return html.escape(_ACTIVE.sub(lambda match: match[0] + _BREAK, text))


def _fenced(language: str, lines: Iterable[str], room: int) -> str:
    """Lines as they are, whatever they hold; cut where there is no room."""
    text = visible("\n".join(lines)).replace("<!--", f"<!{_BREAK}--")
    if len(text) > room:
        text = f"{text[:room]}\n… {counted(len(text) - room, 'character')} more"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _code(text: str) -> str:
    """A code span on one line, whatever the text holds, in a table too."""
    line = one_line(text, 160).replace("|", "\\|").replace("<!--", f"<!{_BREAK}--")
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"
