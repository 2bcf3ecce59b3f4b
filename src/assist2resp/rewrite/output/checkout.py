"""What git says of the user's tree, so that a rewrite can be a commit of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from assist2resp.rewrite.outcome import absolute


def uncommitted(paths: Iterable[Path]) -> int:
    """How many files below the paths git would lose without a commit; 0 outside a checkout or without git."""
    return sum(_count(absolute(path)) for path in paths)


def _count(path: Path) -> int:
    folder = path if path.is_dir() else path.parent
    command = ["git", "-C", str(folder), "status", "--porcelain", "-z", "--no-renames", "--", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed command
    except OSError:
        return 0
    return done.stdout.count(b"\0") if done.returncode == 0 else 0
