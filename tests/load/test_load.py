"""An archive goes into conversations: whole, in order, once, whatever the server does."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assist2resp.errors import InputFileError, UsageError
from assist2resp.load.compare import compared
from assist2resp.load.database import shown
from assist2resp.load.engine import load
from assist2resp.load.journal import Journal
from assist2resp.load.reading import Choice, Shard
from assist2resp.load.session import Settings
from assist2resp.mapping.items import Thread
from tests.load.scenes import (
    KEY,
    MADE,
    SIZES,
    archive,
    check_exactly_once,
    conversations,
    id_map,
    image,
    loaded,
    message,
    new_world,
    only,
    rows,
    said,
    settings,
    text,
    thread,
)

CITATION = {
    "type": "file_citation",
    "text": "【1】",
    "start_index": 4,
    "end_index": 7,
    "file_citation": {"file_id": "file-a"},
}


def kept(folder: Path, kind: str) -> dict[str, Any]:
    found = rows(folder / "assistants_compat.sqlite", f"SELECT id, body FROM kept WHERE kind = '{kind}'")
    return {name: json.loads(body) for name, body in found}


def test_everything_is_loaded_once(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        result = loaded(folder, server)
        assert (result.tally["loaded"], result.tally["items"], result.is_complete) == (5, 87, True)
        check_exactly_once(folder, server)
        again = loaded(folder, server)
        assert (again.tally, again.requests) == ({"loaded before": 5}, 0)
        check_exactly_once(folder, server)


def test_no_request_holds_more_than_twenty_items(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        loaded(folder, server)
        sizes = [
            len(json.loads(one.content)["items"])
            for one in server.requests
            if one.path.endswith("/items") and one.method == "POST"
        ]
    assert sorted(sizes) == [1, 1, 5, 20, 20, 20, 20]


def test_metadata_carry_the_old_id_and_date(tmp_path):
    folder = archive(tmp_path, thread("thread_a", 1))
    with new_world() as server:
        loaded(folder, server)
        shown = server.client().conversations.retrieve(id_map(folder)["thread_a"])
        assert shown.metadata == {
            "customer": "thread_a",
            "assist2resp_thread": "thread_a",
            "assist2resp_created_at": str(MADE),
        }


def test_the_state_keeps_what_conversations_cannot(tmp_path):
    attachment = {"file_id": "file-a", "tools": [{"type": "file_search"}]}
    first = message("thread_a", 0, attachments=[attachment])
    second = message("thread_a", 1, run_id="run_a", assistant_id="asst_a", completed_at=MADE + 9)
    run = {"id": "run_a", "assistant_id": "asst_a", "status": "in_progress", "model": "gpt-4o", "created_at": MADE}
    resources = {"code_interpreter": {"file_ids": ["file-a"]}}
    old = Thread("thread_a", {"id": "thread_a", "tool_resources": resources}, [first, second], [run])
    folder = archive(tmp_path, old)
    with new_world() as server:
        loaded(folder, server)
    new = id_map(folder)
    messages = kept(folder, "message")
    assert messages[new["msg_thread_a_0"]]["attachments"] == [attachment]
    answer = messages[new["msg_thread_a_1"]]
    assert (answer["run_id"], answer["assistant_id"], answer["ended_at"]) == ("run_a", "asst_a", MADE + 9)
    assert kept(folder, "thread")[new["thread_a"]]["tool_resources"] == resources
    assert kept(folder, "run")["run_a"]["shown"]["status"] == "expired"


FAULTS = {
    "too many": "429@POST *:0.3,retry-after=0.001; 429@GET *:0.3; seed=1",
    "errors": "500@POST *:0.15; 503@GET *:0.2; 503@POST *:0.1,retry-after=0.001; seed=2",
    "cut answers": "cut-body@POST *:0.3; cut-body@GET *:0.2; seed=3",
    "all of it": "429@*:0.1; 500@*:0.1; cut-body@*:0.15; seed=4",
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_faults_lose_and_double_nothing(faults, tmp_path):
    folder = archive(tmp_path)
    with new_world(faults=faults) as server:
        for _ in range(6):
            if loaded(folder, server).is_complete:
                break
        check_exactly_once(folder, server)


@pytest.mark.parametrize("faults", [None, FAULTS["all of it"], "cut-body@POST /v1/conversations,times=1"])
def test_the_way_through_a_proxy_is_as_safe(faults, tmp_path, monkeypatch):
    """Behind a proxy the SDK's HTTP library sends the requests."""
    monkeypatch.setattr("assist2resp.load.api.is_enough_for", lambda _url: False)
    folder = archive(tmp_path)
    with new_world(faults=faults) as server:
        for _ in range(6):
            if loaded(folder, server).is_complete:
                break
        check_exactly_once(folder, server)
    with pytest.raises(UsageError, match="cannot be reached"):
        loaded(archive(tmp_path / "other"), server)


