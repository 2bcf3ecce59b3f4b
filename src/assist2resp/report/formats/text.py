"""For a terminal: the verdict, the table, the worst cases and what is left to see to."""

from __future__ import annotations

from collections.abc import Iterator

from rich.color import ColorSystem
from rich.style import Style

from assist2resp.report.differences import lines_of, why
from assist2resp.report.figures import bad_cases, difference, expected, facts, interval
from assist2resp.report.texts import one_line, quantity
from assist2resp.report.view import View
from assist2resp.schema.comparison import Outcome
from assist2resp.schema.counts import counted
from assist2resp.schema.report import Advice, CaseRow, CheckItem, MetricRow, Report

_ADVICE = {Advice.GO: "bold green", Advice.LOOK: "bold yellow", Advice.STOP: "bold red"}
_OUTCOMES = {
    Outcome.WORSE: "red",
    Outcome.UNDECIDED: "yellow",
    Outcome.BETTER: "green",
    Outcome.DIFFERENT: "yellow",
    Outcome.SAME: "",
}
_LINES = {"-": "red", "+": "green"}
_CASES, _ITEMS, _DIFFERENCES = 5, 12, 12


def render(view: View) -> Iterator[str]:
    """The report as lines."""
    paint = _Paint(colour=view.colour)
    yield from (f"{line}\n" for line in _lines(view.report, paint))


class _Paint:
    def __init__(self, *, colour: bool) -> None:
        self._system = ColorSystem.STANDARD if colour else None

    def __call__(self, text: str, style: str) -> str:
        return Style.parse(style).render(text, color_system=self._system) if style and self._system else text


def _lines(report: Report, paint: _Paint) -> Iterator[str]:
    head = report.headline
    yield f"{paint(head.word, _ADVICE[head.advice])}: {one_line(head.sentence, 600)}"
    if report.metrics:
        yield ""
        yield from _table(report, paint)
    yield from _section("", facts(report))
    for number, case in enumerate(report.worst[:_CASES], 1):
        yield from _case(number, case, report, paint)
    more = bad_cases(report) - _CASES
    yield from [f"   and {counted(more, 'case')} more; --format html shows every case."] if more > 0 else []
    yield from _section("To see to", (_item(item) for item in report.checklist[:_ITEMS]))


def _table(report: Report, paint: _Paint) -> Iterator[str]:
    several = len(report.runs) > 1
    rows = [_cells(row, several=several) for row in report.metrics]
    titles = ("metric", "expected", "now", "difference", "interval", "cases")
    told = [i for i in range(len(titles)) if any(cells[i] not in ("", "–") for cells in rows)]
    widths = {i: max(len(cells[i]) for cells in [*rows, titles]) for i in told}
    yield f"  {'':9}  {_joined(titles, widths)}".rstrip()
    for row, cells in zip(report.metrics, rows, strict=True):
        outcome = paint(f"{row.outcome.value:9}", _OUTCOMES[row.outcome])
        yield f"  {outcome}  {_joined(cells, widths)}".rstrip()


def _cells(row: MetricRow, *, several: bool) -> tuple[str, ...]:
    title = one_line(f"{row.run}: {row.title}" if several else row.title, 40)
    return (
        title,
        *(one_line(cell, 40) for cell in (quantity(expected(row), row.unit), quantity(row.new, row.unit))),
        *(one_line(cell, 60) for cell in (difference(row), interval(row))),
        f"{row.cases:,}",
    )


def _joined(cells: tuple[str, ...], widths: dict[int, int]) -> str:
    return "  ".join(f"{cells[i]:<{width}}" if i == 0 else f"{cells[i]:>{width}}" for i, width in widths.items())


def _case(number: int, case: CaseRow, report: Report, paint: _Paint) -> Iterator[str]:
    yield ""
    reasons = "; ".join(one_line(each, 100) for each in why(case, report.metrics))
    yield f"{number}. {one_line(case.id, 80)}  {reasons}"
    yield f"   {one_line(case.question, 110)}"
    lines = lines_of(case.old, case.new)
    for line in lines[:_DIFFERENCES]:
        yield f"   {paint(f'{line[:2]}{one_line(line[2:], 114)}', _LINES.get(line[0], ''))}"
    if len(lines) > _DIFFERENCES:
        yield f"     … {counted(len(lines) - _DIFFERENCES, 'line')} more"


def _item(item: CheckItem) -> str:
    place = f" ({item.places[0].path}:{item.places[0].line})" if item.places else ""
    return f"[ ] {item.code}  {one_line(item.text, 160)}{place}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = [f"  {one_line(line, 400)}" if title else one_line(line, 400) for line in lines]
    if found:
        yield from ("", title) if title else ("",)
        yield from found
