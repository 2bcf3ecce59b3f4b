"""Cases from wherever they are: archives and files that people wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assist2resp.errors import InputFileError, UsageError
from assist2resp.replay.archived import conversations
from assist2resp.replay.turns import Turn, Unanswered, turns_of
from assist2resp.replay.written import read_written
from assist2resp.schema.comparison import LeftOut
from assist2resp.schema.manifest import read_manifest


@dataclass
class Cases:
    """The turns that can be asked again, those that cannot, and where they are from."""

    source: str
    turns: list[Turn] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    archives: list[Path] = field(default_factory=list)


def read_cases(paths: Sequence[Path]) -> Cases:
    """The cases of all inputs; a UsageError if there are none."""
    found = Cases(source=", ".join(path.name or str(path) for path in paths))
    reasons: Counter[str] = Counter()
    for path in paths:
        if path.is_dir():
            _add_archive(path, found, reasons)
        elif path.exists():
            found.turns += read_written(path)
        else:
            raise InputFileError(path, "does not exist.", hint="Give an archive or a file of cases.")
    found.left_out = [LeftOut(reason=reason, count=count) for reason, count in sorted(reasons.items())]
    if not found.turns:
        why = "; ".join(f"{left.count} left out, since {left.reason}" for left in found.left_out)
        raise UsageError(f"{found.source} holds no turn with a recorded reply{f' ({why})' if why else ''}.")
    _check_ids(found)
    return found


def _add_archive(path: Path, found: Cases, reasons: Counter[str]) -> None:
    read_manifest(path)
    found.archives.append(path)
    for record in conversations(path):
        for turn in turns_of(record):
            if isinstance(turn, Unanswered):
                reasons[turn.reason] += 1
            else:
                found.turns.append(turn)


def _check_ids(found: Cases) -> None:
    twice = [name for name, number in Counter(turn.id for turn in found.turns).items() if number > 1]
    if twice:
        raise UsageError(
            f"{found.source}: the case {twice[0]} is there twice; merge archives with `assist2resp export`."
        )
