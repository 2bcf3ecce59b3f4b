"""Rows of a database, streamed: SQLite by its path as Python brings it, everything else by SQLAlchemy (extra `sql`)."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from assist2resp.errors import MissingExtraError, UsageError

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
    if importlib.util.find_spec("sqlalchemy") is None:
        raise MissingExtraError("reading a database other than SQLite", "sql")
    sql: Any = importlib.import_module("sqlalchemy")
    shown = "the database"
    secret = ""
    try:
        made = _with_driver(sql.make_url(url))
        shown, secret = made.render_as_string(hide_password=True).partition("?")[0], made.password or ""
        engine = sql.create_engine(made, hide_parameters=True)
        with closing(_Disposed(engine)), engine.connect() as connection:
            options = {"stream_results": True, "yield_per": _AT_ONCE}
            yield from connection.execution_options(**options).execute(sql.text(query)).mappings()
    except ImportError as error:
        raise UsageError(f"{shown} needs the driver {error.name}; install it with pip.") from error
    except sql.exc.SQLAlchemyError as error:
        raise UsageError(f"{shown} cannot be read: {_reason(error, secret)}.") from None


class _Disposed:
    """An engine that lets go of its connections in the end."""

    def __init__(self, engine: Any) -> None:
        self.close = engine.dispose


def _with_driver(url: Any) -> Any:
    """PostgreSQL by whichever driver is there, where the URL names none."""
    is_plain = url.drivername in ("postgres", "postgresql")
    if is_plain and importlib.util.find_spec("psycopg2") is None:
        return url.set(drivername="postgresql+psycopg")
    return url.set(drivername="postgresql") if is_plain else url


def _reason(error: Exception, secret: str) -> str:
    """The first line of an error, in one piece and without the password."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    text = said[0].rstrip(".") if said else type(error).__name__
    return text.replace(secret, "…") if len(secret) > 3 else text
