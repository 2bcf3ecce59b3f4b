"""Threads as conversations: content, citations, order, tool calls, and the account of every field."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.mapping.content import content_of
from assist2resp.mapping.items import Thread, conversation_of
from assist2resp.schema.archive import ConversationRecord


def record_of(thread):
    """The conversation as readers of archives see it."""
    return ConversationRecord.model_validate(conversation_of(thread))


def text(value, *annotations):
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def citation(marker, start, file_id="file-a", kind="file_citation"):
    return {
        "type": kind,
        "text": marker,
        "start_index": start,
        "end_index": start + len(marker),
        kind: {"file_id": file_id},
    }


def said(value, *annotations):
    return {"type": "output_text", "text": value, "annotations": list(annotations)}


def cites(index, file_id="file-a", filename="a.txt"):
    return {"type": "file_citation", "file_id": file_id, "filename": filename, "index": index}


USER = {
    "text": ([text("Hi")], [{"type": "input_text", "text": "Hi"}]),
    "string": ("Hi", [{"type": "input_text", "text": "Hi"}]),
    "text of another server": ([{"type": "text", "text": "Hi"}], [{"type": "input_text", "text": "Hi"}]),
    "list of another server": ([{"type": "text", "text": [{"value": "Hi"}]}], [{"type": "input_text", "text": "Hi"}]),
    "blank": ([text(" ")], []),
    "image file": (
        [{"type": "image_file", "image_file": {"file_id": "file-a", "detail": "low"}}],
        [{"type": "input_image", "detail": "low", "file_id": "file-a"}],
    ),
    "image url": (
        [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}],
        [{"type": "input_image", "detail": "auto", "image_url": "https://x/y.png"}],
    ),
    "unknown": ([{"type": "hologram"}], [{"type": "input_text", "text": "[content of type hologram]"}]),
    "nothing": (None, []),
}


@pytest.mark.parametrize(("blocks", "expected"), USER.values(), ids=USER)
def test_content_of_users(blocks, expected):
    assert content_of(blocks, "user", {}.get).parts == expected


MARK, MARK_2, LINK = "【4:0†a.txt】", "【4:1†b.txt】", "sandbox:/mnt/data/a.csv"
ASSISTANT = {
    "text": ([text("Hi")], [said("Hi")]),
    "refusal": ([{"type": "refusal", "refusal": "No."}], [{"type": "refusal", "refusal": "No."}]),
    "citation": ([text(f"Yes{MARK}.", citation(MARK, 3))], [said("Yes.", cites(3))]),
    "two citations": (
        [text(f"A{MARK}B{MARK_2}", citation(MARK, 1), citation(MARK_2, 2 + len(MARK), "file-b"))],
        [said("AB", cites(1), cites(2, "file-b", "file-b"))],
    ),
    "citations in no order": (
        [text(f"A{MARK}B{MARK_2}", citation(MARK_2, 2 + len(MARK), "file-b"), citation(MARK, 1))],
        [said("AB", cites(1), cites(2, "file-b", "file-b"))],
    ),
    "citation with a wrong index": ([text(f"😀 Yes{MARK}.", citation(MARK, 6))], [said("😀 Yes.", cites(5))]),
    "citation without its marker": ([text("Yes.", citation(MARK, 3))], [said("Yes.", cites(3))]),
    "citation beyond the end": ([text("Yes.", citation(MARK, 99))], [said("Yes.", cites(4))]),
    "path": (
        [text(f"[f]({LINK})", citation(LINK, 4, kind="file_path"))],
        [said(f"[f]({LINK})", {"type": "file_path", "file_id": "file-a", "index": 4})],
    ),
    "chart beside text": ([{"type": "image_file", "image_file": {"file_id": "file-a"}}, text("See.")], [said("See.")]),
    "chart alone": ([{"type": "image_file", "image_file": {"file_id": "file-a"}}], [said("[image file-a]")]),
}


@pytest.mark.parametrize(("blocks", "expected"), ASSISTANT.values(), ids=ASSISTANT)
def test_content_of_assistants(blocks, expected):
    assert content_of(blocks, "assistant", {"file-a": "a.txt"}.get).parts == expected


def message(number, role="user", run=None, **more):
    shown = {"id": f"msg_{number}", "role": role, "created_at": number, "run_id": run, "content": [text(f"m{number}")]}
    return {**shown, **more}


def step(number, run, *calls, message=None):
    details = {"message_creation": {"message_id": message}} if message else {"tool_calls": list(calls)}
    return {"id": f"step_{number}", "run_id": run, "created_at": number, "step_details": details}


def call(call_id, output="out"):
    return {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}", "output": output}}


def shape(record):
    """The items in one word each: the first text of a message, or the call's id with a sign."""
    signs = {"function_call": "?", "function_call_output": "!"}
    return [
        entry.item["content"][0]["text"]
        if entry.item["type"] == "message"
        else entry.item["call_id"] + signs[entry.item["type"]]
        for entry in record.items
    ]


