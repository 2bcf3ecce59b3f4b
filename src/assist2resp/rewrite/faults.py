"""Faults of the rewriter itself: what it failed at is left alone and told, and the rest is done."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
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


def flows_of(error: UnwrittenError, plans: Sequence[Plan]) -> dict[int, str]:
    """Where the fault arose, by the numbers of the flows that change the file. Raises the error where there is none."""
    found = {plan.flow.number for plan in plans if any(change.file is error.file for change in plan.changes)}
    if not found:
        raise error
    return dict.fromkeys(found, str(error))


def origin(error: BaseException) -> str:
    """The kind of an error and the line of ours that raised it; not its words, which may quote the user's code."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {'/'.join(Path(last.filename).parts[-2:])}:{last.lineno}"
