"""Runs the rewriter over copies of many repositories and tables how their sites end, by rule and reason.

    python scripts/corpus.py ROOT [NAME…] [--jobs 2] [--limit 300] [--output TABLE.md] [--places PLACES.md] [--keep DIR]
                             [--pyright PATH]

ROOT holds one folder per repository. Exit code 0 when nothing crashed, every output parses, a second run changes
nothing, and no file that is called done still uses the old API; else 1. With the path of a pyright (`npm install
pyright`, then node_modules/.bin/pyright), the rewritten files may have no error of types that they had not before.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from endings.mistyped import errors, new_errors
from endings.results import Result, old_uses
from endings.tables import places, repositories, table

from assist2resp.rewrite.engine import rewrite, shown_path
from assist2resp.rewrite.faults import REPORT
from assist2resp.rewrite.outcome import FileChange, Options, Outcome
from assist2resp.rewrite.output.writing import write_outcome
from assist2resp.schema.findings import Level

_READ = {".py", ".pyi", ".ipynb", ".txt", ".toml", ".cfg"}


@dataclass(frozen=True)
class Task:
    """One repository to rewrite within `limit` seconds; `keep` is a folder to leave the rewritten copy in."""

    source: Path
    limit: int
    keep: Path | None
    pyright: Path | None


def run(task: Task) -> Result:
    """Rewrite a copy of one repository twice; a failure of the rewriter is kept as `crash`."""
    result = Result(task.source.name)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(task.limit)
    with _folder(task) as folder:
        copy = folder / task.source.name
        shutil.copytree(task.source, copy, ignore=_unread, symlinks=True)
        try:
            _rewrite_twice(copy, result, task.pyright)
        except (Exception, _TooLong):  # noqa: BLE001 - every failure is a result here
            result.crash = traceback.format_exc(limit=-6)
    signal.alarm(0)
    print(f"{result.name}: {result.sites} sites, {result.seconds:.0f} s", *result.failures, sep="\n", file=sys.stderr)
    return result


@contextmanager
def _folder(task: Task) -> Iterator[Path]:
    if task.keep is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        shutil.rmtree(task.keep / task.source.name, ignore_errors=True)
        yield task.keep


class _TooLong(BaseException):
    """Time is up; no boundary of the rewriter's keeps this."""


def _give_up(*_: object) -> None:
    raise _TooLong("the rewriter took too long")


def _unread(folder: str, names: list[str]) -> list[str]:
    """The files that the rewriter never reads."""
    return [name for name in names if not (Path(folder, name).is_dir() or Path(name).suffix in _READ)]


def _rewrite_twice(copy: Path, result: Result, pyright: Path | None) -> None:
    started = time.perf_counter()
    outcome = rewrite([copy], Options())
    result.seconds = time.perf_counter() - started
    faults = [failure for failure in outcome.findings.failures if failure.problem.endswith(REPORT)]
    result.unread = [failure.path for failure in outcome.findings.failures if failure not in faults]
    if faults:
        result.crash = "\n".join(f"{fault.path} {fault.problem}" for fault in faults)
    result.count(outcome.findings.findings, outcome.obstacles, shown_path(copy))
    changed = [change.path for change in outcome.changes]
    before = errors(pyright, copy, changed) if pyright else {}
    write_outcome(outcome)
    if pyright:
        result.mistyped = list(new_errors(before, errors(pyright, copy, changed)))
    result.unparsed = [_shown(change, copy) for change in outcome.changes if not _parses(change)]
    result.left = [_shown(change, copy) for change in outcome.changes if _is_left(change, outcome)]
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


def _is_left(change: FileChange, outcome: Outcome) -> bool:
    """Whether a changed file in which nothing is left to do by hand still uses the old API."""
    here = shown_path(change.path)
    findings = outcome.findings.findings
    if change.path.suffix != ".py" or any(f.level is Level.MANUAL and f.place.path == here for f in findings):
        return False
    return old_uses(change.after.decode("utf-8", "replace")) > 0


def _shown(change: FileChange, copy: Path) -> str:
    return change.path.relative_to(copy).as_posix()


def main() -> int:
    """Run over every repository and print the tables."""
    parser = argparse.ArgumentParser(description="Table how the sites of many repositories end.")
    parser.add_argument("root", type=Path)
    parser.add_argument("names", nargs="*", help="only these repositories")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds for one repository")
    parser.add_argument("--output", type=Path, help="write the tables here")
    parser.add_argument("--places", type=Path, help="write here where the sites of each reason are")
    parser.add_argument("--keep", type=Path, help="leave the rewritten copies in this folder")
    parser.add_argument("--pyright", type=Path, help="a pyright that checks the types of what was rewritten")
    options = parser.parse_args()
    folders = [
        path
        for path in sorted(options.root.iterdir())
        if path.is_dir() and (not options.names or path.name in options.names)
    ]
    with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
        results = list(
            pool.map(run, (Task(folder, options.limit, options.keep, options.pyright) for folder in folders))
        )
    total = Result("total")
    for result in results:
        total.add(result)
    lines = "\n".join([*table(results, total), *repositories(results)]) + "\n"
    (options.output.write_text(lines, encoding="utf-8") if options.output else sys.stdout.write(lines))
    if options.places:
        options.places.write_text("\n".join([*table(results, total), *places(total)]) + "\n", encoding="utf-8")
    for result in results:
        if result.crash:
            print(f"{result.name} crashed:\n{result.crash}", file=sys.stderr)
    return 1 if any(result.crash or result.failures for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