def test_a_conversation_is_found_by_the_part_of_an_answer(tmp_path):
    folder = archive(tmp_path, thread("thread_a", 3))
    with new_world(faults="cut-body@POST /v1/conversations,times=1") as server:
        result = loaded(folder, server)
        assert result.lost == 0
        assert len(server.world.store.table("conversations").all()) == 1
        check_exactly_once(folder, server, {"thread_a": 3})


def test_a_creation_without_any_answer_leaves_nothing_but_an_empty_conversation(tmp_path, monkeypatch):
    """The answer never arrives, and none of it: what stays holds no item, and is told."""
    monkeypatch.setattr("assist2resp.load.api._ID", __import__("re").compile(rb"(never) seen"))
    folder = archive(tmp_path, thread("thread_a", 3))
    with new_world(faults="cut-body@POST /v1/conversations,times=2") as server:
        result = loaded(folder, server)
        assert result.lost == 2
        assert len(server.world.store.table("conversations").all()) == 3
        check_exactly_once(folder, server, {"thread_a": 3})


def test_what_arrives_late_is_deleted_once(tmp_path):
    """A chunk that was sent again, and whose first sending arrives after that."""
    folder = archive(tmp_path, thread("thread_a", 30))
    with new_world() as server:
        page_of = server.world.store.table("items").of
        posted = []

        def late(parent):
            reads = [one for one in server.requests if one.method == "GET"]
            if not posted and reads and len(list(page_of(parent))) == 30:
                posted.append(parent)
                doubled = [item.body for item in page_of(parent)][:20]
                given = [{name: item[name] for name in ("type", "role", "content")} for item in doubled]
                from assist2resp.sandbox import items
                from assist2resp.sandbox.response_context import append

                append(server.world, parent, [items.kept(server.world, item, keep_id=False) for item in given])
            return page_of(parent)

        server.world.store.table("items").of = late
        result = loaded(folder, server)
        server.world.store.table("items").of = page_of
        assert posted
        assert result.notes["an item that had arrived twice was deleted once"] == 20
        check_exactly_once(folder, server, {"thread_a": 30})


def test_a_conversation_of_others_is_never_taken_over(tmp_path):
    folder = archive(tmp_path, thread("thread_a", 3))
    with new_world(faults="400@POST /v1/conversations/*,times=1") as server:
        assert loaded(folder, server).tally["failed"] == 1
        [conversation] = server.world.store.table("conversations").all()
        server.client().conversations.items.create(conversation.id, items=[{"role": "user", "content": "Mine."}])
        [(name, reason)] = loaded(folder, server).failures
        assert (name, "holds something else" in reason) == ("thread_a", True)
        assert said(conversations(server)[conversation.id]) == ["Mine."]


def test_images_live_or_become_placeholders(tmp_path):
    folder = archive(
        tmp_path,
        Thread(
            "thread_a", {"id": "thread_a"}, [message("thread_a", 0, text("Look:"), image("file-a"), image("file-b"))]
        ),
    )
    with new_world(seed={"files": [{"id": "file-a", "filename": "a.png", "text": "x"}]}) as server:
        result = loaded(folder, server)
        [items] = conversations(server).values()
    assert [part.get("file_id") or part["text"] for part in items[0]["content"]] == [
        "Look:",
        "file-a",
        "[image file-b]",
    ]
    assert result.notes["a placeholder stands for an image whose file is gone"] == 1


