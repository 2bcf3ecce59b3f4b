"""`verify` beside sha256 and orjson over the same bytes: every file hashed, every line parsed, and nothing else.

In turn, in one process, by its CPU time, since the machine is shared; the best round of each. Goal: at least 0.5 x, with
all conversions made again, which is the default.

    python benchmarks/verify_speed.py [--messages 30000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
from old_data import make_archive

from assist2resp.cli import GARBAGE
from assist2resp.export.verify import verify

GOAL = 0.5
SAMPLES = (0, 1, 10, 100)


def bare(folder: Path) -> None:
    """The least that can be done with the same bytes."""
    for path in sorted(folder.rglob("*.json*")):
        data = path.read_bytes()
        hashlib.sha256(data).hexdigest()
        for line in data.splitlines() if path.suffix == ".jsonl" else [data]:
            orjson.loads(line)


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The least CPU seconds of some work."""
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    gc.set_threshold(*GARBAGE)  # as the command does; for both
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "archive"
        make_archive(folder, options.messages)
        least = seconds(partial(bare, folder), options.rounds)
        found = {sample: seconds(partial(verify, folder, sample=sample), options.rounds) for sample in SAMPLES}
    for sample, spent in found.items():
        print(f"--sample {sample:<4}{options.messages / spent:>10,.0f} messages/CPU second{least / spent:>7.2f} x")
    print(f"{'sha256, orjson':<13}{options.messages / least:>10,.0f} messages/CPU second; goal {GOAL} x with all")
    return 0 if least >= GOAL * found[100] else 1


if __name__ == "__main__":
    raise SystemExit(main())
