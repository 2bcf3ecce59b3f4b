"""Recordings and dumps: real ones, every shape that is known, and hostile ones."""

from __future__ import annotations

import base64
import json

import pytest

from assist2resp.errors import UsageError
from assist2resp.export.source import Settings
from assist2resp.export.verify import verify
from tests.export.scenes import CORPUS, conversations, exported, lines, snapshot

MESSAGE = {
    "id": "msg_1",
    "object": "thread.message",
    "thread_id": "thread_a",
    "created_at": 5,
    "role": "user",
    "content": [{"type": "text", "text": {"value": "Hi", "annotations": []}}],
}
THREAD = {"id": "thread_a", "object": "thread", "created_at": 1, "metadata": {}}
RUN = {"id": "run_a", "object": "thread.run", "thread_id": "thread_a", "created_at": 6, "status": "queued"}
STEP = {"id": "step_a", "object": "thread.run.step", "run_id": "run_a", "thread_id": "thread_a", "created_at": 7}


def message(number, **more):
    return {**MESSAGE, "id": f"msg_{number}", "created_at": number, **more}


def corpus():
    rows = [json.loads(line) for line in (CORPUS / "cassettes.jsonl").read_text().splitlines()]
    return tuple(CORPUS / row["file"] for row in rows if row["api"] in ("assistants", "vector_stores"))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the recordings of others are not here")
def test_every_real_recording_becomes_a_valid_archive(tmp_path):
    whole = exported("cassette", Settings(inputs=corpus()), tmp_path / "whole")
    assert whole.counts == {
        "assistants": 25,
        "files": 2,
        "messages": 31,
        "runs": 32,
        "steps": 7,
        "threads": 35,
        "vector_store_file_batches": 2,
        "vector_store_files": 5,
        "vector_stores": 29,
    }
    assert (whole.failures, whole.absences) == ((), ())
    empty = []
    for number, path in enumerate(corpus()):
        manifest = exported("cassette", Settings(inputs=(path,)), tmp_path / str(number))
        assert manifest.complete
        assert verify(tmp_path / str(number)).damages == ()
        empty += [] if manifest.counts else [path.stem]
    assert empty == ["assistants_delete", "messages_delete", "vector_stores_delete"]


def vcr_python(body, path="/v1/threads/thread_a/messages", status=200):
    shown = {"method": "GET", "uri": f"https://x{path}", "headers": {"Authorization": ["Bearer sk-secret-secret"]}}
    return {"interactions": [{"request": shown, "response": {"status": {"code": status}, "body": {"string": body}}}]}


def vcr_ruby(body):
    response = {"status": {"code": 200}, "body": {"encoding": "UTF-8", "string": body}}
    return {"http_interactions": [{"request": {"method": "get", "uri": "https://x/v1/threads"}, "response": response}]}


def har(body):
    content = {"encoding": "base64", "text": base64.b64encode(body.encode()).decode()}
    request = {"method": "GET", "url": "https://x/openai/threads/thread_a/messages?api-version=1", "headers": []}
    return {"log": {"entries": [{"request": request, "response": {"status": 200, "headers": [], "content": content}}]}}


RECORDINGS = {"VCR for Python": vcr_python, "VCR for Ruby": vcr_ruby, "HAR": har}


@pytest.mark.parametrize("make", RECORDINGS.values(), ids=RECORDINGS)
def test_a_listing_newest_first_is_put_in_order(make, tmp_path, out):
    body = json.dumps({"object": "list", "data": [message(3), message(2), message(1)]}, indent=2)
    (tmp_path / "a.json").write_text(json.dumps(make(body)))
    manifest = exported("cassette", Settings(inputs=(tmp_path / "a.json",)), out)
    assert manifest.counts == {"messages": 3}
    assert [entry["origin"]["id"] for entry in conversations(out)["thread_a"]["items"]] == ["msg_1", "msg_2", "msg_3"]
    assert b"sk-secret" not in b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())


def test_the_last_showing_of_an_object_stays(tmp_path, out):
    shown = [{**RUN, "status": status} for status in ("queued", "in_progress", "completed")]
    rows = [vcr_python(json.dumps(run), "/v1/threads/thread_a/runs/run_a")["interactions"][0] for run in shown]
    (tmp_path / "a.json").write_text(json.dumps({"interactions": rows}))
    exported("cassette", Settings(inputs=(tmp_path / "a.json",)), out)
    assert [row["object"]["status"] for row in lines(out, "source/runs.jsonl")] == ["completed"]


