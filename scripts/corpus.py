"""Runs the rewriter over copies of many repositories and tables how their sites end, by rule and reason.

    python scripts/corpus.py ROOT [NAME…] [--jobs 2] [--limit 300] [--output TABLE.md]

ROOT holds one folder per repository. Exit code 0 when nothing crashed, every output parses and a second run changes
nothing; else 1.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import FileChange, Options
from assist2resp.rewrite.writing import write_outcome
from assist2resp.schema.findings import Finding, Level

_READ = {".py", ".pyi", ".ipynb", ".txt", ".toml", ".cfg"}
_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\b[\w./-]+\.(?:py|ipynb)(?::\d+)?|\b\w+\(\)|\b\d+\b")


@dataclass
class Result:
    """How one repository went. `manual` counts (rule, reason) pairs, `held` the sites that wait for such a one."""

    name: str
    seconds: float = 0.0
    levels: Counter[str] = field(default_factory=Counter)
    plain: int = 0
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    manual: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    unparsed: list[str] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    crash: str = ""

    @property
    def sites(self) -> int:
        """All sites that were found."""
        return sum(self.levels.values())

    def add(self, other: Result) -> None:
        """Count another repository's numbers in."""
        self.seconds += other.seconds
        self.plain += other.plain
        self.levels.update(other.levels)
        self.rules.update(other.rules)
        self.manual.update(other.manual)
        self.held.update(other.held)
        self.unparsed += [f"{other.name}: {path}" for path in other.unparsed]
        self.unstable += [f"{other.name}: {path}" for path in other.unstable]


def run(source: Path, limit: int) -> Result:
    """Rewrite a copy of one repository twice; a failure of the rewriter is kept as `crash`."""
    result = Result(source.name)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(limit)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / source.name
        shutil.copytree(source, copy, ignore=_unread, symlinks=True)
        try:
            _rewrite_twice(copy, result)
        except Exception:  # noqa: BLE001 - every failure is a result here
            result.crash = traceback.format_exc(limit=-6)
    signal.alarm(0)
    return result


def _give_up(*_: object) -> None:
    raise TimeoutError("the rewriter took too long")


def _unread(folder: str, names: list[str]) -> list[str]:
    """The files that the rewriter never reads."""
    return [name for name in names if not (Path(folder, name).is_dir() or Path(name).suffix in _READ)]


def _rewrite_twice(copy: Path, result: Result) -> None:
    started = time.perf_counter()
    outcome = rewrite([copy], Options())
    result.seconds = time.perf_counter() - started
    _count(outcome.findings.findings, result)
    write_outcome(outcome)
    result.unparsed = [_shown(change, copy) for change in outcome.changes if not _parses(change)]
    if not result.unparsed:
        again = rewrite([copy], Options())
        result.unstable = [_shown(change, copy) for change in again.changes]


def _parses(change: FileChange) -> bool:
    if change.path.suffix != ".py":
        return True
    try:
        cst.parse_module(change.after)
        compile(change.after, str(change.path), "exec", dont_inherit=True)
    except (cst.ParserSyntaxError, SyntaxError, ValueError):
        return False
    return True


def _shown(change: FileChange, copy: Path) -> str:
    return change.path.relative_to(copy).as_posix()


def _count(findings: Iterable[Finding], result: Result) -> None:
    found = list(findings)
    reasons = {finding.place: (finding.code, reason(finding.message)) for finding in found}
    for finding in found:
        result.levels[finding.level] += 1
        result.rules[finding.code, finding.level] += 1
        result.plain += finding.plain and finding.level is Level.FIXED
        if finding.level is Level.MANUAL:
            blocker = finding.blocked_by
            where, key = (result.manual, (finding.code, reason(finding.message)))
            if blocker is not None:
                where, key = result.held, reasons.get(blocker, ("", "a site that a comment ignores"))
            where[key] += 1


def reason(message: str) -> str:
    """A finding's message without what is this place's alone."""
    return _NAMES.sub("…", message.partition("\n")[0])


def table(results: Sequence[Result], total: Result) -> Iterator[str]:
    """The totals by rule and reason, then the repositories, as Markdown."""
    fixed, sites = total.levels[Level.FIXED], total.sites
    crashed = sum(bool(result.crash) for result in results)
    yield f"{len(results)} repositories, {sites} sites: {_of(fixed, sites)} fixed ({_of(total.plain, fixed)} of them plain),"
    yield f"{total.levels[Level.REVIEW]} review, {total.levels[Level.MANUAL]} manual;"
    yield f"{crashed} crashes, {len(total.unparsed)} unparsable files, {len(total.unstable)} unstable files."
    yield "\n| rule | fixed | review | manual |\n|---|---:|---:|---:|"
    for code in sorted({code for code, _ in total.rules}):
        yield f"| {code} | {total.rules[code, 'fixed']} | {total.rules[code, 'review']} | {total.rules[code, 'manual']} |"
    yield "\n| rule | why manual | sites | held back with them |\n|---|---|---:|---:|"
    keys = set(total.manual) | set(total.held)
    for key in sorted(keys, key=lambda key: (-total.manual[key] - total.held[key], key)):
        yield f"| {key[0]} | {key[1].replace('|', '/')} | {total.manual[key]} | {total.held[key]} |"


def repositories(results: Iterable[Result]) -> Iterator[str]:
    """One line for each repository that has sites or failed."""
    yield "\n| repository | sites | fixed | plain | review | manual | seconds | failures |\n|---|---:|---:|---:|---:|---:|---:|---|"
    for one in results:
        failures = [
            *(["crash"] if one.crash else []),
            *(["unparsable"] if one.unparsed else []),
            *(["unstable"] if one.unstable else []),
        ]
        if one.sites or failures:
            counts = " | ".join(str(one.levels[level]) for level in (Level.REVIEW, Level.MANUAL))
            yield f"| {one.name} | {one.sites} | {one.levels[Level.FIXED]} | {one.plain} | {counts} | {one.seconds:.1f} | {', '.join(failures)} |"


def _of(part: int, whole: int) -> str:
    return f"{part} = {100 * part / whole:.0f} %" if whole else str(part)


def main() -> int:
    """Run over every repository and print the tables."""
    parser = argparse.ArgumentParser(description="Table how the sites of many repositories end.")
    parser.add_argument("root", type=Path)
    parser.add_argument("names", nargs="*", help="only these repositories")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds for one repository")
    parser.add_argument("--output", type=Path, help="write the tables here")
    options = parser.parse_args()
    folders = [
        path
        for path in sorted(options.root.iterdir())
        if path.is_dir() and (not options.names or path.name in options.names)
    ]
    with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
        results = list(pool.map(run, folders, [options.limit] * len(folders)))
    total = Result("total")
    for result in results:
        total.add(result)
    lines = "\n".join([*table(results, total), *repositories(results)]) + "\n"
    (options.output.write_text(lines, encoding="utf-8") if options.output else sys.stdout.write(lines))
    for result in results:
        if result.crash:
            print(f"{result.name} crashed:\n{result.crash}", file=sys.stderr)
    for failure in (*total.unparsed, *total.unstable):
        print(failure, file=sys.stderr)
    return 1 if total.unparsed or total.unstable or any(result.crash for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
