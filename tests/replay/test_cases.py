"""Cases from archives and from files that people write, and samples of them."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from assist2resp.errors import UsageError
from assist2resp.replay.cases import read_cases
from assist2resp.replay.sample import Sample, draw
from assist2resp.replay.turns import Turn, Unanswered, turns_of
from assist2resp.schema.archive import ConversationItem, ConversationRecord, LeftOut, Origin, RunNote
from assist2resp.schema.comparison import Answer, Citation, Usage


def item(kind, run=None, **fields):
    origin = Origin(kind="message" if kind == "message" else "tool_call", id="o", run_id=run)
    return ConversationItem(item={"type": kind, **fields}, origin=origin)


def user(text):
    return item("message", role="user", content=[{"type": "input_text", "text": text}])


def assistant(*parts, run="run_1"):
    content = [
        part if isinstance(part, dict) else {"type": "output_text", "text": part, "annotations": []} for part in parts
    ]
    return item("message", run, role="assistant", content=content)


def conversation(*items, **fields):
    return ConversationRecord(thread_id="thread_1", items=items, **fields)


def run(name="run_1", **fields):
    return RunNote(id=name, **{"assistant_id": "asst_1", "model": "gpt-4o", "status": "completed", **fields})


def test_each_user_turn_is_a_case_with_everything_before_it():
    record = conversation(user("a"), assistant("A"), user("b"), user("c"), assistant("B"), runs=(run(),))
    first, second = turns_of(record)
    assert (first.id, first.question, first.old.text, first.history) == ("thread_1#1", "a", "A", ())
    assert (second.id, second.question, second.old.text, len(second.history)) == ("thread_1#2", "b\nc", "B", 2)
    assert (first.assistant, first.old.model) == ("asst_1", "gpt-4o")


def test_calls_and_their_outputs_are_of_the_answer():
    call = item("function_call", "run_1", call_id="c1", name="get", arguments='{"n":1}')
    output = item("function_call_output", "run_1", call_id="c1", output="one")
    (turn,) = turns_of(conversation(user("a"), call, output, assistant("A")))
    assert [(one.name, one.arguments, one.output) for one in turn.old.tool_calls] == [("get", '{"n":1}', "one")]
    assert turn.groups["tools"] == "function"


def test_tokens_and_times_are_those_of_all_its_runs():
    notes = (
        run("run_1", usage={"prompt_tokens": 3, "completion_tokens": 4}, created_at=100, completed_at=107),
        run("run_2", usage={"prompt_tokens": 1, "completion_tokens": 1}, created_at=110, completed_at=111),
    )
    (turn,) = turns_of(conversation(user("a"), assistant("A"), assistant("B", run="run_2"), runs=notes))
    assert (turn.old.usage, turn.old.latency, turn.old.text) == (Usage(input=4, output=5), 8.0, "A\nB")


@pytest.mark.parametrize(
    "note",
    [
        {"usage": None, "created_at": 1, "completed_at": None},
        {"usage": {"prompt_tokens": None}, "created_at": "2024-01-01", "completed_at": "2024-01-02"},
        {"usage": {}, "created_at": 1_700_000_000, "completed_at": 1_700_000_000_000},
    ],
    ids=["absent", "of other types", "of other units"],
)
def test_what_is_not_known_is_none(note):
    (turn,) = turns_of(conversation(user("a"), assistant("A"), runs=(run(**note),)))
    assert (turn.old.usage, turn.old.latency) == (None, None)


def test_citations_of_joined_texts_move_with_them():
    note = {"type": "file_citation", "file_id": "file-1", "filename": "a.md", "index": 1}
    parts = [{"type": "output_text", "text": text, "annotations": [note]} for text in ("one", "two")]
    (turn,) = turns_of(conversation(user("a"), assistant(*parts)))
    assert turn.old.citations == (Citation(file="a.md", index=1), Citation(file="a.md", index=5))


@pytest.mark.parametrize(
    ("rest", "notes", "reason"),
    [
        ((), (), "it has no recorded reply"),
        (
            (item("function_call", "run_1", call_id="c", name="f", arguments="{}"),),
            (run(status="expired"),),
            "its run ended as expired",
        ),
    ],
    ids=["nothing", "a run that failed"],
)
def test_a_turn_without_reply_is_no_case(rest, notes, reason):
    assert list(turns_of(conversation(user("a"), *rest, runs=notes))) == [Unanswered(reason)]


def test_hosted_tools_are_a_group():
    left = LeftOut(
        origin=Origin(kind="tool_call", id="x", run_id="run_1"), reason="gone", tool_call={"type": "file_search"}
    )
    (turn,) = turns_of(conversation(user("a"), assistant("A"), left_out=(left,)))
    assert turn.groups["tools"] == "file_search"


def test_an_archive_gives_cases_of_all_its_threads(archive):
    found = read_cases([archive])
    assert len(found.turns) == 24
    assert Counter(turn.groups["tools"] for turn in found.turns)["file_search+function"] == 8


WRITTEN = """\
# cases
- question: Where is order 7?
  assistant: asst_1
  history: [{role: user, content: Hello}, {role: assistant, content: Hi}]
  tools: [{name: get_order, arguments: {number: 7}, output: shipped}]
  reply: It was shipped.
  citations: [{file: a.md, index: 3}]
