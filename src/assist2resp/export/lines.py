"""Reads the sources of an archive to check them: owner by owner, each line parsed once and as fast as can be.

Numbers of more than 64 bits may come out rounded; `exactly` reads a line again, for where that may matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from assist2resp.errors import InputFileError
from assist2resp.export.convert import Kept, kept_of
from assist2resp.export.reading import row_of
from assist2resp.schema.archive import KINDS


class Line(NamedTuple):
    """A line of `source/<kind>.jsonl`."""

    owner: str
    id: str
    value: Any
    is_whole: bool
    """Whether no text within holds half of a surrogate pair."""
    data: bytes


Lines = dict[str, list[Line]]
"""The lines of one owner, by kind."""


def owners(folder: Path) -> Iterator[tuple[str, Lines]]:
    """The lines of each owner, in the order of the owners, read side by side from all files."""
    files = [_by_owner(path, kind) for kind in sorted(KINDS) if (path := folder / "source" / f"{kind}.jsonl").exists()]
    for owner, groups in groupby(merge(*files, key=itemgetter(0)), key=itemgetter(0)):
        owned: Lines = {}
        for _, kind, lines in groups:
            owned.setdefault(kind, []).extend(lines)
        yield owner, owned


def exactly(lines: Sequence[Line], kind: str) -> list[Kept]:
    """The objects of lines, with every digit of their numbers."""
    return kept_of([row_of(line.data.decode(), kind) for line in lines])


def _by_owner(path: Path, kind: str) -> Iterator[tuple[str, str, list[Line]]]:
    """The lines of one file, owner by owner as they stand there; an InputFileError names a line that is damaged."""
    last = ""
    lines: list[Line] = []
    with path.open("rb") as file:
        for number, data in enumerate(file, start=1):
            try:
                line = _quickly(data) or _carefully(data, kind)
            except ValueError as error:
                raise InputFileError(path, f"is damaged: {error}.", line=number) from error
            if line.owner != last and lines:
                yield last, kind, lines
                lines = []
            last = line.owner
            lines.append(line)
    if lines:
        yield last, kind, lines


def _quickly(data: bytes) -> Line | None:
    """A line as nearly all are, None for any other."""
    try:
        read = orjson.loads(data)
        line = Line(read["owner"], read["id"], read["object"], True, data)
    except (ValueError, KeyError, TypeError):
        return None
    if type(line.owner) is type(line.id) is str and "parent" in read and data[-1] == _END:
        return line
    return None


_END = ord("\n")


def _carefully(data: bytes, kind: str) -> Line:
    row = row_of(data.decode(), kind)
    [kept] = kept_of([row])
    return Line(row.owner, row.id, kept.value, kept.is_whole, data)
