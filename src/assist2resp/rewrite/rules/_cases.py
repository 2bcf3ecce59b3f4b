"""How rules write their cases."""

from __future__ import annotations

from textwrap import dedent
from typing import TypeAlias

Case: TypeAlias = tuple[str, str]


def case(before: str, after: str | None = None) -> Case:
    """A program before and after the rewrite, each without its margin; without an `after`, nothing may change."""
    first = _program(before)
    return first, first if after is None else _program(after)


def _program(text: str) -> str:
    return dedent(text).lstrip("\n")