def test_images_are_uploaded_again_where_the_archive_has_their_bytes(tmp_path):
    folder = archive(tmp_path, Thread("thread_a", {"id": "thread_a"}, [message("thread_a", 0, image("file-b"))]))
    (folder / "files").mkdir()
    (folder / "files/file-b.bin").write_bytes(b"png")
    content = {"path": "files/file-b.bin", "size": 3, "sha256": "0"}
    (folder / "files/file-b.json").write_text(
        json.dumps({"id": "file-b", "file": {"filename": "b.png"}, "bytes": content})
    )
    with new_world(faults="cut-body@POST /v1/files,times=1") as server:
        loaded(folder, server)
        [items] = conversations(server).values()
        new = items[0]["content"][0]["file_id"]
        assert [file.id for file in server.client().files.list()] == [new]
        assert id_map(folder)["file-b"] == new


PLAINER = {
    "images": (message("thread_a", 0, text("Look:"), image("file-a")), "images"),
    "annotations": (message("thread_a", 1, text("Paid【1】.", [CITATION])), "annotations"),
}


@pytest.mark.parametrize(("old", "what"), PLAINER.values(), ids=PLAINER)
def test_what_a_server_refuses_is_left_out_and_told(old, what, tmp_path):
    folder = archive(tmp_path, Thread("thread_a", {"id": "thread_a"}, [old]))
    seed = {"files": [{"id": "file-a", "filename": "a.png", "text": "x"}]}
    with new_world(seed=seed, faults="400@POST /v1/conversations/*,times=1") as server:
        result = loaded(folder, server)
        [[item]] = conversations(server).values()
    assert result.is_complete
    assert result.notes == {f"{what} of up to twenty items were left out, since the server refused them": 1}
    assert all(not part.get("annotations") and part["type"] != "input_image" for part in item["content"])


def test_a_refused_thread_fails_alone(tmp_path):
    folder = archive(tmp_path)
    with new_world(faults="400@POST /v1/conversations/*,times=1") as server:
        result = loaded(folder, server, concurrency=1)
        assert (result.tally["loaded"], result.tally["failed"], result.is_complete) == (4, 1, False)
        assert "400" in result.failures[0][1]
        assert loaded(folder, server).is_complete
        check_exactly_once(folder, server)


