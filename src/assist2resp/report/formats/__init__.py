"""How a view is shown: each file in this folder is a format, its name the file's, with one function `render`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Protocol, cast

from assist2resp.report.view import View


class Format(Protocol):
    """What each file of this folder defines."""

    def render(self, view: View) -> Iterable[str]:
        """The view as pieces of text, the last of which ends with a newline."""


def find_format(name: str) -> Format:
    """The format of this name; the others are not imported."""
    return cast("Format", importlib.import_module(f"{__name__}.{name}"))
