"""Sends recorded traffic of OpenAI's APIs to the sandbox and says where its answers agree with the recorded ones.

    python scripts/replay_recordings.py FOLDER [--least 0.95]

Takes VCR for Python and Ruby and HAR, as YAML or JSON. Exit code 0 when at least the given share of exchanges agrees,
1 when fewer do, 2 when the folder holds no recordings, 3 when some files could not be read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recordings.reading import read_folder
from recordings.replaying import Outcome, replay
from recordings.reporting import report, share


def main() -> int:
    """Replay every recording below a folder and print the report."""
    parser = argparse.ArgumentParser(description="Compare the sandbox with recorded traffic.")
    parser.add_argument("folder", type=Path, help="a folder of recordings")
    parser.add_argument("--least", type=float, default=0.95, help="the share of exchanges that must agree")
    arguments = parser.parse_args()
    outcomes: list[Outcome] = []
    unread = 0
    for recording in read_folder(arguments.folder):
        if recording.problem:
            unread += 1
            print(f"cannot read {recording.name}: {recording.problem}", file=sys.stderr)
        outcomes += replay(recording)
    if not outcomes:
        print(f"{arguments.folder} holds no recordings: give a folder of VCR or HAR files.", file=sys.stderr)
        return 2
    print("\n".join(report(outcomes)))
    if unread:
        return 3
    return 0 if share(outcomes) >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
