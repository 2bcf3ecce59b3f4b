"""What the support module of a rewritten program sees of loaded threads, and how it and a load keep out of each other's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest

from assist2resp.mapping.items import Thread
from tests.load.scenes import MADE, archive, check_exactly_once, conversations, id_map, loaded, message, new_world, only
from tests.rewrite.support.surface import Surface, support_module

RUN = {"id": "run_a", "assistant_id": "asst_a", "status": "completed", "model": "gpt-4o", "created_at": MADE}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
SIZES = {"thread_b": 1, "thread_c": 45, "thread_d": 20}


@pytest.fixture
def place(tmp_path: Path) -> str:
    """The id map beside the support module."""
    return str(tmp_path / "id_map.sqlite")


def old_thread() -> Thread:
    attachment = {"file_id": "file-a", "tools": [{"type": "code_interpreter"}]}
    messages = [
        message("thread_a", 0, attachments=[attachment]),
        message("thread_a", 1, run_id="run_a", assistant_id="asst_a", completed_at=MADE + 9),
    ]
    about = {"id": "thread_a", "created_at": MADE, "metadata": {"customer": "7"}}
    about["tool_resources"] = {"code_interpreter": {"file_ids": ["file-a"]}}
    runs = [{**RUN, "usage": USAGE}, {**RUN, "id": "run_b", "status": "requires_action", "usage": None}]
    return Thread("thread_a", about, messages, runs)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_stored_ids_go_on_working(mode: str, place: str, tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive", old_thread())
    with new_world() as server:
        loaded(folder, server, place=place)
        api = Surface(server, mode, support_module(tmp_path))
        thread = api("threads.retrieve", "thread_a")
        assert (thread.id, thread.created_at, thread.metadata) == ("thread_a", MADE, {"customer": "7"})
        assert thread.tool_resources.code_interpreter.file_ids == ["file-a"]
        first = api("threads.messages.retrieve", "msg_thread_a_0", thread_id="thread_a")
        assert (first.created_at, first.metadata) == (MADE, {"n": "0"})
        assert first.attachments[0].file_id == "file-a"
        [answer] = api.all("threads.messages.list", "thread_a", run_id="run_a")
        assert (answer.run_id, answer.assistant_id, answer.completed_at) == ("run_a", "asst_a", MADE + 9)
        run = api("threads.runs.retrieve", "run_a", thread_id="thread_a")
        assert (run.status, run.assistant_id, run.usage.total_tokens) == ("completed", "asst_a", 5)
        assert [run.status for run in api.all("threads.runs.list", "thread_a", order="asc")] == ["completed", "expired"]
        more = api("threads.messages.create", "thread_a", role="user", content="A new turn.")
        assert more.thread_id == "thread_a"
        changed = api("threads.messages.update", "msg_thread_a_0", thread_id="thread_a", metadata={"n": "new"})
        assert changed.metadata == {"n": "new"}
        api.close()
        loaded(folder, server, place=place)
        assert len(conversations(server)) == 1


@pytest.fixture
def on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The support module of a program that loads on demand."""
    monkeypatch.setenv("ASSISTANTS_ARCHIVE", str(tmp_path / "archive"))
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    module = support_module(tmp_path, "conversation_id", "threads.*", "archive")
    monkeypatch.setattr(module, "_LOAD_SECONDS", 0)
    return module


def test_a_load_passes_over_what_was_loaded_on_demand(
    place: str, on_demand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive(tmp_path / "archive")
    with new_world() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        first = on_demand.conversation_id("thread_c")
        result = loaded(folder, server, place=place)
        assert (result.tally["loaded"], result.tally["loaded elsewhere"]) == (4, 1)
        assert on_demand.conversation_id("thread_c") == first
        Path(place).rename(folder / "id_map.sqlite")
        check_exactly_once(folder, server)


def test_a_program_waits_for_a_load_that_has_begun_with_a_thread(
    place: str, on_demand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive(tmp_path / "archive")
    with new_world(faults="400@POST /v1/conversations/*,times=1") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert not loaded(folder, server, place=place, choice=only("thread_c")).is_complete
        with pytest.raises(openai.APIStatusError, match="is being loaded"):
            on_demand.conversation_id("thread_c")
        assert loaded(folder, server, place=place).is_complete
        assert on_demand.conversation_id("thread_c") in conversations(server)
        assert len(conversations(server)) == 4
        assert not (folder / "id_map.sqlite").exists()
        Path(place).rename(folder / "id_map.sqlite")
        assert id_map(folder)["thread_c"] in conversations(server)
