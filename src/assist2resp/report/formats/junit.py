"""For CI servers: JUnit XML, a suite per run with its metrics, conditions and cases, and one for the code.

A metric or a case fails when it got worse; an undecided metric is skipped; a case without an answer is an error.
The dialect is the one that Jenkins, GitLab and GitHub's actions read: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from assist2resp.report.differences import lines_of, why
from assist2resp.report.digest import case_row
from assist2resp.report.figures import difference, interval
from assist2resp.report.judging import Judge
from assist2resp.report.texts import change, one_line, visible
from assist2resp.report.view import View
from assist2resp.schema.comparison import Gate, Outcome
from assist2resp.schema.report import CaseRow, CaseState, CodeSummary, MetricRow, RunSummary

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BODY = 4_000
"""Characters of one failure."""


@dataclass(frozen=True)
class _Test:
    name: str
    classname: str
    result: str = ""
    """`failure`, `error`, `skipped`, or nothing for one that passes."""
    message: str = ""
    body: str = ""
    kind: str = ""


def render(view: View) -> Iterator[str]:
    """The report as one XML document."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites name={_quoted(view.report.title)}>\n"
    for number, run in enumerate(view.report.runs):
        rows = [row for row in view.report.metrics if row.run == run.name]
        summed = [*map(_metric, rows), *map(_gate, run.gates)]
        yield from _suite(f"{run.name} as a whole", len(summed), _counted(summed), summed)
        yield from _suite(f"{run.name} case by case", run.cases, _states(run), _cases(view, number))
    if view.report.code is not None:
        sites = list(_code(view.report.code))
        yield from _suite("code", len(sites), _counted(sites), sites)
    yield "</testsuites>\n"


def _suite(name: str, tests: int, counts: dict[str, int], each: Iterable[_Test]) -> Iterator[str]:
    numbers = "".join(f' {kind}="{counts.get(kind, 0)}"' for kind in ("failures", "errors", "skipped"))
    yield f'<testsuite name={_quoted(name)} tests="{tests}"{numbers}>\n'
    yield from map(_element, each)
    yield "</testsuite>\n"


def _element(test: _Test) -> str:
    start = f"<testcase name={_quoted(test.name)} classname={_quoted(test.classname)}"
    if not test.result:
        return f"{start}/>\n"
    if test.result == "skipped":
        return f"{start}><skipped message={_quoted(test.message)}/></testcase>\n"
    attributes = f"message={_quoted(test.message)} type={_quoted(test.kind)}"
    return f"{start}><{test.result} {attributes}>{_text(test.body)}</{test.result}></testcase>\n"


def _metric(row: MetricRow) -> _Test:
    name = row.title
    classname = f"{row.run}.metrics"
    said = f"{difference(row)} ({interval(row) or 'no interval'}) over {row.cases:,} cases"
    worse = [group for group in row.groups if group.outcome is Outcome.WORSE]
    if row.outcome is Outcome.WORSE or worse:
        body = "\n".join(f"{each.group}: {change(each.difference, row.unit)}" for each in worse)
        return _Test(name, classname, "failure", said, body, "worse")
    if row.outcome is Outcome.UNDECIDED:
        return _Test(name, classname, "skipped", f"undecided: {said}")
    return _Test(name, classname)


def _gate(gate: Gate) -> _Test:
    if gate.failed:
        return _Test(gate.expression, "conditions", "failure", gate.because, "", "condition")
    return _Test(gate.expression, "conditions")


def _cases(view: View, number: int) -> Iterator[_Test]:
    file, digest = view.files[number], view.digests[number]
    judge = Judge(digest.run)
    for case in file.cases():
        found = judge.judge(case)
        if found.state in (CaseState.FAILED, CaseState.WORSE):
            yield _failing(case_row(case, found, file.name), view)
        else:
            yield _Test(case.id, f"{file.name}.cases")


def _failing(case: CaseRow, view: View) -> _Test:
    message = "; ".join(one_line(each) for each in why(case, view.report.metrics))
    body = "\n".join([case.question[:1000], "", *lines_of(case.old, case.new)])
    failed = case.state is CaseState.FAILED
    return _Test(
        case.id,
        f"{case.run}.cases",
        "error" if failed else "failure",
        message or "no answer",
        body[:_BODY],
        "no answer" if failed else ", ".join(case.worse),
    )


def _code(code: CodeSummary) -> Iterator[_Test]:
    for failure in code.failures:
        yield _Test(failure.path, "code", "error", failure.problem, "", "file")
    for site in code.open_sites:
        place = f"{site.place.path}:{site.place.line}"
        result = "failure" if site.level == "manual" else "skipped"
        yield _Test(f"{site.code} {place}", "code", result, site.message, place, site.code)


def _states(run: RunSummary) -> dict[str, int]:
    return {"failures": run.states.get(CaseState.WORSE, 0), "errors": run.states.get(CaseState.FAILED, 0)}


def _counted(tests: list[_Test]) -> dict[str, int]:
    names = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    return {name: sum(test.result == result for test in tests) for result, name in names.items()}


def _quoted(text: str) -> str:
    shown = escape(_legal(text[:1000]), {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
    return f'"{shown}"'


def _text(text: str) -> str:
    return escape(_legal(text))


def _legal(text: str) -> str:
    r"""The text without what XML 1.0 cannot hold, which is written as `\uXXXX`."""
    return _ILLEGAL.sub("\ufffd", visible(text))
