"""`--since`: older threads are looked at and left, and another date looks at them again."""

from __future__ import annotations

import pytest

from assist2resp.sandbox import sandbox
from tests.export.scenes import conversations, exported, settings, snapshot

OLD, NEW = 1_600_000_000, 1_800_000_000
THREADS = ("thread_old", "thread_new")


@pytest.fixture(scope="module")
def server():
    threads = [
        {"id": name, "created_at": made, "messages": [{"role": "user", "content": name}]}
        for name, made in zip(THREADS, (OLD, NEW), strict=True)
    ]
    with sandbox(seed={"threads": threads}) as running:
        yield running
        assert running.failures == []


def since(server, moment, **changes):
    return settings(server, thread_ids=THREADS, since=moment, **changes)


def test_older_threads_are_left_and_that_is_said(server, out):
    manifest = exported("openai", since(server, 1_700_000_000.0), out)
    assert manifest.complete
    assert set(conversations(out)) == {"thread_new"}
    assert [gap.reason for gap in manifest.absences if gap.kind == "since"] == [
        "threads made before 2023-11-14 22:13 UTC were not asked for"
    ]


def test_no_messages_of_older_threads_are_fetched(server, out):
    before = len(server.requests)
    exported("openai", since(server, 1_700_000_000.0), out)
    asked = {entry.path for entry in list(server.requests)[before:]}
    assert "/v1/threads/thread_old" in asked
    assert "/v1/threads/thread_old/messages" not in asked


@pytest.mark.parametrize("complete", [True, False], ids=["complete", "with a failure"])
def test_without_it_the_rest_comes_too(complete, server, out, tmp_path):
    missing = () if complete else ("thread_nowhere",)
    wanted = (*THREADS, *missing)
    exported("openai", settings(server, thread_ids=wanted, since=1_700_000_000.0), out)
    manifest = exported("openai", settings(server, thread_ids=wanted), out)
    exported("openai", settings(server, thread_ids=wanted), tmp_path / "other")
    assert set(conversations(out)) == set(THREADS)
    assert not [gap for gap in manifest.absences if gap.kind == "since"]
    if complete:
        assert snapshot(out) == snapshot(tmp_path / "other")
