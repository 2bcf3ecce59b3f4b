"""Faults of the rewriter itself: what it failed at is left alone and told, and the rest is done."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile

REPORT = "this is a fault of assist2resp, please report it."


class UnwrittenError(Exception):
    """The changes of a file that could not be made, though they were planned."""

    def __init__(self, file: SourceFile, why: str) -> None:
        """Keep the file, and where the fault arose."""
        super().__init__(why)
        self.file = file


@dataclass
class Faults:
    """What the rewriter failed at so far."""

    flows: dict[int, str] = field(default_factory=dict)
    """Where the fault of each flow arose, by the flow's number."""
    files: dict[Path, str] = field(default_factory=dict)
    """What failed at a file as a whole."""

    def leave(self, error: UnwrittenError, plans: Sequence[Plan]) -> None:
        """Leave the flows alone that change a file which could not be written."""
        found = {plan.flow.number for plan in plans if any(change.file is error.file for change in plan.changes)}
        if not found - self.flows.keys():
            raise error
        self.flows |= dict.fromkeys(found, str(error))


def origin(error: BaseException) -> str:
    """The kind of an error and the line of ours that raised it; not its words, which may quote the user's code."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {'/'.join(Path(last.filename).parts[-2:])}:{last.lineno}"
