"""What the view makes of its files: cases in the light of the verdicts, the headline, the base, deadlines."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from assist2resp.plugins import plugin_names
from assist2resp.report.formats import find_format
from assist2resp.report.judging import Judge, worsening
from assist2resp.report.texts import change, listed, one_line, quantity, shortened, visible
from assist2resp.report.view import Sources, View, view
from assist2resp.schema.comparison import (
    Answer,
    Case,
    KnownDifference,
    MetricNote,
    Outcome,
    Run,
    Score,
    Verdict,
)
from assist2resp.schema.report import Advice, CaseState
from tests.report.runs import run, written

TODAY = date(2026, 11, 25)


def seen(folder: Path, made: Run, today: date = TODAY, **more: Path) -> View:
    return view(Sources((written(made, folder),), **more), today=today)


def judged(case: Case, *verdicts: Verdict) -> tuple[CaseState, tuple[str, ...]]:
    found = Judge(run(1).model_copy(update={"verdicts": verdicts})).judge(case)
    return found.state, found.worse


def case(**scores: Score) -> Case:
    return Case(id="c", groups={"lang": "de"}, old=Answer(text="a"), new=(Answer(text="b"),), scores=scores)


BAD = Score(new=0.5, noise=0.9)
WORSE = Verdict(metric="tool_calls", outcome=Outcome.WORSE, margin=0.05)
SAME = WORSE.model_copy(update={"outcome": Outcome.SAME})

STATES = {
    "worse by what got worse": (case(tool_calls=BAD), (WORSE,), CaseState.WORSE),
    "scatter of what did not": (case(tool_calls=BAD), (SAME,), CaseState.DIFFERS),
    "worse in its group": (
        case(tool_calls=BAD),
        (SAME, WORSE.model_copy(update={"group": "lang=de"})),
        CaseState.WORSE,
    ),
    "worse in another group": (
        case(tool_calls=BAD),
        (SAME, WORSE.model_copy(update={"group": "lang=fr"})),
        CaseState.DIFFERS,
    ),
    "within the margin": (case(tool_calls=Score(new=0.86, noise=0.9)), (WORSE,), CaseState.SAME),
    "as far apart as its repeats": (case(tool_calls=Score(new=0.5, noise=0.5)), (WORSE,), CaseState.SAME),
    "without noise": (case(tool_calls=Score(new=0.0)), (WORSE,), CaseState.SAME),
    "better": (case(tool_calls=Score(new=1.0, noise=0.5)), (WORSE,), CaseState.SAME),
    "no metric that is known": (case(unheard=BAD), (WORSE,), CaseState.SAME),
    "accepted": (case(tool_calls=BAD).model_copy(update={"known": "as intended"}), (WORSE,), CaseState.KNOWN),
    "no answer": (case().model_copy(update={"new": (Answer(error="429"),)}), (WORSE,), CaseState.FAILED),
    "one answer of two": (case().model_copy(update={"new": (Answer(error="429"), Answer())}), (), CaseState.SAME),
    "not asked": (case().model_copy(update={"new": ()}), (), CaseState.FAILED),
}


@pytest.mark.parametrize(("given", "verdicts", "state"), STATES.values(), ids=STATES)
def test_states_of_cases(given: Case, verdicts: tuple[Verdict, ...], state: CaseState) -> None:
    assert judged(given, *verdicts)[0] is state


@pytest.mark.parametrize(
    ("better", "kind", "score", "expected"),
    [
        ("lower", "amount", Score(old=10, new=14, noise=1), 3),
        ("lower", "amount", Score(old=10, new=8, noise=1), -3),
        ("higher", "amount", Score(old=1, new=0.4, noise=0.1), 0.5),
        ("lower", "amount", Score(new=14, noise=1), 0),
        ("higher", "agreement", Score(new=0.4, noise=0.9), 0.5),
        ("lower", "agreement", Score(new=0.4, noise=0.1), 0.3),
        ("neither", "amount", Score(old=10, new=99), 0),
        ("higher", "agreement", Score(), 0),
    ],
)
def test_worsening(better, kind, score, expected) -> None:
    note = MetricNote(name="m", title="M", unit="", better=better, blind="", kind=kind)
    assert worsening(score, note) == pytest.approx(expected)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_do_no_harm(tmp_path: Path, number: str) -> None:
    path = written(run(8, tools=0.5), tmp_path)
    text = path.read_text(encoding="utf-8")
    for name in ("new", "old", "noise", "latency", "cost", "low", "high", "difference"):
        text = re.sub(rf'"{name}":-?[\d.e-]+', f'"{name}":{number}', text, count=3)
    path.write_text(text, encoding="utf-8")
    made = view(Sources((path,)), today=TODAY)
    for form in plugin_names("assist2resp.report.formats"):
        shown = "".join(find_format(form).render(made))
        assert shown
    json.loads("".join(find_format("json").render(made)), parse_constant=pytest.fail)


def test_the_worst_come_first_and_failures_before_them(tmp_path: Path) -> None:
    made = run(300, tools=0.5, tokens=1.3)
    lost = made.cases[7].model_copy(update={"new": (Answer(error="gone"),)})
    rows = seen(tmp_path, made.model_copy(update={"cases": (*made.cases[:7], lost, *made.cases[8:])})).report.worst
    assert (rows[0].id, rows[0].state, len(rows)) == (lost.id, CaseState.FAILED, 100)
    assert [row.severity for row in rows] == sorted((row.severity for row in rows), reverse=True)
    assert "tool_calls" in rows[1].worse


@pytest.mark.parametrize(
    ("change_of_run", "advice", "sentence"),
    [
        ({"complete": False}, Advice.LOOK, "the run run is not complete"),
        ({"cases": ()}, Advice.LOOK, "the run run has no case"),
        (
            {"known": (KnownDifference(pattern="x", reason="r", owner="o", expires="2026-01-01", expired=True),)},
            Advice.STOP,
            "1 accepted difference expired",
        ),
        ({}, Advice.GO, "over 20 cases are no worse than the old API"),
    ],
)
def test_headlines(tmp_path: Path, change_of_run: dict[str, object], advice: Advice, sentence: str) -> None:
    made = run(20)
    verdicts = tuple(each for each in made.verdicts if each.outcome is not Outcome.UNDECIDED)
    head = seen(tmp_path, made.model_copy(update={"verdicts": verdicts, **change_of_run})).report.headline
    assert head.advice is advice
    assert sentence in head.sentence


def test_a_metric_without_a_better_side_does_not_hold_anybody_up(tmp_path: Path) -> None:
    length = Verdict(metric="length", outcome=Outcome.UNDECIDED, cases=20)
    other = Verdict(metric="tokens", outcome=Outcome.SAME, cases=20)
    head = seen(tmp_path, run(20).model_copy(update={"verdicts": (length, other)})).report.headline
    assert head.advice is Advice.GO


def test_too_few_cases_are_said_at_once(tmp_path: Path) -> None:
    verdicts = tuple(Verdict(metric=name, outcome=Outcome.UNDECIDED, cases=6) for name in ("tokens", "cost"))
    silent = Verdict(metric="json", outcome=Outcome.UNDECIDED)
    report = seen(tmp_path, run(6).model_copy(update={"verdicts": (*verdicts, silent)})).report
    assert report.headline.sentence == "no metric can be decided over 6 cases."
    assert [row.metric for row in report.metrics] == ["tokens", "cost"]
    assert report.runs[0].silent == ("JSON fields",)


def test_the_base_tells_what_is_new(tmp_path: Path) -> None:
    dear, cheap = run(40, tokens=1.3), run(50)
    report = seen(tmp_path, dear, base=written(cheap, tmp_path, "base.json")).report
    assert report.base is not None
    assert (report.base.cases, report.base.common) == (50, 40)
    assert report.base.newly_worse == tuple(case.id for case in dear.cases)
    assert (report.base.newly_worse_count, report.base.mended_count) == (40, 0)
    report = seen(tmp_path, cheap, base=written(dear, tmp_path, "base.json")).report
    assert report.base is not None
    assert (report.base.newly_worse_count, report.base.mended_count) == (0, 40)


@pytest.mark.parametrize(("today", "ended"), [(date(2027, 1, 14), True), (date(2027, 1, 13), False)])
def test_deadlines_of_models(tmp_path: Path, today: date, ended: bool) -> None:
    made = run(3)
    cases = tuple(
        each.model_copy(update={"new": (Answer(model="gpt-4o-mini"), Answer(model="gpt-6-luna"))})
        for each in made.cases
    )
    report = seen(tmp_path, made.model_copy(update={"cases": cases}), today).report
    [ends] = report.deadlines
    assert (ends.model, ends.on, ends.ended, ends.used_by) == ("gpt-4o-mini", "2027-01-14", ended, ("the new side",))
    assert ("gpt-4o-mini has been shut down" in report.headline.reasons) is ended


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "share", "–"),
        (0.9817, "share", "98.2 %"),
        (1234.5, "tokens", "1,234 tokens"),
        (1.306, "seconds", "1.31 s"),
        (0.00042, "USD", "$0.00042"),
        (3.0, "USD", "$3"),
        (2.5, "", "2.5"),
    ],
)
def test_quantities(value, unit, shown) -> None:
    assert quantity(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(-0.061, "share", "−6.1 points"), (36.0, "tokens", "+36 tokens"), (0.0, "seconds", "±0 s"), (None, "USD", "–")],
)
def test_changes(value, unit, shown) -> None:
    assert change(value, unit) == shown


def test_texts() -> None:
    assert visible("a\u202eb\x00c\td\ne\r\nf") == "a\\u202eb\\u0000c\td\ne\nf"
    assert one_line(" a\n b ", 10) == "a b"
    assert one_line("x" * 20, 10) == "xxxxxxxxx…"
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "abc… [1 more characters in the run's file]"
    assert listed(["a", "b", "c", "d"]) == "a, b and 2 more"
    assert listed(["a"]) == "a"