@pytest.mark.parametrize("number", [10, 14, 33])
def test_a_budget_ends_a_run_and_the_next_goes_on(number, tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        for _ in range(40):
            result = loaded(folder, server, budget=number)
            assert result.requests <= number
            if result.is_complete:
                break
        check_exactly_once(folder, server)


def test_choices(tmp_path):
    late = Thread("thread_z", {"id": "thread_z", "created_at": 10}, [message("thread_z", 0, created_at=MADE + 10_000)])
    folder = archive(tmp_path, *[thread(name, size, created_at=10) for name, size in SIZES.items()], late)
    with new_world() as server:
        assert loaded(folder, server, choice=Choice(since=MADE + 5_000)).tally["loaded"] == 1
        assert loaded(folder, server, choice=only("thread_a", "thread_q")).tally["loaded"] == 1
        assert loaded(folder, server, limit=2).tally == {"loaded": 2, "items": 46, "loaded before": 2}
        assert loaded(folder, server).tally["loaded"] == 2
        check_exactly_once(folder, server, {**SIZES, "thread_z": 1})


def test_shards_share_an_archive_without_overlap(tmp_path):
    folder, place = archive(tmp_path / "a"), tmp_path / "map.sqlite"
    with new_world() as server:
        for number in (1, 2, 3):
            result = loaded(folder, server, choice=Choice(shard=Shard(number, 3)), place=str(place))
            assert result.is_complete
        place.rename(folder / "id_map.sqlite")
        check_exactly_once(folder, server)
        with pytest.raises(UsageError, match="in 3 parts"):
            loaded(folder, server)


def test_two_archives_with_one_map_load_a_thread_once(tmp_path):
    """The same thread on two machines: the map's claims keep them apart, whatever their shards."""
    one, other = archive(tmp_path / "one"), archive(tmp_path / "other")
    place = str(tmp_path / "map.sqlite")
    with new_world() as server:
        loaded(one, server, place=place, choice=only("thread_c"))
        with sqlite3.connect(place) as database:
            database.execute("INSERT INTO claims VALUES ('thread_d', '', 'somebody', 9e9)")
        database.close()
        result = loaded(other, server, place=place)
        assert result.tally["loaded elsewhere"] == 1
        assert result.failures == [
            ("thread_d", "is being loaded by another process that shares the id map; run again later")
        ]
        assert len(conversations(server)) == 3


def test_another_map_gets_what_was_loaded_before(tmp_path):
    folder = archive(tmp_path / "a")
    with new_world() as server:
        loaded(folder, server)
        result = loaded(folder, server, place=f"sqlite+pysqlite:///{tmp_path}/other.sqlite")
        assert (result.requests, result.tally["loaded before"]) == (0, 5)
    other = dict(rows(tmp_path / "other.sqlite", "SELECT old, new FROM ids"))
    assert other == id_map(folder)
    assert rows(tmp_path / "other.sqlite", "SELECT count(*) FROM kept") == [(87 + 5,)]


def test_a_map_as_csv(tmp_path):
    folder = archive(tmp_path / "a")
    with new_world() as server:
        loaded(folder, server, place=str(tmp_path / "ids.csv"))
        with (tmp_path / "ids.csv").open(newline="") as file:
            (folder / "id_map.sqlite").unlink(missing_ok=True)
            with sqlite3.connect(folder / "id_map.sqlite") as database:
                database.execute("CREATE TABLE ids (old TEXT, new TEXT)")
                database.executemany("INSERT INTO ids VALUES (:old, :new)", csv.DictReader(file))
            database.close()
        check_exactly_once(folder, server)
    assert (tmp_path / "assistants_compat.sqlite").exists()


def test_a_second_process_is_refused(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        journal = Journal(folder, server.url, Shard())
        with pytest.raises(UsageError, match="is being loaded by another process"):
            loaded(folder, server)
        journal._database.close()
        assert server.requests == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_FSIZE as Linux has it")
def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path):
    folder = archive(tmp_path)
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, 70_000));"
        "sys.argv = ['assist2resp', 'load', *sys.argv[1:]]; from assist2resp.cli import main; main()"
    )
    with new_world() as server:
        command = [sys.executable, "-c", limited, str(folder), "--base-url", server.url, "--concurrency", "1"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env={"OPENAI_API_KEY": KEY, "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        assert done.returncode == 2, done.stdout
        assert done.stderr.count("\n") == 1
        assert "cannot be" in done.stderr
        assert loaded(folder, server).is_complete
        check_exactly_once(folder, server)


def test_a_folder_that_cannot_be_written_is_refused_before_any_request(tmp_path):
    folder = archive(tmp_path)
    with new_world() as server:
        target = server.url.removesuffix("/")
        import hashlib

        name = f"load.{hashlib.sha256(target.encode()).hexdigest()[:8]}.1-of-1.sqlite"
        (folder / name).mkdir()
        with pytest.raises(InputFileError, match="cannot be written"):
            loaded(folder, server)
        assert server.requests == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"api_key": ""}, "load needs an API key"),
    "a key of two lines": ({"api_key": "sk-canary\nx"}, "holds a sign that no header may"),
    "no URL": ({"base_url": "ftp://x"}, "must begin with http"),
    "nobody there": ({"base_url": "http://127.0.0.1:9/v1"}, "cannot be reached"),
    "no database": ({"place": "nodb://u:canary@h/d"}, "nodb://u:…@h/d cannot be opened"),
    "no driver": ({"place": "mysql+nodriver://u:canary@h/d"}, "cannot be opened"),
    "a map that is none": ({"place": "{folder}/manifest.json"}, "cannot be opened as an SQLite file"),
    "a state that is none": ({"state": "{folder}/manifest.json"}, "cannot be opened as an SQLite file"),
}


