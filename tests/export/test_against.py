"""`verify --against-source`: what the server says now beside what the archive holds."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from assist2resp.cli import group
from assist2resp.errors import UsageError
from assist2resp.export.against import compare
from assist2resp.export.source import Settings
from assist2resp.schema.manifest import read_manifest
from tests.export.scenes import KEY, THREADS, exported, old_world, settings


@pytest.fixture
def world(state, tmp_path):
    """A server of its own, with a state of its own, and its archive."""
    shutil.copy(state, tmp_path / "state.sqlite")
    with old_world(tmp_path / "state.sqlite") as server:
        exported("openai", settings(server), tmp_path / "archive")
        yield server, tmp_path / "archive"


def compared(server, folder, **options):
    given = Settings(api_key=KEY, patience=0.001, base_url=server.url)
    return compare(folder, read_manifest(folder), given, **{"sample": 100.0, **options})


def problems(comparison):
    return {(one.kind, one.id): one.problem for one in comparison.differences}


def test_what_did_not_change_is_the_same(world):
    found = compared(*world)
    assert (found.differences, found.failures) == ((), ())
    assert found.compared == sum(read_manifest(world[1]).counts.values())


@pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")
def test_what_changed_is_named(world):
    server, folder = world
    client = server.client()
    client.beta.threads.update("thread_1", metadata={"customer": "8"})
    added = client.beta.threads.messages.create("thread_2", role="user", content="one more").id
    gone = next(iter(client.beta.threads.messages.list("thread_2", order="asc"))).id
    client.beta.threads.messages.delete(gone, thread_id="thread_2")
    client.files.delete("file-chart")
    assert problems(compared(server, folder)) == {
        ("threads", "thread_1"): "says something else at the source now",
        ("messages", added): "is at the source, and not in the archive",
        ("messages", gone): "is not at the source any more",
        ("files", "file-chart"): "is not at the source any more",
    }


@pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")
def test_a_sample_asks_for_fewer_threads_and_a_thread_that_is_gone_is_told(world):
    server, folder = world
    before = len(server.requests)
    assert compared(server, folder, sample=0.0).differences == ()
    assert not any("/threads/" in entry.path for entry in list(server.requests)[before:])
    server.client().beta.threads.delete("thread_3")
    found = compared(server, folder)
    assert [failure for failure in found.failures if "thread_3" in failure]
    assert problems(found)["threads", "thread_3"] == "is not at the source any more"


def test_only_servers_can_be_asked(tmp_path):
    (tmp_path / "in.json").write_text('{"id": "thread_a", "object": "thread"}')
    exported("dump", Settings(inputs=(tmp_path / "in.json",)), tmp_path / "archive")
    with pytest.raises(UsageError, match="only servers can be asked again"):
        compare(tmp_path / "archive", read_manifest(tmp_path / "archive"), Settings(), sample=100)


def test_the_command(world):
    server, folder = world
    environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": ""}

    def run(*options):
        command = ["verify", str(folder), "--against-source", *options]
        result = CliRunner().invoke(group, command, env=environment, standalone_mode=False)
        assert result.exception is None
        return int(result.return_value), result.stdout

    code, shown = run()
    assert code == 0
    assert shown.endswith("objects were asked for again: all are the same.\n")
    server.client().files.delete("file-chart")
    code, shown = run("--format", "json")
    assert code == 1
    [one] = json.loads(shown)["against_source"]["differences"]
    assert (one["kind"], one["id"]) == ("files", "file-chart")
    code, shown = run("--sample", "50")
    assert code == 1
    assert "files file-chart: is not at the source any more.\n" in shown
    assert len(THREADS) == 6
