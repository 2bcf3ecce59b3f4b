"""The time of `assist2resp --help` beside `python -c "import click"`, side by side. Goal: at most 1.5 times.

python benchmarks/help_startup.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

GOAL = 1.5
COMMANDS = {
    'python -c "import click"': [sys.executable, "-c", "import click"],
    "assist2resp --help": [sys.executable, "-m", "assist2resp", "--help"],
}


def seconds(command: list[str]) -> float:
    """How long the command takes."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    rounds = [[seconds(command) for command in COMMANDS.values()] for _ in range(options.rounds + 1)][1:]
    for position, name in enumerate(COMMANDS):
        print(f"{name:<28}{statistics.median(one[position] for one in rounds) * 1000:>8.0f} ms")
    ratio = statistics.median(one[1] / one[0] for one in rounds)
    print(f"ratio {ratio:.2f}, goal at most {GOAL}")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
