"""`verify`: every kind of damage is found, and what can be mended is mended to the same bytes."""

from __future__ import annotations

import json
import shutil

import pytest

from assist2resp.errors import Assist2RespError, InputFileError
from assist2resp.export.source import Settings
from assist2resp.export.verify import repair, verify
from tests.export.scenes import exported, snapshot

ROWS = [
    {"id": "asst_a", "object": "assistant", "model": "gpt-4o", "instructions": "Be brief."},
    {"id": "file-a", "object": "file", "filename": "a.txt"},
    {"id": "vs_a", "object": "vector_store"},
    *({"id": f"thread_{name}", "object": "thread", "metadata": {"n": name}} for name in "abc"),
    *(
        {
            "id": f"msg_{name}{number}",
            "object": "thread.message",
            "thread_id": f"thread_{name}",
            "created_at": number,
            "role": "user",
            "assistant_id": "asst_gone" if number == 3 else None,
            "attachments": [{"file_id": "file-gone"}] if number == 2 else [],
            "content": [{"type": "text", "text": {"value": f"{name}{number}"}}],
        }
        for name in "abc"
        for number in range(4)
    ),
    {
        "id": "msg_c4",
        "object": "thread.message",
        "thread_id": "thread_c",
        "created_at": 4,
        "role": "user",
        "content": "half a pair \ud800, and numbers",
        "metadata": {"large": 2**64 + 1, "larger": -(10**40), "small": 1.5},
    },
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    (folder / "in.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    exported("dump", Settings(inputs=(folder / "in.jsonl",)), folder / "archive")
    return folder / "archive"


@pytest.fixture
def archive(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "archive")


def test_a_sound_archive_has_no_damage(archive):
    verdict = verify(archive)
    assert verdict.damages == ()
    assert verdict.dangling == {"messages to assistants": 3, "messages to files": 3}


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def drop_last_line(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


MENDABLE = {
    "prompt changed": lambda folder: change(folder / "prompts/asst_a.json", "Be brief.", "Be rude."),
    "prompt missing": lambda folder: (folder / "prompts/asst_a.json").unlink(),
    "conversation changed": lambda folder: change(folder / "conversations/part-00001.jsonl", "a1", "a9"),
    "conversation missing": lambda folder: drop_last_line(folder / "conversations/part-00001.jsonl"),
    "conversation twice": lambda folder: shutil.copy(
        folder / "conversations/part-00001.jsonl", folder / "conversations/part-00002.jsonl"
    ),
    "store empty": lambda folder: (folder / "vector_stores/vs_a.json").write_text(""),
    "stray file": lambda folder: (folder / "prompts/stray.json").write_text("{}"),
}


@pytest.mark.parametrize("harm", MENDABLE.values(), ids=MENDABLE)
def test_derived_files_are_mended_to_the_same_bytes(harm, archive, sound):
    harm(archive)
    verdict = verify(archive)
    assert verdict.damages
    assert all(damage.mendable for damage in verdict.damages)
    repair(archive, verdict)
    assert verify(archive).damages == ()
    assert snapshot(archive) == snapshot(sound)


def double_line(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[1], *lines[2:]]))


LASTING = {
    "object changed": (lambda folder: change(folder / "source/messages.jsonl", '"a1"', '"a9"'), "another content"),
    "line cut": (lambda folder: change(folder / "source/threads.jsonl", '"c"}}}\n', '"c'), "bytes and not"),
    "line twice": (lambda folder: double_line(folder / "source/messages.jsonl"), "times"),
    "line missing": (lambda folder: drop_last_line(folder / "source/messages.jsonl"), "objects and not"),
    "file missing": (lambda folder: (folder / "source/assistants.jsonl").unlink(), "is missing"),
    "stray file outside": (lambda folder: (folder / "stray.txt").write_text(""), "not in the manifest"),
    "manifest leads out": (
        lambda folder: change(folder / "manifest.json", '"prompts/asst_a.json"', '"../asst_a.json"'),
        "which is not in the archive",
    ),
}


@pytest.mark.parametrize(("harm", "problem"), LASTING.values(), ids=LASTING)
def test_other_damage_is_found_and_not_mended(harm, problem, archive):
    harm(archive)
    before = snapshot(archive)
    verdict = verify(archive)
    assert any(problem in damage.problem for damage in verdict.damages)
    with pytest.raises(Assist2RespError, match="cannot be made anew"):
        repair(archive, verdict)
    assert snapshot(archive) == before


def test_a_line_that_is_no_text_is_named(archive):
    path = archive / "source/messages.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"b1"', b'"\xff1"'))
    assert any("messages.jsonl:6" in damage.problem for damage in verify(archive).damages)
    with pytest.raises(InputFileError, match=r"messages\.jsonl:6: is damaged"):
        exported("archive", Settings(inputs=(archive,)), archive.parent / "again")


def test_another_spelling_of_a_number_is_no_damage_of_the_record(archive):
    path = archive / "conversations/part-00001.jsonl"
    change(path, '"small":1.5', '"small":15e-1')
    [damage] = verify(archive).damages
    assert damage.problem == f"has {path.stat().st_size} bytes and not {path.stat().st_size - 2}"


def test_a_sample_makes_fewer_conversions_again(archive):
    change(archive / "conversations/part-00001.jsonl", "a1", "a9")
    assert any("conversations: thread_a" in damage.path for damage in verify(archive).damages)
    assert not any("conversations: thread_a" in damage.path for damage in verify(archive, sample=0).damages)
