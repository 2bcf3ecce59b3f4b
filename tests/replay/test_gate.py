"""Conditions under which a run fails, and differences that somebody has accepted."""

from __future__ import annotations

from datetime import date

import pytest

from assist2resp.errors import UsageError
from assist2resp.replay.gate import gates_of, read_conditions
from assist2resp.replay.known import read_known
from assist2resp.schema.comparison import Answer, Case, Outcome, Score, Verdict

METRICS = ("tool_calls", "cost", "answered")
VERDICTS = (
    Verdict(metric="tool_calls", outcome=Outcome.SAME, new=0.97),
    Verdict(metric="cost", outcome=Outcome.WORSE, old=0.01, new=0.013),
    Verdict(metric="answered", outcome=Outcome.UNDECIDED, old=1.0, new=1.0),
    Verdict(metric="tool_calls", group="assistant=a", outcome=Outcome.WORSE, new=0.5),
)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("worse:any", "worse: cost, tool_calls of assistant=a"),
        ("worse:cost", "worse: cost"),
        ("worse:answered", None),
        ("worse:assistant=a", "worse: tool_calls of assistant=a"),
        ("undecided:answered", "undecided: answered"),
        ("different:any", None),
        ("tool_calls<0.98", "tool_calls is 0.97"),
        ("tool_calls < 0.9", None),
        ("tool_calls@assistant=a<=0.5", "tool_calls is 0.5"),
        ("tool_calls@assistant=b<=0.5", "tool_calls of assistant=b says nothing in this run"),
        ("cost>1.2x", "cost is 1.3 times the old side's"),
        ("cost>=1.4x", None),
        ("tool_calls>1x", "tool_calls is not known of the old side"),
    ],
)
def test_conditions(text, because):
    (gate,) = gates_of(read_conditions([text], METRICS), VERDICTS, ())
    assert (gate.expression, gate.failed) == (text, because is not None)
    assert gate.because == (because or "it does not hold")


def test_several_conditions_each_for_itself():
    gates = gates_of(read_conditions(["worse:answered, cost>1.2x", "worse:any"], METRICS), VERDICTS, ())
    assert [gate.failed for gate in gates] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("worst:any", 1, "'worst' is no outcome"),
        ("worse:any, tool_cals<1", 12, "did you mean tool_calls"),
        ("tool_calls<<0.98", 12, "is no number"),
        ("tool_calls<0.98y", 12, "is no number"),
        ("tool_calls", 1, "is no condition"),
        ("worse:costs", 7, "did you mean cost"),
        ("cost>", 6, "is no number"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_position(text, position, problem):
    with pytest.raises(UsageError, match=problem) as error:
        read_conditions([text], METRICS)
    assert f"position {position}:" in str(error.value)


KNOWN = """\
- pattern: "tool_calls: .*number"
  reason: numbers are padded now
  owner: ada
  expires: 2026-12-31
- pattern: ^thread_9#
  reason: a test thread
  owner: bob
  expires: 2026-01-01
"""


def case(name, note=""):
    return Case(id=name, old=Answer(), scores={"tool_calls": Score(new=0.5, note=note)})


def test_what_is_accepted_is_marked_and_what_has_expired_fails(tmp_path):
    path = tmp_path / "known.yaml"
    path.write_text(KNOWN)
    cases = [case("t#1", "get.arguments.number: 7, was 07"), case("thread_9#1"), case("t#2", "get.arguments.city: 1")]
    marked, entries = read_known(path, date(2026, 11, 25)).mark(cases)
    assert [one.known for one in marked] == ["numbers are padded now", "", ""]
    assert [(entry.cases, entry.expired) for entry in entries] == [(1, False), (0, True)]
    (gate,) = gates_of([], [], entries)
    assert gate.failed
    assert "expired on 2026-01-01; bob" in gate.because


def test_no_file_accepts_nothing():
    assert read_known(None, date(2026, 1, 1)).mark([case("a")]) == ([case("a")], ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- pattern: a\n  reason: b\n  owner: c\n", "known.yaml:1: expires: Field required"),
        ("- {pattern: '(', reason: b, owner: c, expires: 2026-01-01}\n", "known.yaml:1: the pattern is no regular"),
        ("pattern: a\n", "is no list"),
        ("- [\n", "known.yaml:2: is no YAML"),
        ("- {pattern: a, reason: b, owner: c, expires: soon}", "known.yaml:1: expires"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, text, problem):
    (tmp_path / "known.yaml").write_text(text)
    with pytest.raises(UsageError, match=problem):
        read_known(tmp_path / "known.yaml", date(2026, 1, 1))
