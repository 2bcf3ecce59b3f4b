"""A column of a database that holds messages as JSON, mapped by a small TOML file.

    database = "app.sqlite"            # the path of an SQLite file, a URL of SQLAlchemy, or env:NAME for a variable
    query = "SELECT chat, body, sent FROM messages ORDER BY chat, sent, id"

    [columns]
    thread = "chat"                    # whose the message is; needed unless the JSON says `thread_id`
    message = "body"                   # the JSON: an object of the API, a message, a list of them; or a plain text
    role = "author"                    # these four where the JSON does not say it
    id = "id"
    created_at = "sent"
    metadata = "labels"

    [roles]                            # what the column of roles says, as the API says it
    customer = "user"
    bot = "assistant"

What a message says itself stands, each character as it was; what only other columns say is put before it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.export.database import Row, rows_of
from assist2resp.export.verbatim import Piece, dumped, elements_of, piece_of
from assist2resp.schema.versioned import first_problem


class Columns(BaseModel):
    """Which column says what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    thread: str | None = None
    role: str | None = None
    id: str | None = None
    created_at: str | None = None
    metadata: str | None = None


class Mapping(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    query: str
    columns: Columns
    roles: dict[str, Literal["user", "assistant"]] = Field(default_factory=dict)


def read_mapping(path: Path) -> Mapping:
    """A mapping; an InputFileError says what is wrong with it."""
    try:
        mapping = Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        problem = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise InputFileError(path, f"is no mapping of a database: {problem}.") from error
    if "://" in mapping.database or mapping.database.startswith("env:"):
        return mapping
    return mapping.model_copy(update={"database": str(path.parent / mapping.database)})


def pieces_of(mapping: Mapping) -> Iterator[Piece]:
    """Each message as an object of the API; a ValueError names the row that holds none."""
    columns = mapping.columns
    for number, row in enumerate(rows_of(mapping.database, mapping.query), start=1):
        missing = [name for name in columns.model_dump().values() if name is not None and name not in row]
        if missing:
            raise ValueError(f"the query gives no column {missing[0]}; it gives {', '.join(row)}")
        found = _of_cell(row[columns.message])
        for place, piece in enumerate(found):
            yield _completed(piece, row, mapping, number, place if len(found) > 1 else None)


def _of_cell(cell: Any) -> list[Piece]:
    """The values in a cell: those of a list, one, or none."""
    if cell is None:
        return []
    if isinstance(cell, bytes | memoryview):
        cell = bytes(cell).decode("utf-8", "replace")
    piece = _piece(cell)
    return list(elements_of(piece.raw)) if isinstance(piece.value, list) else [piece]


def _piece(cell: Any) -> Piece:
    if not isinstance(cell, str):
        return piece_of(json.dumps(cell))
    try:
        piece = piece_of(cell)
    except ValueError:
        return piece_of(json.dumps(cell))
    return piece if isinstance(piece.value, dict | list) else piece_of(json.dumps(cell))


def _completed(piece: Piece, row: Row, mapping: Mapping, number: int, place: int | None) -> Piece:
    """An object of the API as it is; a message or text with what it does not say itself."""
    if not isinstance(piece.value, dict):
        piece = piece_of(f'{{"content":{piece.raw}}}')
    added = _added(piece.value, row, mapping, number, place)
    if not added:
        return piece
    head = dumped(added)
    rest = piece.raw.strip()[1:].lstrip()
    return piece_of(head[:-1] + ("" if rest.startswith("}") else ",") + rest)


def _added(value: dict[str, Any], row: Row, mapping: Mapping, number: int, place: int | None) -> dict[str, Any]:
    said = {name: row[column] for name, column in mapping.columns.model_dump().items() if column and name != "message"}
    thread = value.get("thread_id") or said.get("thread")
    if value.get("object") is not None:
        return {} if "thread_id" in value or thread is None else {"thread_id": str(thread)}
    if thread is None:
        raise ValueError(f"row {number} does not say whose it is; name the column in [columns] thread")
    role = str(said["role"]) if said.get("role") is not None else None
    own_id = str(said["id"]) if said.get("id") is not None else f"{thread}_row_{number:09}"
    wanted = {
        "id": own_id if place is None else f"{own_id}_{place:04}",
        "object": "thread.message",
        "thread_id": str(thread),
        "role": mapping.roles.get(role, role) if role is not None else None,
        "created_at": _seconds(said.get("created_at")),
        "metadata": _metadata(said.get("metadata")),
    }
    return {name: entry for name, entry in wanted.items() if entry is not None and value.get(name) is None}


def _seconds(moment: Any) -> Any:
    """A date as the API's seconds; numbers and texts stay."""
    if isinstance(moment, datetime):
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if isinstance(moment, date):
        return int(datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp())
    return moment if isinstance(moment, int | float | str) else None


def _metadata(cell: Any) -> Any:
    if cell is None or isinstance(cell, dict):
        return cell
    piece = _piece(str(cell))
    return piece.value if isinstance(piece.value, dict) else {"metadata": str(cell)}
