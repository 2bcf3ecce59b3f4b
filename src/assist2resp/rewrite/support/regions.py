"""Regions of a source: lines between `# region NAME` and `# endregion`, which are kept where that name is wanted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_OPTIONS = re.compile(r", \*\*call\.options|\*\*call\.options(, )?")
_OPEN, _CLOSE = "# region ", "# endregion"


@dataclass(frozen=True)
class Line:
    """A line of a source, with the regions that it stands in, and how it reads without the caller's own options."""

    text: str
    regions: frozenset[str] = frozenset()
    is_mark: bool = False
    without_options: str = ""


def marked_lines(source: str) -> list[Line]:
    """The lines of a source, those that mark regions included."""
    found: list[Line] = []
    around: list[str] = []
    for text in source.splitlines():
        mark = text.strip()
        if mark.startswith(_OPEN):
            around.append(mark.removeprefix(_OPEN))
        elif mark == _CLOSE:
            around.pop()
        is_mark = mark.startswith((_OPEN, _CLOSE))
        bare = _OPTIONS.sub("", text) if "call.options" in text else text
        found.append(Line(text, frozenset(around), is_mark, bare))
    return found


def kept_lines(lines: Sequence[Line], wanted: Collection[str]) -> list[str]:
    """The text of the lines of wanted regions; without `options` among these, calls lose the caller's own options."""
    with_options = "options" in wanted
    return [
        line.text if with_options else line.without_options
        for line in lines
        if not line.is_mark and line.regions.issubset(wanted)
    ]


def without_regions(source: str, kept: Collection[str]) -> str:
    """The source without the regions that are not kept, and without the marks of the others."""
    return "\n".join(kept_lines(marked_lines(source), kept)) + "\n"
