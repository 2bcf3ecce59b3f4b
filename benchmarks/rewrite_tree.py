"""The rewriter over a tree of a million lines of which one in a hundred is in files with the API, beside its peers.

The tree is the standard library and installed packages, with copies of fixtures/programs in folders of their own.
Everything runs one after the other in processes of its own, in rounds; medians count. Goals, all of `--check`:
  at most 3 times ripgrep's scan for the same needles plus 2 times LibCST's parse of the files that have one;
  per line that uses the API at most 4 times LibCST's parse;
  at least 50 times faster than bump-pydantic and than LibCST's own codemod tool, over a tenth of the tree;
  less than 300 MB.

    python benchmarks/rewrite_tree.py [--lines 1000000] [--rounds 5] [--peers PYTHON]

`rg` is taken from the PATH (Debian: ripgrep). PYTHON has bump-pydantic; without it that peer is left out, and named.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

NEEDLES = r"beta\s*\.\s*(threads|assistants|vector_stores)|openai\.types\.beta|AssistantEventHandler"
PROGRAMS = Path(__file__).parents[1] / "fixtures" / "programs"
PARSE = (
    "import sys, time, libcst\n"
    "texts = [open(path, 'rb').read() for path in sys.stdin.read().split('\\0') if path]\n"
    "started, used = time.perf_counter(), time.process_time()\n"
    "for text in texts: libcst.parse_module(text)\n"
    "print(time.perf_counter() - started, time.process_time() - used)\n"
)
CODEMOD = [sys.executable, "-m", "libcst.tool", "codemod", "-x", "libcst.codemod.commands.rename.RenameCommand"]
RENAME = ["--no-format", "--hide-progress", "--unified-diff", "3", "-j2", "--old_name=a.b", "--new_name=a.c"]


@dataclass(frozen=True)
class Cost:
    """The wall time and the processor time of a command in seconds, and the largest memory of a process of it in MB."""

    seconds: float
    processor: float
    megabytes: float


def main() -> int:
    """Measure, print, and say by the exit code whether every goal is met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", metavar="PYTHON", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, tenth = Path(folder) / "whole", Path(folder) / "tenth"
        make_tree(whole, options.lines)
        make_tree(tenth, options.lines // 10)
        return int(not all([beside_ripgrep(whole, options.rounds), beside_codemods(tenth, options)]))


def make_tree(root: Path, lines: int) -> None:
    """Lay out `lines` lines of Python, one in a hundred of them in programs that use the API.

    Files that are not UTF-8 are left out, since bump-pydantic stops at the first.
    """
    share = lines // 100
    places = [place for place in sorted(PROGRAMS.glob("*/before")) if all(map(is_utf8, place.rglob("*.py")))]
    for number, place in enumerate(itertools.cycle(places)):
        copy = root / "programs" / str(number)
        shutil.copytree(place, copy)
        share -= sum(path.read_bytes().count(b"\n") for path in copy.rglob("*.py"))
        if share < 0:
            break
    for number, path in enumerate(filter(is_utf8, library())):
        data = path.read_bytes()
        lines -= data.count(b"\n")
        target = root / "library" / str(number // 200) / f"{number}_{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if lines < 0:
            return


def is_utf8(path: Path) -> bool:
    """Whether a file is text in UTF-8."""
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def library() -> Iterator[Path]:
    """The files of the standard library and of the installed packages, over and over; openai's own are left out."""
    places = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    files = [path for place in places for path in sorted(Path(place).rglob("*.py")) if "openai" not in path.parts]
    return itertools.cycle(files)


def beside_ripgrep(tree: Path, rounds: int) -> bool:
    """Compare with ripgrep's scan and LibCST's parse: every round measures all, and the median of the ratios counts."""
    found = subprocess.run(["rg", "-l0", NEEDLES, tree], capture_output=True, check=True).stdout
    one = min((tree / "programs").iterdir(), key=lambda path: path.name)
    measured = [
        Round(
            scan=cost(["rg", "-c", NEEDLES, str(tree)]),
            parse=parse(found),
            ours=cost(rewrite(tree)),
            alone=cost([*rewrite(tree), "--jobs", "1"]),
            programs=cost(rewrite(tree / "programs")),
            start=cost(rewrite(one)),
        )
        for _ in range(rounds)
    ]
    for name in ("scan", "parse", "ours", "alone", "programs", "start"):
        costs = [getattr(one, name) for one in measured]
        seconds, processor = median(cost.seconds for cost in costs), median(cost.processor for cost in costs)
        print(f"{name:<10} {seconds:8.2f} s, {processor:.2f} s of processor time, {costs[0].megabytes:.0f} MB")
    whole, per_line = median(one.whole for one in measured), median(one.per_line for one in measured)
    print(f"beside 3 scans + 2 parses: ratio {whole:.2f}, goal at most 1")
    print(f"per line that uses the API: {per_line:.1f} times LibCST's parse, goal at most 4")
    print(f"one process: {median(one.alone.seconds / one.ours.seconds for one in measured):.2f} times the time")
    return whole <= 1 and per_line <= 4 and all(one.ours.megabytes < 300 for one in measured)


@dataclass(frozen=True)
class Round:
    """What everything costs, one after the other: `alone` is one process, `start` a run over one small program."""

    scan: Cost
    parse: Cost
    ours: Cost
    alone: Cost
    programs: Cost
    start: Cost

    @property
    def whole(self) -> float:
        """Our time over the tree, as a multiple of the goal."""
        return self.ours.seconds / (3 * self.scan.seconds + 2 * self.parse.seconds)

    @property
    def per_line(self) -> float:
        """Our time for the programs beyond that of one small program, as a multiple of their parse."""
        return (self.programs.seconds - self.start.seconds) / self.parse.seconds


def parse(paths: bytes) -> Cost:
    """What LibCST takes to parse the files, whose paths are separated by NUL; without its import."""
    printed = subprocess.run([sys.executable, "-c", PARSE], input=paths, capture_output=True, check=True).stdout.split()
    return Cost(float(printed[0]), float(printed[1]), 0)


def beside_codemods(tree: Path, options: argparse.Namespace) -> bool:
    """Compare with tools that parse every file."""
    ours = median(cost(rewrite(tree)).seconds for _ in range(options.rounds))
    peers = {"libcst.tool codemod": [*CODEMOD, *RENAME, "."]}
    if options.peers:
        peers["bump-pydantic"] = [str(Path(options.peers).with_name("bump-pydantic")), "--diff", "."]
    else:
        print("bump-pydantic            left out: no --peers")
    met = True
    for name, command in peers.items():
        ratio = cost(command, tree).seconds / ours
        print(f"{name:<24} {ratio:8.0f} times our {ours:.2f} s over a tenth of the tree, goal at least 50")
        met &= ratio >= 50
    return met


def rewrite(*paths: Path) -> list[str]:
    """The command that looks at the paths and writes nothing."""
    return [sys.executable, "-m", "assist2resp", "rewrite", "--check", *map(str, paths)]


def cost(command: list[str], folder: Path | None = None) -> Cost:
    """What one run of a command takes, in a folder; one that did not work ends the benchmark."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1, 3}:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    raise SystemExit(main())
