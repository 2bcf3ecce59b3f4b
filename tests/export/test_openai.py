"""The source `openai` against a sandbox: everything, under faults, interrupted, and without any secret."""

from __future__ import annotations

import json
import stat

import pytest

from assist2resp.errors import UsageError
from assist2resp.export.engine import Progress
from assist2resp.export.http import Http, RefusedError
from assist2resp.export.source import Settings
from assist2resp.network.access import Access
from assist2resp.network.pace import Pace
from tests.export.scenes import (
    KEY,
    PIXEL,
    SEED,
    THREADS,
    conversations,
    exported,
    lines,
    old_world,
    settings,
    snapshot,
    without_place,
)


@pytest.fixture(scope="module")
def reference(state, tmp_path_factory):
    """A whole archive, made without any fault, in the world of one sandbox."""
    folder = tmp_path_factory.mktemp("reference") / "archive"
    with old_world(state) as server:
        manifest = exported("openai", settings(server), folder)
    return folder, manifest


def test_everything_is_in_the_archive(reference):
    folder, manifest = reference
    assert manifest.complete
    assert manifest.counts | {"models": 0} == {
        "assistants": 1,
        "files": 2,
        "messages": sum(len(thread["messages"]) for thread in SEED["threads"]) + 1,
        "models": 0,
        "runs": 1,
        "steps": 2,
        "threads": 6,
        "vector_store_file_contents": 1,
        "vector_store_files": 1,
        "vector_stores": 1,
    }
    assert manifest.counts["models"] == len(
        [line for line in lines(folder, "source/models.jsonl") if line["object"]["id"]]
    )
    assert {(gap.kind, gap.id) for gap in manifest.absences} == {("file_contents", "file-policy")}
    assert (folder / "files/file-chart.bin").read_text() == PIXEL
    assert not (folder / "state.sqlite").exists()
    store = json.loads((folder / "vector_stores/vs_policy.json").read_text())
    assert store["files"][0]["content"]["data"][0]["text"] == "Returns within 30 days."
    prompt = json.loads((folder / "prompts/asst_support.json").read_text())
    assert prompt["arguments"]["tools"][0]["vector_store_ids"] == ["vs_policy"]


def test_threads_keep_their_order(reference):
    found = conversations(reference[0])
    assert set(found) == set(THREADS)
    for thread in SEED["threads"]:
        said = [
            entry["item"]["content"][0]["text"]
            for entry in found[thread["id"]]["items"]
            if entry["item"]["type"] == "message"
        ]
        assert said[: len(thread["messages"])] == [message["content"] for message in thread["messages"]]
    kinds = [entry["item"]["type"] for entry in found["thread_1"]["items"][-3:]]
    assert kinds == ["function_call", "function_call_output", "message"]


def test_objects_are_verbatim(reference, state):
    headers = {"openai-beta": "assistants=v2"}
    with old_world(state) as server:
        url = "/threads/thread_2/messages?limit=100"
        page = server.client().get(url, cast_to=object, options={"headers": headers})
    given = {row["id"]: row for row in page["data"]}
    rows = [row for row in lines(reference[0], "source/messages.jsonl") if row["owner"] == "thread_2"]
    assert {row["id"]: row["object"] for row in rows} == given
    assert len(given) == 90


def test_only_the_owner_can_read_it(reference):
    folder, _ = reference
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


