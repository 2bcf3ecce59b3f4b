"""Databases as sources: ids of threads from a query, and messages in a column, mapped by a file."""

from __future__ import annotations

import json
import sqlite3

import pytest

from assist2resp.errors import InputFileError, UsageError
from assist2resp.export.database import rows_of
from assist2resp.export.source import Settings
from assist2resp.export.verify import verify
from tests.export.scenes import conversations, exported, lines

OBJECT = {
    "id": "msg_1",
    "object": "thread.message",
    "thread_id": "thread_own",
    "created_at": 5,
    "role": "user",
    "content": [{"type": "text", "text": {"value": "whole", "annotations": []}}],
    "new_field": 1.50,
}
CELLS = {
    "an object of the API": (json.dumps(OBJECT), "thread_own", [("user", "whole")]),
    "a message": ('{"role": "assistant", "content": "Hi."}', "chat-1", [("assistant", "Hi.")]),
    "a message without a role": ('{"content": "Hi."}', "chat-1", [("user", "Hi.")]),
    "a plain text": ("Just words, no JSON", "chat-1", [("user", "Just words, no JSON")]),
    "a text that looks like a number": ("12.50", "chat-1", [("user", "12.50")]),
    "bytes": (b'{"content": "Hi."}', "chat-1", [("user", "Hi.")]),
    "a whole history": (
        '[{"role": "user", "content": "One."}, {"role": "assistant", "content": [{"type": "text", "text": "Two."}]}]',
        "chat-1",
        [("user", "One."), ("assistant", "Two.")],
    ),
    "another thread's": ('{"thread_id": "thread_x", "role": "user", "content": "Hi."}', "thread_x", [("user", "Hi.")]),
}
MAPPING = """
database = "app.sqlite"
query = "SELECT * FROM chat ORDER BY sent"
[columns]
thread = "chat"
message = "body"
role = "author"
id = "id"
created_at = "sent"
metadata = "labels"
[roles]
customer = "user"
"""


@pytest.fixture
def database(tmp_path):
    """Fills the table; the path of the mapping."""

    def fill(*cells, mapping=MAPPING, author="customer"):
        with sqlite3.connect(tmp_path / "app.sqlite") as made:
            made.execute("CREATE TABLE chat (id INTEGER, chat TEXT, body, author TEXT, sent INTEGER, labels TEXT)")
            rows = [(n, "chat-1", cell, author, 1_700_000_000 + n, '{"vip": "yes"}') for n, cell in enumerate(cells)]
            made.executemany("INSERT INTO chat VALUES (?, ?, ?, ?, ?, ?)", rows)
        made.close()
        (tmp_path / "chat.toml").write_text(mapping)
        return Settings(inputs=(tmp_path / "chat.toml",))

    return fill


@pytest.mark.parametrize(("cell", "thread", "said"), CELLS.values(), ids=CELLS)
def test_what_a_cell_may_hold(cell, thread, said, database, out):
    manifest = exported("dump", database(cell), out)
    assert manifest.complete
    items = conversations(out)[thread]["items"]
    assert [(entry["item"]["role"], entry["item"]["content"][0]["text"]) for entry in items] == said
    assert verify(out).damages == ()


def test_what_columns_say_is_kept(database, out):
    exported("dump", database('{"content": "a", "x": 1.50}', '{"content": "b"}'), out)
    first, second = lines(out, "source/messages.jsonl")
    assert first["object"] == {
        "id": "0",
        "object": "thread.message",
        "thread_id": "chat-1",
        "role": "user",
        "created_at": 1_700_000_000,
        "metadata": {"vip": "yes"},
        "content": "a",
        "x": 1.5,
    }
    assert second["id"] == "1"
    assert '"content": "a", "x": 1.50}' in (out / "source/messages.jsonl").read_text()


def test_an_object_stays_character_by_character(database, out):
    exported("dump", database(json.dumps(OBJECT)), out)
    assert f'"object":{json.dumps(OBJECT)}}}\n' in (out / "source/messages.jsonl").read_text()


def test_other_roles_are_kept_and_left_out(database, out):
    exported("dump", database('{"role": "system", "content": "Be brief."}', "Hello"), out)
    [conversation] = conversations(out).values()
    assert [entry["item"]["content"][0]["text"] for entry in conversation["items"]] == ["Hello"]
    assert "role system" in conversation["left_out"][0]["reason"]
    assert len(lines(out, "source/messages.jsonl")) == 2


WRONG_MAPPINGS = {
    "no TOML": ("database =", "is no mapping of a database"),
    "no query": ('database = "app.sqlite"', "query: Field required"),
    "an unknown key": (MAPPING + "\n[more]\n", "more: Extra inputs"),
    "no database": (MAPPING.replace("app.sqlite", "nowhere.sqlite"), "does not exist"),
    "no table": (MAPPING.replace("FROM chat", "FROM chats"), "no such table: chats"),
    "an empty variable": (MAPPING.replace("app.sqlite", "env:A2R_NO_SUCH"), "A2R_NO_SUCH is empty"),
    "an unknown kind of database": (MAPPING.replace("app.sqlite", "fax://host/db"), "fax"),
    "a missing driver": (MAPPING.replace("app.sqlite", "mysql://u:canary-4b1d@h/db"), "needs the driver"),
}


@pytest.mark.parametrize(("mapping", "message"), WRONG_MAPPINGS.values(), ids=WRONG_MAPPINGS)
def test_a_wrong_mapping_is_one_sentence(mapping, message, database, out):
    with pytest.raises((UsageError, InputFileError), match=message) as caught:
        exported("dump", database("Hi.", mapping=mapping), out)
    assert "canary" not in str(caught.value)


FAILING = {
    "no such column": (MAPPING.replace('"body"', '"bodies"'), "no column bodies; it gives id, chat"),
    "nobody's": (MAPPING.replace('thread = "chat"', ""), "does not say whose it is"),
}


@pytest.mark.parametrize(("mapping", "message"), FAILING.values(), ids=FAILING)
def test_rows_that_cannot_be_read_are_a_failure(mapping, message, database, out):
    manifest = exported("dump", database("Hi.", mapping=mapping), out)
    [failure] = manifest.failures
    assert message in failure.reason


def test_an_empty_table_is_said(database, out):
    [failure] = exported("dump", database(), out).failures
    assert "nothing of the API was recognised in it (no objects)" in failure.reason


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}", "sqlite+pysqlite:///{}"])
def test_every_spelling_of_a_database_gives_the_same(form, database, tmp_path):
    database("a", "b")
    rows = rows_of(form.format(tmp_path / "app.sqlite"), "SELECT id, body FROM chat ORDER BY id")
    assert [dict(row) for row in rows] == [{"id": 0, "body": "a"}, {"id": 1, "body": "b"}]


def test_a_database_is_only_read(database, tmp_path):
    database("a")
    with pytest.raises(UsageError, match="readonly"):
        list(rows_of(str(tmp_path / "app.sqlite"), "DELETE FROM chat"))
