"""Threads that the support module loads from an archive at their first use: once, whole, whoever else is at it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.mapping.items import Thread, conversation_of
from assist2resp.rewrite.support.parts.archive import _record_in
from assist2resp.rewrite.support.shake import support_source
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
from tests.rewrite.support.surface import Surface, support_module

OLD = "thread_old"
TURNS = 45
FAULTS = {
    "answers cut": "cut-body@POST /v1/conversations*:0.5,times=3; seed=1",
    "refused for a while": "503@POST /v1/conversations/*:0.5,times=2; 429@POST /v1/conversations/*,times=1; seed=2",
}


def message(number: int, **changes: Any) -> dict[str, Any]:
    text = [{"type": "text", "text": {"value": f"Turn {number}", "annotations": []}}]
    role = "assistant" if number % 2 else "user"
    own = {"id": f"msg_old{number}", "role": role, "content": text, "created_at": 1_700_000_000 + number}
    return {**own, "metadata": {"n": str(number)}, "run_id": "run_old" if number % 2 else None, **changes}


def archive(folder: Path, *messages: dict[str, Any]) -> Path:
    """An archive of three threads in two parts."""
    home = folder / "archive" / "conversations"
    home.mkdir(parents=True)
    thread = {"id": OLD, "created_at": 1_700_000_000, "metadata": {"customer": "7"}}
    rows = [
        conversation_of(Thread("thread_a", {"id": "thread_a"}, [message(0)])),
        conversation_of(Thread(OLD, thread, list(messages or [message(number) for number in range(TURNS)]))),
        conversation_of(Thread("thread_z", {"id": "thread_z"}, [message(1)])),
    ]
    for number, part in enumerate((rows[:2], rows[2:]), start=1):
        lines = b"".join(orjson.dumps(row) + b"\n" for row in part)
        (home / f"part-{number:05}.jsonl").write_bytes(lines)
    return home.parent


@contextlib.contextmanager
def program(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str = "sync", faults: str | None = None
) -> Iterator[tuple[Surface, Any]]:
    """A program with a support module that loads on demand, and the server that it talks to."""
    monkeypatch.setenv("ASSISTANTS_ARCHIVE", str(folder / "archive"))
    settings = Settings(sunset=True, queued_seconds=0, step_seconds=0)
    with sandbox(settings=settings, faults=faults) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        module = support_module(folder, "*", "conversation_id", "archive")
        monkeypatch.setattr(module, "_LOAD_PAUSE", 0.005)
        api = Surface(server, mode, module)
        yield api, server
        api.close()


def texts(api: Surface) -> list[str]:
    return [row.content[0].text.value for row in api.all("threads.messages.list", OLD, order="asc", limit=100)]


def made(server: Any) -> list[Any]:
    """The conversations of a server that hold anything."""
    store = server.world.store
    return [row for row in store.table("conversations").all() if list(store.table("items").of(row.id))]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_first_use_loads_the_thread(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch, mode) as (api, server):
        thread = api("threads.retrieve", OLD)
        assert (thread.id, thread.created_at, thread.metadata) == (OLD, 1_700_000_000, {"customer": "7"})
        assert texts(api) == [f"Turn {number}" for number in range(TURNS)]
        last = api("threads.messages.retrieve", f"msg_old{TURNS - 2}", thread_id=OLD)
        assert (last.created_at, last.run_id, last.metadata) == (1_700_000_043, "run_old", {"n": "43"})
        assert len(made(server)) == 1


def test_a_bare_id_is_loaded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch) as (api, server):
        assert api.support
        found = {api.support.conversation_id(OLD) for _ in range(2)}
        assert found == {row.id for row in made(server)}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_lost_answers_double_nothing(faults: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch, faults=faults) as (api, server):
        for _ in range(4):
            with contextlib.suppress(openai.APIError):
                assert texts(api) == [f"Turn {number}" for number in range(TURNS)]
        assert texts(api) == [f"Turn {number}" for number in range(TURNS)]
        assert len(made(server)) == 1


def test_eight_at_once_make_one_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch) as (api, server):
        assert api.support
        module, found = api.support, []
        workers = [threading.Thread(target=lambda: found.append(module.conversation_id(OLD))) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(found) == 8
        assert set(found) == {row.id for row in made(server)}
        assert len(server.world.store.table("conversations").all()) == 1


def test_a_map_that_somebody_is_about_to_begin_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    (tmp_path / "id_map.sqlite").touch()
    with program(tmp_path, monkeypatch) as (api, server):
        assert api.support
        assert api.support.conversation_id(OLD) == made(server)[0].id


def claim(folder: Path, conversation: str, at: float) -> None:
    with contextlib.closing(sqlite3.connect(folder / "id_map.sqlite")) as database, database:
        database.execute("CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT)")
        database.execute("CREATE TABLE claims (old TEXT PRIMARY KEY, new TEXT, holder TEXT, at DOUBLE PRECISION)")
        database.execute("INSERT INTO claims VALUES (?, ?, 'another', ?)", (OLD, conversation, at))


def test_goes_on_where_a_dead_process_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch) as (api, server):
        first = [{"type": "message", "role": "user", "content": "Turn 0"}]
        begun = api.client.conversations.create(items=first)
        claim(tmp_path, begun.id, time.time() - 1000)
        assert texts(api) == [f"Turn {number}" for number in range(TURNS)]
        assert [row.id for row in made(server)] == [begun.id]


def test_waits_for_the_living_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch) as (api, server):
        assert api.support
        claim(tmp_path, "conv_theirs", time.time())
        monkeypatch.setattr(api.support, "_LOAD_SECONDS", 0)
        with pytest.raises(openai.APIStatusError, match="is being loaded from the archive") as error:
            api("threads.retrieve", OLD)
        assert error.value.status_code in (409, 500)
        assert made(server) == []


def test_other_threads_are_missing_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path)
    with program(tmp_path, monkeypatch) as (api, server):
        assert api.refused("threads.retrieve", "thread_b")[:2] == ["NotFoundError", 404]
        monkeypatch.delenv("ASSISTANTS_ARCHIVE")
        assert api.refused("threads.retrieve", OLD)[:2] == ["NotFoundError", 404]
        assert made(server) == []


def test_images_that_are_refused_become_placeholders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = {"type": "image_file", "image_file": {"file_id": "file-gone", "detail": "low"}}
    archive(tmp_path, message(0), message(2, content=[image]))
    fault = "404@POST /v1/conversations/*/items,times=1"
    with program(tmp_path, monkeypatch, faults=fault) as (api, _):
        assert texts(api) == ["Turn 0", "[image file-gone]"]


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 300), max_size=12), st.text(min_size=1, max_size=4)
)
def test_every_thread_is_found_by_halving(sizes: dict[str, int], other: str) -> None:
    rows = [{"thread_id": name, "fill": "x" * sizes[name]} for name in sorted(sizes)]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    for wanted in {*sizes, other}:
        found = _record_in(BytesIO(data), wanted, len(data))
        assert found == next((row for row in rows if row["thread_id"] == wanted), None)


@pytest.mark.parametrize("used", [("assistants.create",), ("threads.create()", "run_status"), ("file_content",)])
def test_programs_without_stored_threads_get_none_of_it(used: tuple[str, ...]) -> None:
    plain = support_source(used, is_async=False, is_sync=True)
    assert support_source([*used, "archive"], is_async=False, is_sync=True) == plain


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
@pytest.mark.parametrize("used", [("conversation_id",), ("threads.messages.list",)])
def test_programs_with_stored_threads_get_it_on_demand(used: tuple[str, ...], is_async: bool) -> None:
    with_it = support_source([*used, "archive"], is_async=is_async, is_sync=not is_async)
    without = support_source(used, is_async=is_async, is_sync=not is_async)
    assert "ASSISTANTS_ARCHIVE" in with_it
    assert "ASSISTANTS_ARCHIVE" not in without
    compile(with_it, "assistants_compat.py", "exec")
