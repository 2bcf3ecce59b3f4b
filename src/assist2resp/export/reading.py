"""Reads an archive back: the lines of its sources, with the objects as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.export.checkpoint import Row
from assist2resp.export.folder import safe_name
from assist2resp.export.verbatim import members_of, piece_of, value_of
from assist2resp.schema.archive import KINDS, FileBytes, FileRecord


def read_rows(folder: Path) -> Iterator[Row]:
    """Every object of an archive, kind by kind; an InputFileError names the line that is damaged."""
    for kind in KINDS:
        yield from rows_of_kind(folder, kind)


def rows_of_kind(folder: Path, kind: str) -> Iterator[Row]:
    """Every object of one kind, none where the archive has none of it."""
    path = folder / "source" / f"{kind}.jsonl"
    return read_kind(path, kind) if path.exists() else iter(())


def read_kind(path: Path, kind: str) -> Iterator[Row]:
    """The objects of one file of sources."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield row_of(line.decode(), kind)
            except ValueError as error:
                raise InputFileError(path, f"is damaged: {error}.", line=number) from error


def row_of(line: str, kind: str) -> Row:
    """The object of a line; a ValueError says what is wrong with it."""
    if not line.endswith("\n"):
        raise ValueError("the line is cut off")
    head = _HEAD.match(line)
    if head is not None and line.endswith("}\n") and _is_json(raw := line[head.end() : -2]):
        object_id, owner, parent = head.groups()
        return Row(_id(owner), kind, _id(object_id), None if parent == "null" else _id(parent), raw)
    members = dict(members_of(piece_of(line).raw))
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


_STRING = r'"(?:[^"\\]|\\.)*+"'
_HEAD = re.compile(rf'\{{"id":({_STRING}),"owner":({_STRING}),"parent":({_STRING}|null),"object":')
"""How a line begins that an export wrote, with its three ids."""


def _id(text: str) -> str:
    return text[1:-1] if "\\" not in text else str(value_of(text))


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


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
