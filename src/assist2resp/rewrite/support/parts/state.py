"""What conversations and responses have no place for, kept in a file beside this module; and old ids.

Both files can be filled from outside, when old data are loaded. The id map is the table ids(old, new) for threads and
messages. The state is the table kept(kind, id, parent, body) with the conversation as parent and JSON as body:
`message` rows by item id (id, created_at, ended_at, run_id, assistant_id, metadata, attachments), `thread` rows by
conversation id (tool_resources, created_at), `file` rows by file id (container).
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from assist2resp.rewrite.support.parts.wire import Json, _missing, _Refusal


def _beside(variable: str, name: str) -> Path:
    """The file that an environment variable names, else the one of this name beside this module."""
    return Path(os.environ.get(variable) or Path(__file__).with_name(name))


@contextlib.contextmanager
def _database(path: Path, variable: str) -> Iterator[sqlite3.Connection]:
    """An open database, whose changes are kept when the block ends."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database, database:
            yield database
    except sqlite3.Error as error:
        raise _Refusal(500, f"{path}: {error}. Another place for it can be named in {variable}.") from error


_PUT = "INSERT INTO kept VALUES (?, ?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"


class _State:
    """Rows of JSON by kind and id, in an SQLite file that the first write makes."""

    @property
    def path(self) -> Path:
        return _beside("ASSISTANTS_STATE", f"{Path(__file__).stem}.sqlite")

    def get(self, kind: str, key: str) -> Json:
        """The row, empty if there is none."""
        rows = self._read("SELECT body FROM kept WHERE kind = ? AND id = ?", kind, key)
        return rows[0] if rows else {}

    def of(self, kind: str, parent: str) -> list[Json]:
        """The rows that belong to a parent, in the order in which they were made."""
        return self._read("SELECT body FROM kept WHERE kind = ? AND parent = ? ORDER BY rowid", kind, parent)

    def put(self, kind: str, key: str, parent: str, row: Json) -> None:
        """Make the row or replace it."""
        self._write(_PUT, (kind, key, parent, json.dumps(row)))

    def put_all(self, kind: str, parent: str, rows: list[Json]) -> None:
        """Make rows or replace them, each by its own id."""
        self._write(_PUT, *[(kind, row["id"], parent, json.dumps(row)) for row in rows])

    def drop(self, kind: str, key: str) -> None:
        """Remove the row."""
        self._write("DELETE FROM kept WHERE kind = ? AND id = ?", (kind, key))

    def drop_all(self, parent: str) -> None:
        """Remove every row that belongs to a parent."""
        self._write("DELETE FROM kept WHERE parent = ?", (parent,))

    def _read(self, query: str, *values: str) -> list[Json]:
        if not self.path.exists():
            return []
        with _database(self.path, "ASSISTANTS_STATE") as database:
            return [json.loads(body) for (body,) in database.execute(query, values)]

    def _write(self, statement: str, *rows: tuple[str, ...]) -> None:
        with _database(self.path, "ASSISTANTS_STATE") as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, parent TEXT, body TEXT, PRIMARY KEY (kind, id))"
            )
            database.execute("CREATE INDEX IF NOT EXISTS by_parent ON kept (kind, parent)")
            database.executemany(statement, rows)


_state = _State()


def _mapped(old_id: str) -> str | None:
    """What took the place of an object of the old API, as the table ids(old, new) of the id map says."""
    path = _beside("ASSISTANTS_ID_MAP", "id_map.sqlite")
    if not path.exists():
        return None
    with _database(path, "ASSISTANTS_ID_MAP") as database:
        is_begun = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'ids'").fetchone()
        row = database.execute("SELECT new FROM ids WHERE old = ?", (old_id,)).fetchone() if is_begun else None
    return str(row[0]) if row else None


def _conversation(thread_id: str) -> str:
    new_id = thread_id if thread_id.startswith("conv_") else _mapped(thread_id)
    if new_id is None:
        hint = " If it was exported, load it first (assist2resp load), or set ASSISTANTS_ID_MAP to the id map."
        raise _missing("thread", thread_id, hint)
    return new_id
