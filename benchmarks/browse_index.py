"""Messages a second of the search index beside a plain loop that puts the same texts into an ordinary FTS5 table.

Both read the same archive, in one run, in turn; CPU seconds count, since the machine is shared, and the best round of
each. Goal: at least 50,000 messages a second.

    python benchmarks/browse_index.py [--messages 100000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from old_data import make_archive

from assist2resp.browse.index import build
from assist2resp.browse.shelf import open_shelf

GOAL = 50_000


def plain(folder: Path, path: Path) -> None:
    """The loop that anyone would write."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5 (id UNINDEXED, text)")
        for part in sorted((folder / "conversations").glob("*.jsonl")):
            for line in part.read_text(encoding="utf-8").splitlines():
                for entry in json.loads(line)["items"]:
                    text = "\n".join(part["text"] for part in entry["item"]["content"])
                    database.execute("INSERT INTO words VALUES (?, ?)", (entry["origin"]["id"], text))
        database.commit()


def seconds(work: Callable[[], None]) -> float:
    """The CPU seconds of some work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_archive(folder / "archive", options.messages)
        shelf = open_shelf(folder / "archive")
        ours, theirs = [], []
        for number in range(options.rounds):
            theirs.append(seconds(lambda number=number: plain(folder / "archive", folder / f"{number}.plain")))  # type: ignore[misc]
            ours.append(seconds(lambda number=number: build(shelf, folder / f"{number}.index")))  # type: ignore[misc]
    rate, beside = options.messages / min(ours), options.messages / min(theirs)
    print(f"{'search index':<24}{rate:>10,.0f} messages/CPU second{rate / beside:>7.2f} x")
    print(f"{'a plain loop':<24}{beside:>10,.0f} messages/CPU second")
    print(f"goal: at least {GOAL:,} messages a second")
    return 0 if rate >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
