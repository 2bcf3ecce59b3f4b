"""A rollback removes exactly what the load made."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from assist2resp.errors import UsageError
from assist2resp.load.reading import Choice, Shard
from assist2resp.load.rollback import roll_back
from tests.load.scenes import (
    archive,
    check_exactly_once,
    conversations,
    id_map,
    loaded,
    new_world,
    only,
    rows,
    said,
    settings,
)


def test_everything_goes_and_can_be_loaded_again(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        mine = server.client().conversations.create(items=[{"role": "user", "content": "Mine."}])
        loaded(folder, server)
        result = roll_back(folder, settings(server))
        assert (result.tally["removed"], result.tally["items"], result.is_complete) == (5, 87, True)
        assert [row.id for row in server.world.store.table("conversations").all()] == [mine.id]
        assert len(server.world.store.table("items").all()) == 1
        assert id_map(folder) == {}
        assert rows(folder / "assistants_compat.sqlite", "SELECT * FROM kept") == []
        assert roll_back(folder, settings(server)).requests == 0
        server.client().conversations.delete(mine.id)
        loaded(folder, server)
        check_exactly_once(folder, server)


def test_after_it_the_archive_can_be_loaded_in_parts(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        loaded(folder, server)
        parts = Choice(shard=Shard(1, 2))
        with pytest.raises(UsageError, match="begun to be loaded as a whole"):
            loaded(folder, server, choice=parts)
        roll_back(folder, settings(server))
        assert loaded(folder, server, choice=parts).is_complete
        with pytest.raises(UsageError, match="in 2 parts"):
            loaded(folder, server)


def test_a_conversation_that_went_on_stays(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        loaded(folder, server)
        name = id_map(folder)["thread_b"]
        server.client().conversations.items.create(name, items=[{"role": "user", "content": "A new turn."}])
        result = roll_back(folder, settings(server))
        assert (result.tally["removed"], result.tally["failed"]) == (4, 1)
        assert "went on since it was loaded (1 newer items): it stays" in result.failures[0][1]
        assert {key: said(items) for key, items in conversations(server).items()} == {
            name: ["Turn 0 of thread_b.", "A new turn."]
        }
        assert id_map(folder)["thread_b"] == name


def test_what_an_unfinished_load_made_goes_too(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        loaded(folder, server, budget=10)
        assert conversations(server)
        roll_back(folder, settings(server))
        assert server.world.store.table("conversations").all() == []
        assert server.world.store.table("items").all() == []


def test_faults_leave_nothing(tmp_path):
    folder = archive(tmp_path)
    with new_world(faults="500@DELETE *:0.2; cut-body@DELETE *:0.2; 429@*:0.2; seed=3") as server:
        loaded(folder, server)
        assert roll_back(folder, settings(server)).is_complete
        assert server.world.store.table("conversations").all() == []
        assert server.world.store.table("items").all() == []


def test_a_budget_ends_it_and_the_next_goes_on(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        loaded(folder, server)
        for _ in range(20):
            result = roll_back(folder, settings(server, budget=30))
            if result.is_complete:
                break
            assert result.stopped
        assert server.world.store.table("items").all() == []


def test_a_load_that_was_killed_right_after_it_published_lets_go_on_what_went_on(tmp_path):
    """The map had the thread, the journal did not say so yet, and a program has added a turn meanwhile."""
    folder = archive(tmp_path)
    with new_world() as server:
        loaded(folder, server)
        [journal] = folder.glob("load.*.sqlite")
        with contextlib.closing(sqlite3.connect(journal)) as database, database:
            database.execute("UPDATE threads SET state = 1, ids = '[]' WHERE id = 'thread_c'")
        name = id_map(folder)["thread_c"]
        server.client().conversations.items.create(name, items=[{"role": "user", "content": "A new turn."}])
        result = loaded(folder, server)
        assert (result.tally["loaded"], result.failures) == (1, [])
        assert said(conversations(server)[name])[-2:] == ["Turn 44 of thread_c.", "A new turn."]
        assert "went on" in roll_back(folder, settings(server)).failures[0][1]


def test_what_others_loaded_stays(tmp_path):
    folder, other = archive(tmp_path / "a"), archive(tmp_path / "b")
    place = str(tmp_path / "map.sqlite")
    with new_world() as server:
        loaded(folder, server, place=place, choice=only("thread_c"))
        loaded(other, server, place=place)
        roll_back(other, settings(server, place=place))
        [items] = conversations(server).values()
        assert len(items) == 45
        assert dict(rows(tmp_path / "map.sqlite", "SELECT old, new FROM ids")).keys() >= {"thread_c", "msg_thread_c_0"}