FAULTS = {
    "too many requests": "429@GET *:0.3,retry-after=0; seed=1",
    "too many requests, no hint": "429@GET *:0.3; seed=2",
    "errors": "500@GET *:0.2; 503@GET *:0.2; seed=3",
    "cut in mid-body": "cut-body@GET *:0.3; seed=4",
    "cut in mid-file": "cut-body@GET /v1/files/{id}/content,times=3",
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_faults_that_pass_leave_no_trace(faults, state, reference, out):
    with old_world(state, faults=faults) as server:
        manifest = exported("openai", settings(server), out)
    assert manifest.complete
    assert without_place(out) == without_place(reference[0])


def test_what_fails_is_listed_and_tried_again(state, reference, out):
    with old_world(state, faults="500@GET /v1/threads/thread_3/messages,times=8") as server:
        first = exported("openai", settings(server), out)
        assert [(failure.kind, failure.id) for failure in first.failures] == [("threads", "thread_3")]
        assert "500" in first.failures[0].reason
        assert "thread_3" not in conversations(out)
        asked = len(server.requests)
        second = exported("openai", settings(server), out)
        again = {entry.path for entry in list(server.requests)[asked:]}
    assert second.complete
    assert without_place(out) == without_place(reference[0])
    assert all(path.startswith("/v1/threads/thread_3") for path in again)


def test_a_404_is_a_failure_and_no_empty_thread(state, out):
    with old_world(state) as server:
        manifest = exported("openai", settings(server, thread_ids=("thread_1", "thread_nowhere")), out)
    assert not manifest.complete
    [failure] = manifest.failures
    assert failure.id == "thread_nowhere"
    assert failure.reason.startswith("404")
    assert set(conversations(out)) == {"thread_1"}


def test_a_404_within_a_thread_is_a_failure_too(state, out):
    with old_world(state, faults="404@GET /v1/threads/thread_2/runs") as server:
        manifest = exported("openai", settings(server), out)
    assert [failure.id for failure in manifest.failures] == ["thread_2"]
    assert "thread_2" not in conversations(out)


def test_a_server_with_smaller_pages_gets_smaller_requests(state, reference, out):
    with old_world(state, faults="422@GET /v1/files,times=1") as server:
        manifest = exported("openai", settings(server), out)
        limits = [entry.query for entry in server.requests if entry.path == "/v1/files"]
    assert manifest.complete
    assert ["10000" in query for query in limits] == [True, False]
    assert without_place(out) == without_place(reference[0])


def test_after_the_sunset_what_lives_is_exported(state, out):
    with old_world(state, sunset=True) as server:
        manifest = exported("openai", settings(server, thread_ids=()), out)
    assert manifest.complete
    assert {"files", "vector_stores"} <= manifest.counts.keys()
    assert "gone" in next(gap.reason for gap in manifest.absences if gap.kind == "assistants")


def test_a_complete_archive_asks_for_nothing_again(state, reference, out):
    with old_world(state) as server:
        exported("openai", settings(server), out)
        before, asked = snapshot(out), len(server.requests)
        exported("openai", settings(server), out)
        assert len(server.requests) == asked
    assert snapshot(out) == before


def test_threads_can_be_added_later(state, reference, out):
    with old_world(state) as server:
        exported("openai", settings(server, thread_ids=THREADS[:2]), out)
        exported("openai", settings(server), out)
    assert without_place(out) == without_place(reference[0])


def test_what_failed_in_another_source_stays_its_own(state, out, tmp_path):
    (tmp_path / "broken.json").write_text("{")
    assert not exported("dump", Settings(inputs=(tmp_path / "broken.json",)), out).complete
    with old_world(state) as server:
        manifest = exported("openai", settings(server), out)
    assert [(problem.kind, problem.reason) for problem in manifest.failures] == [
        ("dump", "another source told of it; the command for that one tries it again")
    ]


def test_restart_forgets(state, out):
    with old_world(state) as server:
        exported("openai", settings(server), out)
        manifest = exported("openai", settings(server, thread_ids=("thread_1",)), out, restart=True)
    assert manifest.counts["threads"] == 1
    assert set(conversations(out)) == {"thread_1"}


def test_stopped_after_any_unit_it_goes_on(state, reference, tmp_path):
    class Stopped(BaseException):
        pass

    with old_world(state) as server:
        for stop in (1, 3, 7, 11):
            folder = tmp_path / str(stop)
            seen = []

            def report(progress: Progress, stop=stop, seen=seen) -> None:
                seen.append(progress)
                if len(seen) == stop:
                    raise Stopped

            with pytest.raises(BaseException) as caught:
                exported("openai", settings(server), folder, report=report)
            assert caught.type in (Stopped, BaseExceptionGroup)
            exported("openai", settings(server), folder)
            assert without_place(folder) == without_place(reference[0])


WRONG = {
    "no key": ({"api_key": ""}, "needs an API key"),
    "wrong key": ({"api_key": "sk-wrong-0123456789"}, "refuses the API key"),
    "no URL": ({"base_url": "localhost"}, "must begin with http"),
    "unreachable": ({"base_url": "http://127.0.0.1:9/v1"}, "cannot be reached"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_source_is_one_sentence(changes, message, state, out, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with old_world(state, api_key=KEY) as server, pytest.raises(UsageError, match=message) as caught:
        exported("openai", settings(server, **changes), out)
    assert "sk-wrong-0123" not in str(caught.value)


def test_a_wrong_path_is_one_sentence(state, out):
    with old_world(state) as server, pytest.raises(UsageError, match="no wire of Assistants"):
        exported("openai", settings(server, base_url=f"{server.url}/nowhere", thread_ids=()), out)


def test_a_second_export_of_one_folder_is_refused(state, out):
    from assist2resp.export.checkpoint import Checkpoint
    from assist2resp.export.folder import prepare

    prepare(out)
    held = Checkpoint(out)
    try:
        with old_world(state) as server, pytest.raises(UsageError, match="another export"):
            exported("openai", settings(server), out)
    finally:
        held.close()


def test_no_secret_reaches_the_archive(state, out, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary-7f3a9c2e51d8")
    told = []
    with old_world(state, faults="400@GET /v1/threads/thread_2") as server:
        exported("openai", settings(server), out, report=told.append)
        assert any(told_of.event == "failed" for told_of in told)
        url = server.url.replace("http://", "http://canary-user:canary-7f3a9c2e51d8@")
        with pytest.raises(UsageError) as caught:
            exported("openai", settings(server, base_url=url), out.with_name("other"), report=told.append)
    files = [*out.rglob("*"), *out.with_name("other").rglob("*")]
    data = b"".join(path.read_bytes() for path in files if path.is_file()) + f"{told} {caught.value}".encode()
    for secret in (KEY, "canary-7f3a9c2e51d8", "canary-user", "org-canary"):
        assert secret.encode() not in data


ERRORS = {
    "the key": f'{{"error": {{"message": "Wrong key {KEY}"}}}}',
    "another key": '{"error": "Wrong key sk-proj-abcdef123456"}',
    "no JSON": f"<html>Bearer {KEY}\x1b[31m</html>",
}


@pytest.mark.parametrize("body", ERRORS.values(), ids=ERRORS)
async def test_an_error_that_repeats_a_key_is_cleaned(body):
    http = Http(Access("http://127.0.0.1:9/v1", {"authorization": f"Bearer {KEY}"}), Pace(1), patience=0)
    try:
        with pytest.raises(RefusedError) as caught:
            http._refusal("/threads/a", 400, {}, body.encode())
    finally:
        await http.close()
    assert KEY not in str(caught.value)
    assert "abcdef" not in str(caught.value)
    assert str(caught.value).isprintable()
