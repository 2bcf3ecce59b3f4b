"""A handler that is understood: what it does at each event, at the end and where something is raised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from assist2resp.rewrite.streams.callbacks import OUTPUTS, Callback
from assist2resp.rewrite.streams.reads import Edit
from assist2resp.rewrite.values.kinds import Class

Statements: TypeAlias = tuple[cst.BaseStatement | cst.BaseSmallStatement, ...]


@dataclass(frozen=True)
class Branch:
    """What a handler does at an event: the test of the event, and statements of the callback."""

    callback: Callback
    statements: Statements
    remarks: tuple[str, ...] = ()
    """The lines of the comment above the callback."""


@dataclass
class HandlerReading:
    """A handler that is understood: its branches, what it does at the end, and the changes within both."""

    kind: Class
    event: str
    """The name that the event gets."""
    branches: list[Branch] = field(default_factory=list)
    at_every_event: Statements = ()
    at_end: Statements = ()
    at_exception: Statements = ()
    exception: str = "exception"
    """The name that `at_exception` has for what was raised."""
    edits: list[Edit] = field(default_factory=list)
    inline: bool = False
    """Whether the branches go into the loop, and the class goes."""
    callbacks: list[cst.FunctionDef] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    """The functions of the support module that the callbacks call."""

    @property
    def reads_outputs(self) -> bool:
        """Whether a branch reads what the code interpreter's code gave."""
        return any(branch.callback is OUTPUTS for branch in self.branches)

    @property
    def is_typed(self) -> bool:
        """Whether the callbacks' parameters or results are annotated."""
        return any(one.returns is not None or _is_annotated(one) for one in self.callbacks)


def _is_annotated(function: cst.FunctionDef) -> bool:
    return any(param.annotation is not None for param in function.params.params)