ORDERS = {
    "calls stand before the answer": (
        [message(1), message(5, "assistant", "run_a")],
        [step(2, "run_a", call("c1"), call("c2")), step(4, "run_a", message="msg_5")],
        ["m1", "c1?", "c2?", "c1!", "c2!", "m5"],
    ),
    "calls stand between two answers of one run": (
        [message(1), message(2, "assistant", "run_a"), message(5, "assistant", "run_a")],
        [step(2, "run_a", message="msg_2"), step(3, "run_a", call("c1")), step(4, "run_a", message="msg_5")],
        ["m1", "m2", "c1?", "c1!", "m5"],
    ),
    "calls after the last answer": (
        [message(1), message(2, "assistant", "run_a"), message(9)],
        [step(2, "run_a", message="msg_2"), step(3, "run_a", call("c1"))],
        ["m1", "m2", "c1?", "c1!", "m9"],
    ),
    "a run that said nothing": (
        [message(1), message(9)],
        [step(3, "run_a", call("c1"))],
        ["m1", "c1?", "c1!", "m9"],
    ),
    "a run that said nothing, last": ([message(1)], [step(3, "run_a", call("c1"))], ["m1", "c1?", "c1!"]),
    "an answer without its step": (
        [message(1), message(5, "assistant", "run_a")],
        [step(2, "run_a", call("c1"))],
        ["m1", "c1?", "c1!", "m5"],
    ),
    "an unanswered call": ([message(1)], [step(3, "run_a", call("c1"), call("c2", None))], ["m1"]),
    "a clock that goes back keeps the order": ([message(9), message(1)], [], ["m9", "m1"]),
}


@pytest.mark.parametrize(("messages", "steps", "expected"), ORDERS.values(), ids=ORDERS)
def test_order(messages, steps, expected):
    assert shape(record_of(Thread("thread_a", {}, messages, [], steps))) == expected


def test_what_is_left_out_is_stated():
    hosted = [{"id": "c3", "type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": []}}]
    steps = [step(3, "run_a", call("c1", None)), step(4, "run_a", *hosted)]
    record = record_of(Thread("thread_a", {}, [message(1, content=[])], [{"id": "run_a"}], steps))
    reasons = {left.origin.id: left.reason for left in record.left_out}
    assert set(reasons) == {"msg_1", "c1", "c3"}
    assert "empty" in reasons["msg_1"]
    assert "never answered" in reasons["c1"]
    assert "container" in reasons["c3"]
    assert [left.tool_call for left in record.left_out if left.origin.id == "c3"] == hosted


def test_what_an_item_cannot_say_is_in_its_origin():
    old = message(
        7,
        "assistant",
        "run_a",
        object="thread.message",
        assistant_id="asst_a",
        metadata={"k": "v"},
        attachments=[{"file_id": "file-a"}],
        content=[text(f"A{MARK}", citation(MARK, 1))],
        novelty=1,
    )
    [entry] = record_of(Thread("thread_a", {}, [old], filename={"file-a": "a.txt"}.get)).items
    assert entry.item == {"type": "message", "role": "assistant", "content": [said("A", cites(1))]}
    origin = entry.origin
    assert (origin.id, origin.created_at, origin.run_id, origin.assistant_id) == ("msg_7", 7, "run_a", "asst_a")
    assert (origin.metadata, origin.attachments) == ({"k": "v"}, ({"file_id": "file-a"},))
    assert origin.annotations == (citation(MARK, 1),)
    assert set(entry.losses.lost) == {"novelty"}
    assert entry.losses.kept == ("role",)


NAMES = st.text(st.characters(codec=None), max_size=5)
JSON = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec=None), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
BLOCKS = st.lists(
    st.builds(text, st.text(max_size=12))
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "image_file", "image_url", "refusal", "odd"]), "text": JSON}
    )
    | JSON,
    max_size=4,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool"]), "content": BLOCKS | JSON},
        optional={"created_at": JSON, "run_id": st.sampled_from(["run_a", "run_b"]), "metadata": JSON, "x": JSON},
    ),
    max_size=5,
)
CALLS = st.lists(st.builds(call, st.sampled_from(["c1", "c2", "c3"]), JSON) | JSON, max_size=3)
STEPS = st.lists(
    st.builds(step, st.integers(0, 9), st.sampled_from(["run_a", "run_b", "run_c"]))
    | CALLS.map(lambda calls: step(1, "run_a", *calls)),
    max_size=4,
)


@given(MESSAGES, STEPS, st.dictionaries(NAMES, JSON, max_size=4))
def test_nothing_disappears_unstated(messages, steps, thread):
    messages = [{"id": f"msg_{place}", **shown} for place, shown in enumerate(messages)]
    record = record_of(Thread("thread_a", thread, messages, [], steps))
    entries = [*record.items, *record.left_out]
    assert sorted(e.origin.id for e in entries if e.origin.kind == "message") == sorted(m["id"] for m in messages)
    order = [e.origin.id for e in record.items if e.origin.kind == "message"]
    assert order == sorted(order)
    asked = [e.item["call_id"] for e in record.items if e.item["type"] == "function_call"]
    answered = [e.item["call_id"] for e in record.items if e.item["type"] == "function_call_output"]
    assert sorted(asked) == sorted(answered)
    for entry in record.items:
        if entry.origin.kind == "message":
            old = messages[int(entry.origin.id.removeprefix("msg_"))]
            stated = {*entry.losses.kept, *entry.losses.changed, *entry.losses.lost}
            assert {name for name, value in old.items() if value not in (None, "", [], {})} <= stated
    assert all(left.reason for left in record.left_out)


RUNS = st.lists(st.dictionaries(st.sampled_from(["id", "status", "usage", "model"]), JSON, max_size=4), max_size=2)


@given(MESSAGES, RUNS, STEPS, st.dictionaries(NAMES, JSON, max_size=4))
def test_the_plain_values_are_what_their_model_writes(messages, runs, steps, thread):
    plain = conversation_of(Thread("thread_a", thread, messages, runs, steps))
    written = ConversationRecord.model_validate(plain).model_dump_json()
    assert list(orjson.loads(written)) == list(ConversationRecord.model_fields)
    if all(abs(number) < 2**63 for number in numbers(plain)):
        assert orjson.dumps(plain).decode() == written


def numbers(value):
    """All whole numbers within a value."""
    if isinstance(value, dict | list):
        return [number for entry in (value.values() if isinstance(value, dict) else value) for number in numbers(entry)]
    return [value] if isinstance(value, int) else []
