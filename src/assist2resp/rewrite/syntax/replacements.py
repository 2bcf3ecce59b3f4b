"""A change of a file as the fewest whole lines to replace, for formats that carry edits."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Replacement:
    """`text` in the place of what begins at line `start` and ends before (`end`, `end_column`), all from 1."""

    start: int
    end: int
    end_column: int
    text: str


def replacements(before: str, after: str) -> Iterator[Replacement]:
    """The replacements that make `after` of `before`, in their order; they do not overlap."""
    old, new = _lines(before), _lines(after)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            yield Replacement(i1 + 1, *_end(old, i2), "".join(new[j1:j2]))


def decoded(data: bytes | None) -> str:
    """A Python file's text by its own declaration; without one, and where that fails, as UTF-8."""
    data = data or b""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "replace")


def _end(lines: list[str], count: int) -> tuple[int, int]:
    """The place after the first `count` lines."""
    if count and count == len(lines) and not lines[-1].endswith("\n"):
        return count, len(lines[-1]) + 1
    return count + 1, 1


def _lines(text: str) -> list[str]:
    return io.StringIO(text, newline="\n").readlines()
