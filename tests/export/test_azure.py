"""The source `azure` against the sandbox's spellings of Azure: the same archive, without knowing any thread's id."""

from __future__ import annotations

import json

import pytest

from assist2resp.errors import UsageError
from tests.export.scenes import KEY, THREADS, exported, old_world, settings, snapshot, without_place

SPELLINGS = {
    "resource": "",
    "resource with its path": "/openai",
    "project of Foundry": "/api/projects/support",
}
VARIABLES = ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def azure(server, path="", **changes):
    """What reads everything of a sandbox by Azure's paths; no thread is named."""
    return settings(server, **{"base_url": server.azure_url + path, "thread_ids": None, **changes})


@pytest.fixture(scope="module")
def reference(state, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference") / "archive"
    with old_world(state) as server:
        exported("openai", settings(server), folder)
    return folder


def comparable(folder):
    """The archive but for its place, and for the listings that only one of the two has."""
    files = without_place(folder)
    manifest = json.loads(files["manifest.json"])
    manifest["listings"] = [kind for kind in manifest["listings"] if kind not in ("threads", "containers")]
    return {**files, "manifest.json": manifest}


@pytest.mark.parametrize("path", SPELLINGS.values(), ids=SPELLINGS)
def test_the_same_archive_without_any_id(path, state, reference, out):
    with old_world(state, api_key=KEY) as server:
        manifest = exported("azure", azure(server, path), out)
        asked = list(server.requests)
    assert manifest.complete
    assert comparable(out) == comparable(reference)
    assert manifest.listings == ("assistants", "files", "models", "threads", "vector_stores")
    assert all("api-version=20" in entry.query for entry in asked)
    assert not any("authorization" in entry.headers for entry in asked)


def test_threads_by_id_are_not_listed(state, out):
    with old_world(state) as server:
        manifest = exported("azure", azure(server, thread_ids=THREADS[:2]), out)
        assert not any(entry.path == "/openai/threads" for entry in server.requests)
    assert manifest.counts["threads"] == 2


@pytest.mark.parametrize("status", [404, 405, 400])
def test_a_server_that_lists_no_threads_is_told_of(status, state, out):
    with old_world(state, faults=f"{status}@GET /v1/threads") as server:
        manifest = exported("azure", azure(server), out)
    [gap] = [gap for gap in manifest.absences if gap.kind == "threads"]
    assert "give their ids with --threads" in gap.reason
    assert "threads" not in manifest.counts


def test_what_the_environment_says(state, out, monkeypatch):
    with old_world(state) as server:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{server.azure_url}/api/projects/support")
        monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", KEY)
        monkeypatch.setenv("OPENAI_API_VERSION", "2099-01-01")
        manifest = exported("azure", azure(server, base_url=None, api_key=None), out)
        asked = list(server.requests)
    assert manifest.complete
    assert all("api-version=2099-01-01" in entry.query for entry in asked)
    assert KEY not in "".join(path.read_text(errors="replace") for path in out.rglob("*") if path.is_file())


WRONG = {
    "no endpoint": ({"base_url": None}, "give --base-url"),
    "no URL": ({"base_url": "resource"}, "must begin with http"),
    "no key": ({"api_key": ""}, "needs AZURE_OPENAI_API_KEY"),
    "a key that no header may hold": ({"api_key": "k\n"}, "no header may"),
    "wrong key": ({"api_key": "sk-wrong-0123456789"}, "set AZURE_OPENAI_API_KEY"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_source_is_one_sentence(changes, message, state, out):
    with old_world(state, api_key=KEY) as server, pytest.raises(UsageError, match=message):
        exported("azure", azure(server, **changes), out)


def test_openai_itself_lists_no_threads(state):
    with old_world(state) as server, pytest.raises(Exception, match="405"):
        server.client().get("/threads", cast_to=object, options={"headers": {"openai-beta": "assistants=v2"}})


def test_a_complete_archive_asks_for_nothing_again(state, out):
    with old_world(state) as server:
        exported("azure", azure(server), out)
        before, asked = snapshot(out), len(server.requests)
        exported("azure", azure(server), out)
        assert len(server.requests) == asked
    assert snapshot(out) == before
