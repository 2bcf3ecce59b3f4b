"""The ids of the threads that are asked for: from a file, standard input or a database, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click


def wanted_threads(path: Path | None, database: str | None, query: str | None) -> Iterator[str] | None:
    """The ids, or None where no threads are asked for by id."""
    if path is not None and database is not None:
        raise click.UsageError("--threads and --threads-from both say which threads; give one of them.")
    if (database is None) != (query is None):
        raise click.UsageError("--threads-from and --query belong together.")
    if database is not None and query is not None:
        return _of_query(database, query)
    return _of_file(path) if path is not None else None


def _of_file(path: Path) -> Iterator[str]:
    """The ids in a file, one a line; empty lines and those that begin with # say nothing."""
    from assist2resp.errors import InputFileError

    found = False
    try:
        with click.open_file(str(path), encoding="utf-8-sig") as file:
            for line in file:
                thread_id = line.strip()
                if thread_id and not thread_id.startswith("#"):
                    found = True
                    yield thread_id
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise InputFileError(path, f"cannot be read: {reason}.") from error
    if not found:
        raise InputFileError(path, "holds no thread id.", hint="Write one a line.")


def _of_query(database: str, query: str) -> Iterator[str]:
    """The first column of a query's rows; empty ones say nothing."""
    from assist2resp.errors import UsageError
    from assist2resp.export.database import rows_of

    found = False
    for row in rows_of(database, query):
        thread_id = str(next(iter(row.values())) or "").strip()
        if thread_id:
            found = True
            yield thread_id
    if not found:
        raise UsageError("--query gives no thread id; its first column must hold them.")
