"""A rollback removes exactly what the load made."""

from __future__ import annotations

from assist2resp.load.rollback import roll_back
from tests.load.scenes import (
    archive,
    check_exactly_once,
    conversations,
    id_map,
    loaded,
    new_world,
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
