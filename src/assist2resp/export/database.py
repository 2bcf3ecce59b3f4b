"""Rows of a database, streamed: SQLite by its path as Python brings it, everything else by SQLAlchemy (extra `sql`)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from assist2resp.errors import UsageError
from assist2resp.network.sql import Place, place_of, sqlalchemy

Row = Mapping[str, Any]

_FROM_ENVIRONMENT = "env:"
_SQLITE = "sqlite:///"
_AT_ONCE = 1000
"""Rows that are fetched at once."""


def rows_of(place: str, query: str) -> Iterator[Row]:
    """Each row of a query by its columns; a UsageError names the database without its secrets.

    `place` is the path of an SQLite file, a URL of SQLAlchemy, or `env:NAME` for a variable that holds one of them.
    """
    if place.startswith(_FROM_ENVIRONMENT):
        name = place.removeprefix(_FROM_ENVIRONMENT)
        place = os.environ.get(name, "")
        if not place:
            raise UsageError(f"the variable {name} is empty; it must hold the URL of a database.")
    path = place.removeprefix(_SQLITE) if place.startswith(_SQLITE) else place
    return _by_alchemy(place, query) if "://" in path else _of_sqlite(Path(path), query)


def _of_sqlite(path: Path, query: str) -> Iterator[Row]:
    if not path.is_file():
        raise UsageError(f"{path} does not exist; a database is the path of an SQLite file, or a URL.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            for row in database.execute(query):
                yield dict(zip(row.keys(), row, strict=True))
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise UsageError(f"{path}: the query fails: {error}.") from error


def _by_alchemy(url: str, query: str) -> Iterator[Row]:
    sql = sqlalchemy("reading a database other than SQLite")
    place = None
    try:
        place = place_of(sql, url)
        engine = sql.create_engine(place.url, hide_parameters=True)
        with closing(_Disposed(engine)), engine.connect() as connection:
            options = {"stream_results": True, "yield_per": _AT_ONCE}
            yield from connection.execution_options(**options).execute(sql.text(query)).mappings()
    except ImportError as error:
        raise UsageError(f"{_shown(place)} needs the driver {error.name}; install it with pip.") from error
    except sql.exc.SQLAlchemyError as error:
        reason = place.reason(error) if place else "its URL is none of a database"
        raise UsageError(f"{_shown(place)} cannot be read: {reason}.") from None


def _shown(place: Place | None) -> str:
    return place.shown if place else "the database"


class _Disposed:
    """An engine that lets go of its connections in the end."""

    def __init__(self, engine: Any) -> None:
        self.close = engine.dispose
