"""Chunks and metadata: what is written of a thread, and in which requests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.load.plan import DATE_KEY, THREAD_KEY, plan_of, with_images, without_annotations
from assist2resp.load.reading import Shard, seconds_of
from assist2resp.schema.archive import ConversationItem, ConversationRecord, Origin

FILLED = {f"key{number}": "v" for number in range(16)}


def record(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    entries = [
        ConversationItem(
            item=item, origin=Origin(kind="message", id=f"old{number}", status=item.pop("old_status", None))
        )
        for number, item in enumerate(items)
    ]
    return ConversationRecord(thread_id="thread_a", items=tuple(entries), **changes).model_dump()


def said(value: str = "x", role: str = "user", **changes: Any) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": value}], **changes}


def calls(*names: str) -> list[dict[str, Any]]:
    called = [{"type": "function_call", "call_id": name, "name": "f", "arguments": "{}"} for name in names]
    return [*called, *({"type": "function_call_output", "call_id": name, "output": "o"} for name in names)]


def chunks(items: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    plan = plan_of(record(*items))
    return [list(plan.items[start:end]) for start, end in pairwise((0, *plan.ends))]


def test_chunks_hold_twenty() -> None:
    assert [len(chunk) for chunk in chunks([said() for _ in range(41)])] == [20, 20, 1]
    assert chunks([]) == []


def test_long_texts_go_in_requests_of_their_own() -> None:
    long = said("x" * 3_000_000)
    assert [len(chunk) for chunk in chunks([said(), long, long, said(), long])] == [2, 2, 1]
    assert [len(chunk) for chunk in chunks([said("x" * 9_000_000), said()])] == [1, 1]


def test_a_call_waits_for_a_chunk_that_holds_its_output() -> None:
    found = chunks([*[said() for _ in range(19)], *calls("a"), said()])
    assert [len(chunk) for chunk in found] == [19, 3]


def test_more_parallel_calls_than_a_chunk_holds_go_as_pairs() -> None:
    names = [f"call{number}" for number in range(15)]
    plan = plan_of(record(*calls(*names)))
    assert [item["call_id"] for item in plan.items] == [name for name in names for _ in range(2)]
    assert plan.ends == (20, 30)
    assert plan.notes == ("parallel calls are more than a request takes: each output follows its call",)


@given(st.lists(st.one_of(st.none(), st.integers(1, 25)), max_size=40))
def test_order_is_kept_and_no_call_is_parted_from_its_output(steps: list[int | None]) -> None:
    items: list[dict[str, Any]] = []
    for number, size in enumerate(steps):
        items += [said(str(number))] if size is None else calls(*[f"c{number}_{call}" for call in range(size)])
    found = chunks(items)
    assert all(0 < len(chunk) <= 20 for chunk in found)
    assert sorted(map(repr, items)) == sorted(repr(item) for chunk in found for item in chunk)
    plain = [item for item in items if item["type"] == "message"]
    assert [item for chunk in found for item in chunk if item["type"] == "message"] == plain
    for chunk in found:
        called = [item["call_id"] for item in chunk if item["type"] == "function_call"]
        assert sorted(called) == sorted(item["call_id"] for item in chunk if item["type"] == "function_call_output")


def test_long_call_ids_stay_a_pair() -> None:
    plan = plan_of(record(*calls("c" * 65)))
    assert len({item["call_id"] for item in plan.items}) == 1
    assert len(plan.items[0]["call_id"]) <= 64


def test_an_unfinished_answer_says_so() -> None:
    plan = plan_of(
        record(said(role="assistant", old_status="incomplete"), said(role="assistant", old_status="completed"))
    )
    assert [item.get("status") for item in plan.items] == ["incomplete", "completed"]


METADATA: dict[str, tuple[dict[str, Any], Any, dict[str, str], int]] = {
    "nothing": ({}, None, {THREAD_KEY: "thread_a"}, 0),
    "a date": ({}, 5, {THREAD_KEY: "thread_a", DATE_KEY: "5"}, 0),
    "own pairs": ({"k": "v"}, 5, {"k": "v", THREAD_KEY: "thread_a", DATE_KEY: "5"}, 0),
    "room for one": (
        dict(list(FILLED.items())[:15]),
        5,
        {**dict(list(FILLED.items())[:15]), THREAD_KEY: "thread_a"},
        1,
    ),
    "no room": (FILLED, 5, FILLED, 2),
    "too many": ({**FILLED, "more": "v"}, None, FILLED, 2),
    "no texts": ({"n": 1, "o": {"a": [True]}}, None, {"n": "1", "o": '{"a": [true]}', THREAD_KEY: "thread_a"}, 0),
    "too long": ({"k" * 65: "v" * 513}, None, {"k" * 64: "v" * 512, THREAD_KEY: "thread_a"}, 1),
}


@pytest.mark.parametrize(("metadata", "created", "expected", "notes"), METADATA.values(), ids=METADATA)
def test_metadata(metadata: dict[str, Any], created: Any, expected: dict[str, str], notes: int) -> None:
    plan = plan_of(record(metadata=metadata, created_at=created))
    assert plan.metadata == expected
    assert len(plan.notes) == notes


def test_images_get_new_ids_or_placeholders() -> None:
    picture = {"type": "input_image", "file_id": "file-a", "detail": "low"}
    item = {"type": "message", "role": "user", "content": [picture, {"type": "input_image", "image_url": "http://x"}]}
    assert with_images(item, {"file-a": "file-b"})["content"][0] == {**picture, "file_id": "file-b"}
    gone = with_images(item, {"file-a": None})["content"]
    assert gone == [{"type": "input_text", "text": "[image file-a]"}, item["content"][1]]
    assert [part["type"] for part in with_images(item, {}, unknown=False)["content"]] == ["input_text", "input_text"]
    assert with_images(said(), {}) == said()


def test_only_annotations_go() -> None:
    part = {"type": "output_text", "text": "x", "annotations": [{"type": "file_path"}]}
    item = {"type": "message", "role": "assistant", "content": [part]}
    assert without_annotations(item)["content"] == [{**part, "annotations": []}]
    assert without_annotations(calls("a")[0]) == calls("a")[0]


@given(st.text(), st.integers(1, 9))
def test_every_thread_is_of_one_shard(name: str, of: int) -> None:
    assert sum(Shard(number, of).holds(name) for number in range(1, of + 1)) == 1


TIMES = {
    "seconds": (1_700_000_000, 1_700_000_000),
    "fractions": (1_700_000_000.9, 1_700_000_000),
    "milliseconds": (1_700_000_000_123, 1_700_000_000),
    "a text": ("2023-11-14T22:13:20Z", 1_700_000_000),
    "a text without a zone": ("2023-11-14T22:13:20", 1_700_000_000),
    "a day": ("2023-11-14", 1_699_920_000),
    "nothing": (None, None),
    "a truth": (True, None),
    "no time": ("soon", None),
    "a list": ([1], None),
}


@pytest.mark.parametrize(("moment", "expected"), TIMES.values(), ids=TIMES)
def test_times(moment: Any, expected: int | None) -> None:
    assert seconds_of(moment) == expected
