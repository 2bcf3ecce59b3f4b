"""The folder of an archive: names, a disk that is full or fails, parts, and what was left behind."""

from __future__ import annotations

import errno
import json
import os
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.errors import UsageError
from assist2resp.export import archive
from assist2resp.export.folder import safe_name
from assist2resp.export.source import Settings
from assist2resp.export.verify import verify
from tests.export.scenes import conversations, exported, snapshot

ROWS = [{"id": f"thread_{number}", "object": "thread", "metadata": {"n": "x" * 50}} for number in range(9)]


@pytest.fixture
def dump(tmp_path):
    (tmp_path / "dump.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    return Settings(inputs=(tmp_path / "dump.jsonl",))


@given(st.lists(st.text(st.characters(codec=None), min_size=1, max_size=300), max_size=6, unique=True))
def test_names_are_safe_and_differ(ids):
    names = [safe_name(each) for each in ids]
    assert len(set(names)) == len(ids)
    for name in names:
        assert name.isascii()
        assert len(name) < 200
        assert not name.startswith(".")
        assert not {"/", "\\", "\x00", ":"} & set(name)


@pytest.mark.parametrize("name", ["thread_abc123", "file-A.b_c", "asst_0"])
def test_the_ids_of_the_api_are_names_as_they_are(name):
    assert safe_name(name) == name


@pytest.mark.parametrize("allowed", range(0, 8, 2))
def test_a_full_disk_is_one_sentence_and_the_next_run_ends_well(allowed, dump, out, tmp_path, monkeypatch):
    real, left = os.fsync, [allowed]

    def fsync(handle):
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        real(handle)

    with monkeypatch.context() as patched, pytest.raises(UsageError, match="No space left on device"):
        patched.setattr("assist2resp.export.folder.os.fsync", fsync)
        exported("dump", dump, out)
    exported("dump", dump, out)
    exported("dump", dump, tmp_path / "other")
    assert snapshot(out) == snapshot(tmp_path / "other")


@pytest.mark.parametrize("free", [10 * 2**20, 64 * 2**20 - 1])
def test_a_disk_that_is_too_small_is_told_before(free, dump, out, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free))
    with pytest.raises(UsageError, match="needs about 64 MiB more and the disk has"):
        exported("dump", dump, out)
    assert not (out / "state.sqlite").exists()


def test_a_disk_that_is_too_small_for_the_archive_keeps_what_was_fetched(dump, out, tmp_path, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(UsageError, match="make room, then run the same command"):
        patched.setattr("assist2resp.export.engine._GROWTH", 1e12)
        exported("dump", dump, out)
    assert (out / "state.sqlite").exists()
    exported("dump", dump, out)
    exported("dump", dump, tmp_path / "other")
    assert snapshot(out) == snapshot(tmp_path / "other")


def test_conversations_are_parted_by_size(dump, out, monkeypatch):
    monkeypatch.setattr(archive, "PART_BYTES", 1000)
    manifest = exported("dump", dump, out)
    parts = sorted(path.name for path in (out / "conversations").iterdir())
    assert len(parts) > 2
    assert parts[0] == "part-00001.jsonl"
    assert all(path.stat().st_size <= 1000 for path in (out / "conversations").iterdir())
    assert len(conversations(out)) == manifest.converted["conversations"] == len(ROWS)
    assert verify(out).damages == ()


def test_what_a_killed_export_left_is_removed(dump, out):
    exported("dump", dump, out)
    before = snapshot(out)
    for stray in ("source/messages.jsonl.partial", "conversations/part-00007.jsonl", "prompts/x.json.partial"):
        (out / stray).write_text("half")
    exported("dump", dump, out)
    assert snapshot(out) == before
