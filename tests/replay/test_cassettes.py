"""Cassettes: recorded once, replayed to the same bytes without network and key, and holding no secret."""

from __future__ import annotations

import re

import pytest
import yaml

from assist2resp.errors import UsageError
from assist2resp.replay.cassettes import file_name
from assist2resp.replay.options import Options
from assist2resp.replay.plan import plan
from tests.replay.scenes import KEY, new_world, played


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request):
    return request.param


def test_what_was_recorded_replays_to_the_same_bytes(archive, state, out, tmp_path, stream, monkeypatch):
    tapes = tmp_path / "tapes"
    with new_world(state) as server:
        first = played(archive, out, server, cassettes=tapes, record=True, stream=stream)
    recorded = out.read_bytes()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    second = played(archive, out, cassettes=tapes, stream=stream)
    assert out.read_bytes() == recorded
    assert (first.failed, second.failed) == (0, 0)
    assert len(first.run.cases) == 24


def test_faults_while_recording_leave_no_trace_in_what_is_replayed(archive, state, out, tmp_path):
    tapes = tmp_path / "tapes"
    with new_world(state, faults="429@POST /v1/responses:0.1,retry-after=0; 500@POST /v1/responses:0.1") as server:
        played(archive, out, server, cassettes=tapes, record=True)
    recorded = out.read_bytes()
    assert played(archive, out, cassettes=tapes).failed == 0
    assert out.read_bytes() == recorded


def test_a_case_that_failed_for_good_replays_as_failed(archive, state, out, tmp_path):
    tapes = tmp_path / "tapes"
    with new_world(state, faults="500@POST /v1/responses") as server:
        played(archive, out, server, cassettes=tapes, record=True, sample="2")
    recorded = out.read_bytes()
    assert played(archive, out, cassettes=tapes, sample="2").failed == 4
    assert out.read_bytes() == recorded


def test_nothing_that_identifies_anyone_is_written(archive, state, out, tmp_path, monkeypatch):
    tapes = tmp_path / "tapes"
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_canary")
    with new_world(state) as server:
        played(archive, out, server, cassettes=tapes, record=True, sample="5")
        place = server.url.removesuffix("/v1")
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".yaml", ".json"))
    assert not re.search(
        rf"{KEY}|canary|{place}|user-agent|x-stainless|x-request-id|set-cookie|authorization", written, re.IGNORECASE
    )
    headers = [
        one["request"]["headers"]
        for path in tapes.iterdir()
        for one in yaml.safe_load(path.read_text())["interactions"]
    ]
    assert {name for entry in headers for name in entry} == {"content-type"}


def test_a_missing_interaction_names_the_nearest_and_what_differs(archive, state, out, tmp_path):
    tapes = tmp_path / "tapes"
    with new_world(state) as server:
        played(archive, out, server, cassettes=tapes, record=True, sample="3")
    outcome = played(archive, out, cassettes=tapes, sample="3", models=("gpt-4o=gpt-4.1",))
    assert outcome.failed == 6
    assert 'nearest is interaction 1: model: "gpt-4.1", was "gpt-4o"' in outcome.run.cases[0].new[0].error


def test_an_empty_folder_is_an_error(archive, out, tmp_path):
    with pytest.raises(UsageError, match="holds no cassette"):
        played(archive, out, cassettes=tmp_path / "none")


def test_recording_needs_a_key(archive, out, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="needs an API key"):
        played(archive, out, cassettes=tmp_path, record=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1", "is no cassette"),
        ("interactions: [{request: 1}]", "is no cassette"),
        ("interactions: [{request: !!python/object/apply:os.system [true]}]", "is no cassette"),
    ],
    ids=["no YAML", "no interaction", "a tag that would run code"],
)
def test_cassettes_are_untrusted(archive, out, tmp_path, text, problem):
    (tmp_path / f"{file_name(_first(archive, out))}.yaml").write_text(text)
    with pytest.raises(UsageError, match=problem):
        played(archive, out, cassettes=tmp_path, sample="1")


def _first(archive, out):
    """The name of the one case that a sample of one draws."""
    return plan(Options(inputs=(archive,), out=out, sample="1")).prepared[0].turn.id


@pytest.mark.parametrize(
    ("case", "safe"),
    [("thread_1#2", False), ("plain-1.x", True), ("../../up", False), ("." * 3, False), ("a" * 300, False)],
)
def test_names_of_files_stay_in_the_folder(case, safe):
    name = file_name(case)
    assert (name == case) is safe
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name)
