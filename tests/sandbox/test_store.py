"""The store: order, parents, deletion, restart, and files that are no state of a sandbox."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from assist2resp.errors import InputFileError
from assist2resp.sandbox.store import Record, Store
from assist2resp.sandbox.wire import Ids


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    store = Store(tmp_path / "state.db" if request.param == "sqlite" else None)
    yield store
    store.close()


def test_objects_are_kept_in_order_and_by_parent(store):
    table = store.table("messages")
    for number in range(5):
        table.add(Record(f"m{number}", {"n": number}, f"t{number % 2}"))
    assert [record.id for record in table.all()] == ["m0", "m1", "m2", "m3", "m4"]
    assert [record.id for record in table.of("t1")] == ["m1", "m3"]
    assert table.of("t9") == []
    assert table.get("m3").body == {"n": 3}
    assert table.get("m9") is None


def test_deletion_forgets_the_object_and_is_idempotent(store):
    table = store.table("messages")
    table.add(Record("m0", {}, "t0"))
    table.delete("m0")
    table.delete("m0")
    assert table.get("m0") is None
    assert table.of("t0") == []


def test_orders_run_across_tables(store):
    first = store.table("messages").add(Record("m0", {}))
    second = store.table("steps").add(Record("s0", {}))
    third = store.table("messages").add(Record("m1", {}))
    assert first.order < second.order < third.order


def test_contents(store):
    store.write_bytes("f", b"\x00one")
    store.write_bytes("f", b"two")
    assert store.read_bytes("f") == b"two"
    store.delete_bytes("f")
    with pytest.raises(KeyError):
        store.read_bytes("f")


def test_everything_survives_a_restart(tmp_path):
    path = tmp_path / "state.db"
    store = Store(path)
    ids = Ids("seed", store.counters)
    first = ids.new("m_")
    record = store.table("messages").add(Record(first, {"text": "¡hé!"}, "t", {"seen": [1]}))
    record.body["text"] = "changed"
    store.table("messages").save(record)
    gone = store.table("messages").add(Record("gone", {}))
    store.table("messages").delete("gone")
    store.table("messages").save(gone)
    store.write_bytes("f", b"data")
    store.close()

    again = Store(path)
    kept = again.table("messages").get(first)
    assert (kept.body, kept.parent, kept.private, kept.order) == ({"text": "changed"}, "t", {"seen": [1]}, record.order)
    assert again.table("messages").get("gone") is None
    assert again.read_bytes("f") == b"data"
    assert Ids("seed", again.counters).new("m_") == _second_id()
    assert again.table("messages").add(Record("next", {})).order > record.order
    again.close()


def _second_id():
    ids = Ids("seed")
    ids.new("m_")
    return ids.new("m_")


def test_a_change_without_save_is_not_kept(tmp_path):
    store = Store(tmp_path / "state.db")
    store.table("messages").add(Record("m", {"n": 1})).body["n"] = 2
    store.close()
    again = Store(tmp_path / "state.db")
    assert again.table("messages").get("m").body == {"n": 1}
    again.close()


def _not_a_database(path: Path):
    path.write_text("hello, this is a text file and no database at all" * 30)


def _another_database(path: Path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE invoices (id)")
    database.close()


def _a_later_version(path: Path):
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize("prepare", [_not_a_database, _another_database, _a_later_version])
def test_a_file_that_is_no_state_is_refused_and_left_alone(prepare, tmp_path):
    path = tmp_path / "state.db"
    prepare(path)
    before = path.read_bytes()
    with pytest.raises(InputFileError, match=r"state\.db: .*state") as caught:
        Store(path)
    assert "Name another --state file." in str(caught.value)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputFileError, match="missing"):
        Store(tmp_path / "missing" / "state.db")


def test_a_state_in_use_is_refused(tmp_path):
    store = Store(tmp_path / "state.db")
    store.table("messages").add(Record("m", {}))
    with pytest.raises(InputFileError, match="Another sandbox is using it"):
        Store(tmp_path / "state.db")
    store.close()
