"""How an outcome is shown: each file in this folder is a format, its name the file's, with one function `render`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from assist2resp.rewrite.outcome import Outcome


@dataclass(frozen=True)
class View:
    """What a format must know beside the outcome."""

    root: Path
    """The folder that paths are shown from."""
    written: bool
    """Whether the changes are on disk, or only proposed."""
    colour: bool = False


class Format(Protocol):
    """What each file of this folder defines."""

    def render(self, outcome: Outcome, view: View) -> str:
        """The outcome as text that ends with a newline."""


def format_named(name: str) -> Format:
    """The format of this name, which no other is imported for."""
    found: Format = import_module(f"{__name__}.{name}")
    return found
