"""Reads an archive back: the lines of its sources, with the objects as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.export.checkpoint import Row
from assist2resp.export.folder import safe_name
from assist2resp.export.verbatim import members_of
from assist2resp.schema.archive import KINDS, FileBytes, FileRecord


def read_rows(folder: Path) -> Iterator[Row]:
    """Every object of an archive, kind by kind; an InputFileError names the line that is damaged."""
    for kind in KINDS:
        path = folder / "source" / f"{kind}.jsonl"
        if path.exists():
            yield from read_kind(path, kind)


def read_kind(path: Path, kind: str) -> Iterator[Row]:
    """The objects of one file of sources."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield row_of(line, kind)
            except ValueError as error:
                raise InputFileError(path, f"is damaged: {error}.", line=number) from error


def row_of(line: str, kind: str) -> Row:
    """The object of a line; a ValueError says what is wrong with it."""
    if not line.endswith("\n"):
        raise ValueError("the line is cut off")
    members = dict(members_of(line))
    if not {"id", "owner", "parent", "object"} <= members.keys():
        raise ValueError("the line is no object of an archive")
    parent = members["parent"].value
    return Row(
        str(members["owner"].value),
        kind,
        str(members["id"].value),
        parent if isinstance(parent, str) else None,
        members["object"].raw,
    )


def read_contents(folder: Path) -> Iterator[tuple[str, FileBytes]]:
    """The ids of the files whose bytes an archive has, and where they lie; never outside of it."""
    for path in sorted((folder / "files").glob("*.json")):
        try:
            record = FileRecord.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise InputFileError(path, f"is damaged: {str(error).splitlines()[0]}.") from error
        if record.bytes is not None:
            if record.bytes.path != f"files/{safe_name(record.id)}.bin":
                raise InputFileError(path, "is damaged: its bytes are said to lie elsewhere.")
            yield record.id, record.bytes


def owners(folder: Path) -> Iterator[tuple[str, dict[str, list[Row]]]]:
    """The objects of each owner by kind, in the order of the owners, read side by side from all files."""
    files = [read_kind(path, kind) for kind in sorted(KINDS) if (path := folder / "source" / f"{kind}.jsonl").exists()]
    for owner, rows in groupby(merge(*files, key=attrgetter("owner")), key=attrgetter("owner")):
        owned: dict[str, list[Row]] = {}
        for row in rows:
            owned.setdefault(row.kind, []).append(row)
        yield owner, owned