- id: mine
  input: [{role: user, content: Hello}]
  groups: {market: de}
"""


def test_a_file_of_cases(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text(WRITTEN)
    first, second = read_cases([path]).turns
    assert (first.id, first.assistant, len(first.history), first.old.text) == (
        "cases#1",
        "asst_1",
        2,
        "It was shipped.",
    )
    assert json.loads(first.old.tool_calls[0].arguments) == {"number": 7}
    assert (second.id, second.groups["market"], second.old.error) == ("mine", "de", "the case gives no reply")


@pytest.mark.parametrize("name", ["c.jsonl", "c.json", "c.yml"])
def test_other_spellings_of_it(tmp_path, name):
    rows = [{"question": "a", "reply": "A"}, {"question": "b", "reply": "B"}]
    text = "\n\n".join(map(json.dumps, rows)) if name.endswith("l") and "json" in name else json.dumps({"cases": rows})
    (tmp_path / name).write_text("\ufeff" + text, encoding="utf-8")
    assert [turn.question for turn in read_cases([tmp_path / name]).turns] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.yaml", "- question: a\n- question: [\n", r"a.yaml:3: is no YAML"),
        ("a.yaml", "- question: a\n  reply: b\n  relpy: c\n", r"a.yaml:3: relpy: Extra inputs"),
        (
            "a.yaml",
            "- question: a\n- question: b\n  tools:\n    - name: x\n      output: 1\n",
            r"a.yaml:5: tools.0.output",
        ),
        ("a.yaml", "- reply: a\n", r"a.yaml:1: a case has either"),
        ("a.yaml", "- {id: x, question: a}\n- {id: x, question: b}\n", r"a.yaml:2: the id 'x' is taken by line 1"),
        ("a.yaml", "question: a\n", r"a.yaml:1: is no list of cases"),
        ("a.yaml", "", r"holds no case"),
        ("a.yaml", "- question: 1\n", r"a.yaml:1: question: Input should be a valid string"),
        ("a.yaml", "- !!python/object/apply:os.system [true]\n", r"a.yaml:1: is no YAML"),
        ("a.jsonl", '{"question": "a"}\n{"question": \n', r"a.jsonl:2: is no JSON"),
        ("a.jsonl", '\n{"question": "a", "history": [{"role": "tool"}], "x": 1}\n', r"a.jsonl:2: x: Extra"),
        (
            "a.yaml",
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{n}: &{n} [*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p}]\n"
                for p, n in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "more than",
        ),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_mistakes_are_named_with_their_line(tmp_path, name, text, problem):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=problem):
        read_cases([tmp_path / name])


def test_what_is_not_there_or_empty(tmp_path, archive):
    with pytest.raises(UsageError, match="does not exist"):
        read_cases([tmp_path / "none.yaml"])
    with pytest.raises(UsageError, match="is no archive"):
        read_cases([tmp_path])
    with pytest.raises(UsageError, match="is there twice"):
        read_cases([archive, archive])


def turns(**sizes):
    return [
        Turn(f"{name}{at}", name, (), "", Answer(), groups={"kind": name})
        for name, size in sizes.items()
        for at in range(size)
    ]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("10", {"a": 7, "b": 2, "c": 1}),
        ("10%", {"a": 7, "b": 2, "c": 1}),
        ("3", {"a": 1, "b": 1, "c": 1}),
        ("2", {"a": 2}),
        ("999", {"a": 70, "b": 29, "c": 1}),
        ("100%", {"a": 70, "b": 29, "c": 1}),
    ],
)
def test_samples_are_stratified_and_say_what_they_leave(sample, expected):
    given = turns(a=70, b=29, c=1)
    drawn, left = draw(given, Sample.parse(sample), ["kind"], 1)
    kept = Counter(turn.groups["kind"] for turn in drawn)
    if sample != "2":
        assert kept == expected
    assert sum(kept.values()) + sum(one.count for one in left) == 100
    assert all(one.reason.startswith("not in the sample: kind=") for one in left)


def test_samples_follow_from_the_seed_and_not_from_the_order():
    given = turns(a=50)
    ids = [
        {turn.id for turn in draw(order, Sample(number=5), ["kind"], seed)[0]}
        for order, seed in ((given, 1), (given[::-1], 1), (given, 2))
    ]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("text", ["0", "-1", "0%", "101%", "x", "", "1.5"])
def test_samples_that_are_none(text):
    with pytest.raises(UsageError, match="--sample"):
        Sample.parse(text)


def test_strata_that_no_case_has():
    with pytest.raises(UsageError, match="there are kind"):
        draw(turns(a=3), Sample(number=1), ["colour"], 0)