def test_a_stream_gives_whole_objects_and_no_deltas(tmp_path, out):
    delta = {"id": "msg_1", "object": "thread.message.delta", "delta": {}}
    events = [("thread.created", THREAD), ("thread.message.delta", delta), ("thread.message.completed", MESSAGE)]
    body = (
        "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
        + "event: done\ndata: [DONE]\n\n"
    )
    (tmp_path / "a.json").write_text(json.dumps(vcr_python(body, "/v1/threads/runs")))
    assert exported("cassette", Settings(inputs=(tmp_path / "a.json",)), out).counts == {"messages": 1, "threads": 1}


def test_what_failed_then_is_no_object(tmp_path, out):
    body = json.dumps({"error": {"message": "no"}})
    (tmp_path / "a.json").write_text(json.dumps(vcr_python(body, status=404)))
    assert exported("cassette", Settings(inputs=(tmp_path / "a.json",)), out).counts == {}


REDWOOD = {
    "export_schema": "assistants-thread-export/v1",
    "thread_id": "thread_a",
    "thread": THREAD,
    "messages": [message(1), message(2)],
    "runs": [{**RUN, "steps": [STEP]}],
    "files": {"file-a": {"id": "file-a", "object": "file", "filename": "a.txt"}},
    "errors": [],
}
DUMPS = {
    "export of redwood": ("a.json", json.dumps(REDWOOD, indent=2)),
    "lines": ("a.ndjson", "\n".join(json.dumps(row) for row in (THREAD, message(2), message(1), RUN, STEP)) + "\n"),
    "lists by kind": (
        "a.json",
        json.dumps({"threads": [THREAD], "data": {"messages": [message(2), message(1)], "x": [RUN, STEP]}}),
    ),
    "nested": (
        "a.json",
        json.dumps([{**THREAD, "messages": [message(1), message(2)], "runs": [{**RUN, "steps": [STEP]}]}]),
    ),
}


@pytest.mark.parametrize(("name", "text"), DUMPS.values(), ids=DUMPS)
def test_dumps(name, text, tmp_path, out):
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8-sig" if name.endswith("json") else "utf-8")
    manifest = exported("dump", Settings(inputs=(folder,)), out)
    assert manifest.complete
    assert {kind: manifest.counts[kind] for kind in ("threads", "messages", "runs", "steps")} == {
        "threads": 1,
        "messages": 2,
        "runs": 1,
        "steps": 1,
    }
    assert [entry["origin"]["id"] for entry in conversations(out)["thread_a"]["items"]] == ["msg_1", "msg_2"]


def test_a_dump_that_lacks_a_thread_says_so(tmp_path, out):
    missing = {**REDWOOD, "thread_id": "thread_b", "thread": None, "messages": [], "runs": [], "files": {}}
    (tmp_path / "a.json").write_text(json.dumps(missing))
    manifest = exported("dump", Settings(inputs=(tmp_path / "a.json",)), out)
    assert [(failure.kind, failure.id) for failure in manifest.failures] == [("threads", "thread_b")]


