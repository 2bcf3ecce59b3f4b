"""Verdicts, from differences that are known."""

from __future__ import annotations

import random

import pytest

from assist2resp.replay.metrics._registry import metrics
from assist2resp.replay.noise import SMALLEST_GROUP, verdicts
from assist2resp.schema.comparison import Answer, Case, Outcome, Score

METRICS = metrics()


def cases(name, differences, *, old=100.0, groups=None, thread=lambda at: at):
    """Cases whose differences are these."""
    made = []
    for at, difference in enumerate(differences):
        agreement = hasattr(METRICS[name], "agree")
        score = Score(new=0.5 + difference, noise=0.5) if agreement else Score(old=old, new=old + difference, noise=1.0)
        made.append(
            Case(id=f"t{thread(at)}#{at}", old=Answer(), scores={name: score}, groups=groups(at) if groups else {})
        )
    return made


def told(name, differences, **options):
    return verdicts(cases(name, differences, **options), [METRICS[name]])


def normal(mean, deviation, number, seed=1):
    dice = random.Random(seed)
    return [dice.gauss(mean, deviation) for _ in range(number)]


@pytest.mark.parametrize(
    ("name", "differences", "outcome"),
    [
        ("tool_calls", normal(-0.2, 0.2, 100), Outcome.WORSE),
        ("tool_calls", normal(0.2, 0.2, 100), Outcome.SAME),
        ("tool_calls", [0.0] * 200, Outcome.SAME),
        ("tool_calls", [0.0] * 30, Outcome.UNDECIDED),
        ("tool_calls", normal(-0.04, 0.3, 60), Outcome.UNDECIDED),
        ("text_edit", normal(-0.3, 0.2, 100), Outcome.DIFFERENT),
        ("tokens", normal(30, 10, 100), Outcome.WORSE),
        ("tokens", normal(-30, 10, 100), Outcome.BETTER),
        ("tokens", normal(3, 10, 100), Outcome.SAME),
        ("tokens", normal(9, 10, 100), Outcome.UNDECIDED),
        ("length", normal(30, 10, 100), Outcome.DIFFERENT),
        ("answered", [-1.0] * 30 + [0.0] * 70, Outcome.WORSE),
        ("refusals", [1.0] * 30 + [0.0] * 70, Outcome.WORSE),
        ("judge", normal(0.3, 0.2, 100), Outcome.BETTER),
        ("judge", normal(-0.3, 0.2, 100), Outcome.WORSE),
        ("tokens", [1.0] * 4, Outcome.UNDECIDED),
        ("latency", normal(30, 10, 100), Outcome.WORSE),
    ],
)
def test_outcomes(name, differences, outcome):
    (verdict,) = told(name, differences)
    assert verdict.outcome is outcome
    assert verdict.cases == len(differences)
    if verdict.low is not None:
        assert verdict.low <= verdict.difference <= verdict.high


@pytest.mark.parametrize("name", ["tool_calls", "tokens"])
def test_the_number_needed_decides(name):
    scale = 1.0 if name == "tool_calls" else 100.0
    few = told(name, normal(-0.05 * scale, 0.3 * scale, 40, seed=4))[0]
    assert few.outcome is Outcome.UNDECIDED
    assert few.needed > 40
    many = told(name, normal(-0.05 * scale, 0.3 * scale, min(few.needed * 3, 20_000), seed=5))[0]
    assert many.outcome is not Outcome.UNDECIDED or many.needed < few.needed * 10


def test_turns_of_one_thread_count_less_than_threads():
    together = told("tokens", [value for value in normal(30, 60, 10) for _ in range(10)], thread=lambda at: at // 10)[0]
    alone = told("tokens", [value for value in normal(30, 60, 10) for _ in range(10)])[0]
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_groups_are_told_apart_and_small_ones_left():
    groups = {"bad": 40, "good": 60, "tiny": SMALLEST_GROUP - 1}
    names = [name for name, size in groups.items() for _ in range(size)]
    differences = [-0.5 if name == "bad" else 0.0 for name in names]
    found = told("tool_calls", differences, groups=lambda at: {"kind": names[at], "one": "value"})
    assert [(one.group, one.outcome) for one in found][1:] == [
        ("kind=bad", Outcome.WORSE),
        ("kind=good", Outcome.UNDECIDED),
    ]


def test_more_metrics_widen_the_intervals():
    made = cases("tokens", normal(30, 60, 60))
    alone = verdicts(made, [METRICS["tokens"]])[0]
    among = next(one for one in verdicts(made, list(METRICS.values())) if one.metric == "tokens")
    assert among.high - among.low > alone.high - alone.low or among.outcome is Outcome.SAME


def test_what_is_accepted_does_not_count():
    made = [case.model_copy(update={"known": "as agreed"}) for case in cases("tool_calls", [-1.0] * 50)]
    assert verdicts([*made, *cases("tool_calls", [0.0] * 200)], [METRICS["tool_calls"]])[0].outcome is Outcome.SAME


def test_a_margin_of_the_users():
    made = cases("tokens", normal(30, 10, 100))
    assert verdicts(made, [METRICS["tokens"]], margins={"tokens": 0.5})[0].outcome is Outcome.SAME


def test_times_in_whole_seconds_do_not_tell_half_a_second():
    made = cases("latency", normal(0.3, 0.1, 100), old=0.1)
    assert verdicts(made, [METRICS["latency"]])[0].outcome is Outcome.SAME


def test_nothing_to_say():
    (verdict,) = verdicts([], [METRICS["tokens"]])
    assert (verdict.outcome, verdict.cases, verdict.low) == (Outcome.UNDECIDED, 0, None)
