"""The one view that all formats render, built from what the other verbs left in files."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from assist2resp import __version__
from assist2resp.errors import UsageError
from assist2resp.report.archived import Archived
from assist2resp.report.code import checklist, code_summary, read_findings
from assist2resp.report.deadlines import deadlines
from assist2resp.report.digest import WORST, Digest
from assist2resp.report.headline import headline
from assist2resp.report.runs import RunFile
from assist2resp.report.verdicts import base_summary, metric_rows
from assist2resp.schema.report import CaseRow, Report

TITLE = "Assistants API to Responses"


@dataclass(frozen=True)
class Sources:
    """The files that a report is made of."""

    runs: tuple[Path, ...] = ()
    findings: Path | None = None
    archive: Path | None = None
    base: Path | None = None


@dataclass(frozen=True)
class View:
    """A report, and the runs below it for formats that show every case."""

    report: Report
    digests: tuple[Digest, ...] = ()
    files: tuple[RunFile, ...] = ()
    colour: bool = False


def view(sources: Sources, *, title: str = TITLE, today: date, colour: bool = False) -> View:
    """Read the files and say what they come to."""
    _refuse_nonsense(sources)
    findings = read_findings(sources.findings) if sources.findings is not None else None
    archive = Archived(sources.archive) if sources.archive is not None else None
    files = tuple(RunFile(path) for path in sources.runs)
    base = Digest(RunFile(sources.base)) if sources.base is not None else None
    digests = tuple(Digest(file) for file in files)
    runs = tuple(digest.summary() for digest in digests)
    metrics = metric_rows(digests, base)
    code = code_summary(findings) if findings is not None else None
    home = archive.summary() if archive is not None else None
    ends = deadlines(findings, archive.models if archive is not None else (), runs, today)
    report = Report(
        tool_version=__version__,
        title=title,
        headline=headline(runs, metrics, code, home, ends),
        runs=runs,
        metrics=metrics,
        base=base_summary(digests, base) if base is not None else None,
        worst=_worst(digests),
        code=code,
        checklist=tuple(checklist(findings)) if findings is not None else (),
        archive=home,
        deadlines=ends,
    )
    return View(report, digests, files, colour)


def _worst(digests: Sequence[Digest]) -> tuple[CaseRow, ...]:
    rows = heapq.merge(*(digest.worst() for digest in digests), key=lambda row: -row.severity)
    return tuple(islice(rows, WORST))


def _refuse_nonsense(sources: Sources) -> None:
    if not sources.runs and sources.findings is None and sources.archive is None:
        raise UsageError("there is nothing to report; give a RUN.json, --findings or --archive.")
    if sources.base is not None and not sources.runs:
        raise UsageError("--against-base compares runs; give a RUN.json beside it.")
    names = [path.stem for path in sources.runs]
    twice = next((path for path in sources.runs if names.count(path.stem) > 1), None)
    if twice is not None:
        raise UsageError(f"two runs are called {twice.stem}; their file names are shown as their names, so rename one.")
