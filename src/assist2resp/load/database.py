"""Databases by a path or URL: SQLite as Python brings it, others by SQLAlchemy; statements with `:name` parameters."""

from __future__ import annotations

import os
import re
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from assist2resp.errors import Assist2RespError, UsageError
from assist2resp.network.sql import place_of, sqlalchemy

Row = Mapping[str, Any]
Change = tuple[str, Sequence[Row]]

_SQLITE = "sqlite:///"
_PATIENCE = 30
_SAME = "same_"


class DatabaseError(Assist2RespError):
    """A database that fails; its text holds no secret."""


class Database(Protocol):
    """An open database."""

    def change(self, changes: Sequence[Change]) -> None:
        """Run statements, each with many rows, all of them or none."""

    def putting(self, table: str, columns: Sequence[str], keys: Sequence[str], *, replaces: bool) -> Sequence[str]:
        """The statements that put a row into a table, in place of one with these keys or only if there is none."""

    def insert_missing(self, table: str, key: str, rows: Sequence[Row]) -> None:
        """Insert rows; those whose key is there already, or comes at the same moment, are passed over."""

    def pairs(self, query: str, rows: Sequence[Row]) -> list[tuple[str, str]]:
        """Every pair that a query gives, run with each row."""

    def close(self) -> None:
        """Let go of the connection."""


def open_database(place: str, schema: Sequence[str]) -> Database:
    """Open a database, and make its tables where they are missing; an error names it without its secrets."""
    path = path_of(place)
    if path is not None:
        return _Sqlite(path, schema)
    return _Alchemy(place, schema)


def path_of(place: str) -> Path | None:
    """The path of a place that is a file, None for a URL of another database."""
    if place.startswith(_SQLITE):
        return Path(place.removeprefix(_SQLITE))
    return None if "://" in place else Path(place)


def shown(place: str) -> str:
    """A place without the password that it may hold."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:…@", place).partition("?")[0] if "://" in place else place


class _Sqlite:
    def __init__(self, path: Path, schema: Sequence[str]) -> None:
        self._path = path
        self._turn = Lock()
        try:
            if not path.exists():
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            for statement in schema:
                self._database.execute(statement)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"{path} cannot be opened as an SQLite file: {reason}; name another with --map."
            ) from error

    def change(self, changes: Sequence[Change]) -> None:
        try:
            with self._turn:
                self._change(changes)
        except sqlite3.Error as error:
            raise DatabaseError(f"{self._path} cannot be written: {error}; run the same command to go on.") from error

    def _change(self, changes: Sequence[Change]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in changes:
                self._database.executemany(statement, rows)
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def putting(self, table: str, columns: Sequence[str], keys: Sequence[str], *, replaces: bool) -> Sequence[str]:
        del keys  # the table's primary key
        names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
        how = "REPLACE" if replaces else "IGNORE"
        return (f"INSERT OR {how} INTO {table} ({names}) VALUES ({values})",)  # noqa: S608 - the names are ours

    def insert_missing(self, table: str, key: str, rows: Sequence[Row]) -> None:
        if rows:
            self.change([(one, rows) for one in self.putting(table, list(rows[0]), (key,), replaces=False)])

    def pairs(self, query: str, rows: Sequence[Row]) -> list[tuple[str, str]]:
        try:
            with self._turn:
                return [pair for row in rows for pair in self._database.execute(query, row).fetchall()]
        except sqlite3.Error as error:
            raise DatabaseError(f"{self._path} cannot be read: {error}.") from error

    def close(self) -> None:
        with self._turn:
            self._database.close()


class _Alchemy:
    def __init__(self, url: str, schema: Sequence[str]) -> None:
        self._sql = sqlalchemy("a map in a database other than SQLite")
        self._errors = (self._sql.exc.SQLAlchemyError, ImportError, TypeError, ValueError)
        place = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they may show parts of the URL
                place = self._place = place_of(self._sql, url)
                self._engine = self._sql.create_engine(place.url, pool_pre_ping=True, hide_parameters=True)
                self._create(schema)
        except self._errors as error:
            reason = place.reason(error) if place else "it is no URL of a database"
            hint = "check --map, and that the driver of the database is installed"
            raise UsageError(f"{shown(url)} cannot be opened: {reason}; {hint}.") from None

    def _create(self, schema: Sequence[str]) -> None:
        """Make the tables; where another process makes them at the same moment, theirs are as good."""
        for statement in map(self._worded, schema):
            try:
                with self._engine.begin() as connection:
                    connection.execute(self._sql.text(statement))
            except (self._sql.exc.IntegrityError, self._sql.exc.ProgrammingError):
                with self._engine.begin() as connection:
                    connection.execute(self._sql.text(statement))

    def _worded(self, statement: str) -> str:
        """PostgreSQL indexes texts of any length, others need to know how long they are."""
        return statement.replace("VARCHAR(255)", "TEXT") if self._engine.dialect.name == "postgresql" else statement

    def change(self, changes: Sequence[Change]) -> None:
        try:
            with self._engine.begin() as connection:
                for statement, rows in changes:
                    if rows:
                        connection.execute(self._sql.text(statement), [_doubled(row) for row in rows])
        except self._errors as error:
            raise self._failure("written", error) from None

    def putting(self, table: str, columns: Sequence[str], keys: Sequence[str], *, replaces: bool) -> Sequence[str]:
        names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
        same = " AND ".join(f"{key} = :{_SAME}{key}" for key in keys)  # a name of its own, lest its type be in doubt
        insert = f"INSERT INTO {table} ({names}) SELECT {values} WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - the names are ours
        return (f"DELETE FROM {table} WHERE {same}", insert) if replaces else (insert,)  # noqa: S608

    def insert_missing(self, table: str, key: str, rows: Sequence[Row]) -> None:
        for row in rows:
            (statement,) = self.putting(table, list(row), (key,), replaces=False)
            try:
                with self._engine.begin() as connection:
                    connection.execute(self._sql.text(statement), _doubled(row))
            except self._sql.exc.IntegrityError:
                continue
            except self._errors as error:
                raise self._failure("written", error) from None

    def pairs(self, query: str, rows: Sequence[Row]) -> list[tuple[str, str]]:
        try:
            with self._engine.connect() as connection:
                text = self._sql.text(query)
                return [tuple(pair) for row in rows for pair in connection.execute(text, dict(row)).fetchall()]
        except self._errors as error:
            raise self._failure("read", error) from None

    def close(self) -> None:
        self._engine.dispose()

    def _failure(self, verb: str, error: Exception) -> DatabaseError:
        reason = self._place.reason(error)
        return DatabaseError(f"{self._place.shown} cannot be {verb}: {reason}; run the same command to go on.")


def _doubled(row: Row) -> dict[str, Any]:
    """The values of a row, each under a second name too."""
    return {**row, **{f"{_SAME}{name}": value for name, value in row.items()}}
