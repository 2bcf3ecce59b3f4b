"""SQLite files that one process holds as long as it runs, and in which what was committed survives a kill."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from assist2resp.errors import Assist2RespError, InputFileError


def open_locked(
    path: Path,
    schema: str,
    *,
    busy: Callable[[], Assist2RespError],
    broken: Callable[[str], Assist2RespError],
    page_size: int = 4096,
) -> sqlite3.Connection:
    """Open a file, with a transaction begun: `busy` if another process holds it, `broken` if it is no such file.

    Pages of a new file have `page_size` bytes: larger ones for long rows, smaller ones for many small commits.
    """
    database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute(f"PRAGMA page_size = {page_size}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(schema)
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        database.close()
        if "locked" in str(error):
            raise busy() from error
        raise InputFileError(path, f"cannot be opened: {error}.") from error
    except sqlite3.DatabaseError as error:
        database.close()
        raise broken(str(error)) from error
    return database