@pytest.mark.parametrize(("changes", "complaint"), WRONG.values(), ids=WRONG)
def test_wrong_settings_are_one_sentence(changes, complaint, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    folder = archive(tmp_path)
    with new_world() as server:
        given = {name: value.format(folder=folder) for name, value in changes.items()}
        with pytest.raises(UsageError) as caught:
            loaded(folder, server, **given)
    assert complaint in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_wrong_key_ends_the_run(tmp_path):
    folder = archive(tmp_path)
    with new_world(api_key="sk-right-0000000000") as server, pytest.raises(UsageError, match="refuses the API key"):
        loaded(folder, server)


def test_a_damaged_line_is_named(tmp_path):
    folder = archive(tmp_path)
    with (folder / "conversations/part-00001.jsonl").open("a") as file:
        file.write('{"thread_id": "thread_q"')
    with new_world() as server, pytest.raises(InputFileError, match=r"part-00001.jsonl:6: is damaged"):
        loaded(folder, server)


def test_a_folder_that_is_no_archive(tmp_path):
    with pytest.raises(InputFileError, match="is no archive"):
        load(tmp_path, Settings(api_key=KEY))


def test_no_secret_is_ever_written(tmp_path):
    folder = archive(tmp_path / "a")
    with new_world(api_key="sk-other-0000000000") as server:
        with pytest.raises(UsageError) as refused:
            loaded(folder, server)
        url = server.url.replace("http://", "http://user:canarypassword@")
        with pytest.raises(UsageError) as once_more:
            load(folder, settings(server, base_url=url))
    with new_world(faults="500@POST *:0.3; seed=9") as server:
        result = loaded(folder, server, place=f"sqlite+pysqlite:///{tmp_path}/m.sqlite?canary=1")
    shown_texts = [str(refused.value), str(once_more.value), repr(result)]
    written = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert not [one for one in (*shown_texts, *written) if KEY in one or "canarypassword" in one]
    assert shown("postgresql://u:p:@w@h/d?x=1") == "postgresql://u:…@h/d"


HOSTILE = {
    "a way out": ("../../up", "x"),
    "control characters": ("thread_\x00\x1b[2J", "\x00\x07\x1b[2J"),
    "the other direction": ("thread_\u202e", "\u202ereversed\u200f"),
    "a page": ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>"),
    "SQL": ("'; DROP TABLE ids; --", "'); DELETE FROM kept; --"),
    "a format": ("%s{0}:old", "{thread} %(x)s :old"),
    "a large text": ("thread_large", "\N{SNOWMAN}" * 400_000),
}


@pytest.mark.parametrize(("name", "value"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_data_stay_data(name, value, tmp_path):
    old = [message("m", number, text(value), metadata={value[:60]: value}) for number in range(3)]
    number = int("9" * 300)
    folder = archive(tmp_path / "a", Thread(name, {"id": name, "metadata": {"k": value, "n": number}}, old))
    with new_world() as server:
        result = loaded(folder, server)
        assert result.failures == []
        [items] = conversations(server).values()
        assert said(items) == [value] * 3
        assert id_map(folder)[name] in conversations(server)
        assert kept(folder, "message")[items[0]["id"]]["metadata"] == {value[:60]: value}
    assert {path.name for path in tmp_path.iterdir()} == {"a"}


COMPARED: dict[str, tuple[Any, Any, str, int]] = {
    "equal": ([("user", "a")], [("user", "a")], "", 0),
    "another text": ([("user", "a")], [("user", "b")], "item 1 says something else", 0),
    "another role": ([("user", "a")], [("assistant", "a")], "item 1 says something else", 0),
    "one missing": ([("user", "a"), ("user", "b")], [("user", "a")], "1 items where 2 were written", 0),
    "one more": ([("user", "a")], [("user", "a"), ("user", "b")], "2 items where 1 were written", 0),
}


@pytest.mark.parametrize(("written", "found", "mismatch", "differences"), COMPARED.values(), ids=COMPARED)
def test_comparisons(written, found, mismatch, differences):
    def items(pairs):
        return [
            {"type": "message", "role": role, "content": [{"type": "input_text", "text": value}]}
            for role, value in pairs
        ]

    comparison = compared(items(written), items(found))
    assert comparison.mismatch.startswith(mismatch)
    assert bool(comparison.mismatch) is bool(mismatch)
    assert len(comparison.differences) == differences


def test_quirks_of_servers_are_told():
    sent = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "a", "annotations": [1]}],
    }
    assert compared([sent], [{**sent, "content": "a"}]).differences == (
        "a content is shown as a text and not as parts",
    )
    plain = {**sent, "content": [{"type": "text", "text": "a"}]}
    assert compared([sent], [plain]).differences == ("output_text is shown as text", "annotations are not kept")
