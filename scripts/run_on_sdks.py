"""Runs the programs of fixtures/programs on several versions of openai, before and after their rewrite.

    python scripts/run_on_sdks.py PYTHON… [--only SLUG]…

Each PYTHON is an interpreter that has openai. On each, a program runs on the old API, and what the rewriter makes of it
runs once that is shut; both must show the same. Programs that an interpreter or its openai cannot run as they are
(`match` on Python 3.9, names of a later openai) are counted apart. The table goes to stdout, each difference to stderr;
the exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rewrite.programs import Outcome, Program, Runner, api, programs
from tests.rewrite.rewritten import rewrite_copy

_VERSIONS = "import openai, platform; print(openai.__version__, platform.python_version())"


@dataclass
class Result:
    """What the programs did on one interpreter: how many were the same, differed, or could not run at all."""

    openai: str
    python: str
    counts: Counter[str] = field(default_factory=Counter)
    unfit: list[str] = field(default_factory=list)

    @property
    def row(self) -> str:
        """The result as a row of a Markdown table."""
        same, different = self.counts["same"], self.counts["different"]
        return f"| {self.openai} | {self.python} | {same} | {different} | {', '.join(self.unfit) or 'none'} |"


def main() -> int:
    """Run the chosen programs, or all, on each interpreter."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("pythons", nargs="+", metavar="PYTHON")
    parser.add_argument("--only", action="append", default=[], metavar="SLUG")
    options = parser.parse_args()
    chosen = [
        program
        for program in programs()
        if program.runs
        and program.api == "old"
        and program.expect != "manual"
        and not program.differs
        and program.slug in (options.only or [program.slug])
    ]
    results = [_run_all(python, chosen) for python in options.pythons]
    print("| openai | Python | same | different | cannot run as it is |\n|---|---|---|---|---|")
    for result in results:
        print(result.row)
    return int(any(result.counts["different"] for result in results))


def _run_all(python: str, chosen: list[Program]) -> Result:
    versions = subprocess.run([python, "-c", _VERSIONS], check=True, capture_output=True, text=True)
    version, language = versions.stdout.split()
    result = Result(version, language)
    runner = Runner(python)
    for program in chosen:
        verdict = _compare(program, runner, f"{program.slug} on openai {result.openai}")
        result.counts[verdict] += 1
        if verdict == "unfit":
            result.unfit.append(program.slug)
    runner.close()
    return result


def _compare(program: Program, runner: Runner, title: str) -> str:
    """Whether a program is the `same` before and after, `different`, or `unfit` for the interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        before = _run(program, runner, program.folder / "before", work / "old", sunset=False)
        if before.exit_code:
            return "unfit"
        rewrite_copy(program, work / "program")
        after = _run(program.on_the_installed_sdk(), runner, work / "program", work / "new", sunset=True)
    if after == before:
        return "same"
    shown = unified_diff(before.stdout.splitlines(), after.stdout.splitlines(), "before", "after", lineterm="")
    print(f"{title}: exit code {after.exit_code}", *shown, after.stderr[-2000:], sep="\n", file=sys.stderr)
    return "different"


def _run(program: Program, runner: Runner, source: Path, work: Path, *, sunset: bool) -> Outcome:
    work.mkdir()
    with api(program, sunset=sunset) as server:
        return runner.run(program, source, work, base_url=server.url)


if __name__ == "__main__":
    sys.exit(main())