BAD = {
    "unknown kind": (
        "a.json",
        '{"rows": [{"text": "Hi"}], "count": 1}',
        "nothing of the API was recognised in it (keys: count, rows)",
    ),
    "no JSON": ("a.json", "{", "it cannot be read"),
    "cut line": ("a.jsonl", json.dumps(MESSAGE) + '\n{"id": "msg_', "line 2"),
    "deep": ("a.json", "[" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize(("name", "text", "reason"), BAD.values(), ids=BAD)
def test_a_dump_that_cannot_be_read_is_a_failure(name, text, reason, tmp_path, out):
    (tmp_path / name).write_text(text)
    (tmp_path / "good.json").write_text(json.dumps(THREAD))
    manifest = exported("dump", Settings(inputs=(tmp_path / name, tmp_path / "good.json")), out)
    assert [failure.kind for failure in manifest.failures] == ["dump"]
    assert reason in manifest.failures[0].reason
    assert manifest.counts["threads"] == 1


PYTHON_TAGS = "interactions:\n- !!python/object/apply:os.system ['touch {0}']\n"
RUBY_TAGS = "http_interactions: !ruby/object:Kernel\n  request: {{}}\n"
LAUGHS = (
    "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{after}: &{after} [{', '.join(['*' + before] * 10)}]\n"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "interactions: [{{request: {{method: GET, uri: https://x/v1/threads}}, response: {{status: 200, parsed_body: *i}}}}]\n"
)
HOSTILE = {"Python tags": PYTHON_TAGS, "Ruby tags": RUBY_TAGS, "a billion laughs": LAUGHS, "text": "hello", "empty": ""}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_recording_does_nothing(text, tmp_path, out):
    target = tmp_path / "touched"
    (tmp_path / "a.yaml").write_text(text.format(target))
    manifest = exported("cassette", Settings(inputs=(tmp_path / "a.yaml",)), out)
    assert [failure.kind for failure in manifest.failures] == ["cassette"]
    assert not target.exists()


IDS = [
    "../../up",
    "/etc/passwd",
    "a\x00b",
    "..",
    ".",
    "x" * 5000,
    "ä/ß",
    "\ud800",
    "\u202eexe.txt",
    "CON",
    "a\nb",
    "<b>",
]


def test_hostile_ids_stay_in_the_folder_and_nothing_is_lost(tmp_path, out):
    rows = [{"id": odd, "object": kind} for odd in IDS for kind in ("assistant", "file", "vector_store", "thread")]
    rows += [{**MESSAGE, "thread_id": odd, "content": [{"type": "text", "text": {"value": odd}}]} for odd in IDS]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    manifest = exported("dump", Settings(inputs=(tmp_path / "in",)), out)
    assert manifest.complete
    assert {path.name for path in tmp_path.iterdir()} == {"in", "archive"}
    assert manifest.counts == dict.fromkeys(("assistants", "files", "messages", "threads", "vector_stores"), len(IDS))
    assert sorted(row["object"]["id"] for row in lines(out, "source/threads.jsonl")) == sorted(IDS)
    assert len(list((out / "prompts").iterdir())) == len(IDS)
    assert verify(out).damages == ()


def test_large_and_odd_texts_stay_as_they_are(tmp_path, out):
    texts = ["y" * 10_000_000, "\ud83d half", "\x00\x1b[31m", "\u2028\r\n\t", "<script>alert(1)</script>", "9" * 6000]
    rows = [message(n, content=[{"type": "text", "text": {"value": text}}]) for n, text in enumerate(texts)]
    body = json.dumps(rows).replace('"created_at": 1', '"created_at": 1, "big": ' + "9" * 6000, 1)
    (tmp_path / "a.json").write_text(body)
    exported("dump", Settings(inputs=(tmp_path / "a.json",)), out)
    kept = [
        row["object"]["content"][0]["text"]["value"] for row in lines_with_long_numbers(out / "source/messages.jsonl")
    ]
    assert kept == texts
    assert "9" * 6000 in (out / "source/messages.jsonl").read_text()
    assert verify(out).damages == ()


def lines_with_long_numbers(path):
    with path.open(newline="\n") as file:
        return [json.loads(line, parse_int=len) for line in file]


def test_archives_are_merged_and_later_ones_win(tmp_path, out):
    for name, status in (("one", "queued"), ("two", "completed")):
        rows = [THREAD, message(1 if name == "one" else 2), {**RUN, "status": status}]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
        exported("dump", Settings(inputs=(tmp_path / f"{name}.json",)), tmp_path / name)
    settings = Settings(inputs=(tmp_path / "one", tmp_path / "two"))
    manifest = exported("archive", settings, out)
    assert manifest.counts == {"messages": 2, "runs": 1, "threads": 1}
    assert [row["object"]["status"] for row in lines(out, "source/runs.jsonl")] == ["completed"]
    before = snapshot(out)
    exported("archive", settings, out)
    assert snapshot(out) == before


@pytest.mark.parametrize("source", ["dump", "cassette", "archive"])
def test_a_source_of_files_needs_files(source, tmp_path):
    for inputs in ((), (tmp_path / "nowhere",)):
        with pytest.raises(UsageError):
            exported(source, Settings(inputs=inputs), tmp_path / "archive")
