"""Runs as `replay` writes them, made from the schema, with regressions of a known size planted in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assist2resp.schema.comparison import (
    Answer,
    Case,
    Citation,
    Gate,
    KnownDifference,
    LeftOut,
    MetricNote,
    Outcome,
    Run,
    Score,
    ToolCall,
    Usage,
    Verdict,
)

TOPICS = (
    ("Where is my order {n}?", "Your order {n} left our warehouse on Monday and arrives within two days."),
    ("Can I send the lamp back?", "Yes. You have 30 days to send an unused lamp back, and we pay for the parcel."),
    ("Cancel my plan, please.", "I can cancel your plan today; you keep it until the end of the month you paid for."),
    ("What does the warranty cover?", "The warranty covers defects of material and work for two years after purchase."),
    (
        "Is the blue one in stock in Bonn?",
        "There are {n} left in Bonn, and the shop there holds one for you if you ask.",
    ),
)
SENTENCE = "please note that our team answers within a day and you can reach us by phone or by mail at any time"
WORDS = SENTENCE.split()
METRICS = (
    ("similarity", "Similarity of the text", "share", "higher", "what is true: two wrong answers may be alike"),
    ("tool_calls", "Tool calls", "share", "higher", "whether the tools' own results changed"),
    ("json", "JSON fields", "share", "higher", "texts that are no JSON"),
    ("citations", "Citations", "share", "higher", "whether the cited file says so"),
    ("refusals", "Refusals", "share", "lower", "refusals in other words than its list has"),
    ("length", "Length", "characters", "neither", "what the text says"),
    ("tokens", "Tokens", "tokens", "lower", "tokens that the provider does not count"),
    ("cost", "Cost", "USD", "lower", "discounts and taxes"),
    ("latency", "Latency", "seconds", "lower", "the time to the first token"),
)
AMOUNTS = {"refusals", "length", "tokens", "cost", "latency"}


def run(cases: int = 12, *, seed: int = 1, tools: float = 0.0, tokens: float = 1.0, answer: int = 60) -> Run:
    """A run of so many cases.

    `tools` is the share of cases whose tool call has wrong arguments, `tokens` multiplies what the new side uses,
    `answer` is the length of answers in words.
    """
    made = tuple(each_case(cases, seed=seed, tools=tools, tokens=tokens, answer=answer))
    return head(made, tools=tools, tokens=tokens)


def each_case(cases: int, *, seed: int, tools: float, tokens: float, answer: int) -> Iterator[Case]:
    """One case after the other."""
    chance = random.Random(seed)
    for number in range(cases):
        yield _case(number, chance, wrong=chance.random() < tools, tokens=tokens, words=answer)


def head(cases: tuple[Case, ...], *, tools: float = 0.0, tokens: float = 1.0, **others: Any) -> Run:
    """What a run says of its cases."""
    notes = tuple(_note(*row) for row in METRICS)
    return Run(
        tool_version="0.1.0",
        source="support-archive",
        repeats=3,
        settings={"model": "gpt-6-luna", "prices": {"as_of": "2026-11-20"}},
        metrics=notes,
        verdicts=tuple(_verdicts(len(cases), tools, tokens)),
        cases=cases,
        left_out=(LeftOut(reason="the run failed on the old side", count=7),),
        known=(
            KnownDifference(
                pattern="Best regards*", reason="the sign-off is gone by intent", owner="ada", expires="2027-02-01"
            ),
        ),
        gates=(Gate(expression="tool_calls<0.98", failed=tools > 0.05, because=f"tool_calls is {0.99 - tools:.2f}"),),
        estimated_cost=0.02 * len(cases),
        cost=0.018 * len(cases),
        **others,
    )


def _note(name: str, title: str, unit: str, better: Any, blind: str) -> MetricNote:
    amount = name in AMOUNTS
    kind: Any = "amount" if amount else "agreement"
    return MetricNote(name=name, title=title, unit=unit, better=better, blind=blind, kind=kind, relative=amount)


def written(run: Run, folder: Path, name: str = "run.json") -> Path:
    """The run as a file, as `replay` writes it."""
    path = folder / name
    path.write_text(run.model_dump_json(indent=None) + "\n", encoding="utf-8")
    return path


def _case(number: int, chance: random.Random, *, wrong: bool, tokens: float, words: int) -> Case:
    question, answer = TOPICS[number % len(TOPICS)]
    answer = f"{answer} {' '.join(chance.choices(WORDS, k=words))}".format(n=number)
    used = chance.randint(80, 160)
    called = number % len(TOPICS) == 0
    old = _answer(answer, number, used, called=called, city="Rome", latency=chance.uniform(0.8, 2.4), model="gpt-4o")
    new = tuple(
        _answer(
            _varied(answer, chance),
            number,
            int(used * tokens),
            called=called,
            city="Paris" if wrong else "Rome",
            latency=chance.uniform(0.6, 2.0),
            model="gpt-6-luna",
        )
        for _ in range(3)
    )
    return Case(
        id=f"thread_{number // 4:05d}/{number % 4 + 1}",
        groups={"assistant": ("Support", "Billing", "Sales")[number % 3], "tools": "yes" if called else "no"},
        history=number % 4 * 2,
        question=question.format(n=number),
        old=old,
        new=new,
        scores=_scores(old, new, chance, wrong=wrong and called),
    )


def _answer(text: str, number: int, used: int, *, called: bool, city: str, latency: float, model: str) -> Answer:
    call = ToolCall(name="get_order", arguments=f'{{"number": {number}, "city": "{city}"}}', output='{"state": "sent"}')
    return Answer(
        text=text,
        tool_calls=(call,) if called else (),
        citations=(Citation(file="returns.md", index=len(text) - 1),) if number % 5 == 1 else (),
        model=model,
        usage=Usage(input=used * 4, output=used, cached=used),
        cost=used * 6e-6,
        latency=round(latency, 3),
    )


def _varied(text: str, chance: random.Random) -> str:
    words = text.split()
    for _ in range(len(words) // 12):
        words[chance.randrange(len(words))] = chance.choice(WORDS)
    return " ".join(words)


def _scores(old: Answer, new: tuple[Answer, ...], chance: random.Random, *, wrong: bool) -> dict[str, Score]:
    def mean(values: Iterator[float]) -> float:
        found = list(values)
        return round(sum(found) / len(found), 6)

    note = 'arguments.city: "Paris", was "Rome"' if wrong else ""
    assert old.usage is not None
    return {
        "similarity": Score(new=round(chance.uniform(0.86, 0.96), 4), noise=round(chance.uniform(0.88, 0.97), 4)),
        "tool_calls": Score(new=0.5 if wrong else 1.0, noise=1.0, note=note) if old.tool_calls else Score(),
        "json": Score(),
        "citations": Score(new=1.0, noise=1.0) if old.citations else Score(),
        "refusals": Score(old=0.0, new=0.0, noise=0.0),
        "length": Score(old=len(old.text), new=mean(len(each.text) for each in new), noise=11.0),
        "tokens": Score(old=old.usage.output, new=mean(each.usage.output for each in new if each.usage), noise=4.0),
        "cost": Score(old=old.cost, new=mean(each.cost for each in new if each.cost is not None), noise=1e-5),
        "latency": Score(old=old.latency, new=mean(each.latency or 0 for each in new), noise=0.3),
    }


def _verdicts(cases: int, tools: float, tokens: float) -> Iterator[Verdict]:
    same = Outcome.SAME
    wrong = tools / 2
    yield Verdict(metric="similarity", outcome=same, new=0.91, difference=-0.004, low=-0.009, high=0.001, cases=cases)
    called = max(1, cases // 5)
    outcome = Outcome.WORSE if wrong > 0.02 else same
    drop: dict[str, Any] = {"difference": -wrong, "low": -wrong - 0.02, "high": -max(0.0, wrong - 0.02), "margin": 0.01}
    yield Verdict(metric="tool_calls", outcome=outcome, noise=1.0, new=1 - wrong, cases=called, **drop)
    undecided: dict[str, Any] = {
        "outcome": Outcome.UNDECIDED,
        "new": 1.0,
        "noise": 1.0,
        "difference": 0.0,
        "low": -0.06,
        "high": 0.05,
        "margin": 0.02,
    }
    yield Verdict(metric="citations", cases=called, needed=900, **undecided)
    yield Verdict(metric="refusals", outcome=same, old=0.0, new=0.0, difference=0.0, low=-0.01, high=0.01, cases=cases)
    used: dict[str, Any] = {
        "old": 120.0,
        "new": 120.0 * tokens,
        "difference": 120.0 * (tokens - 1),
        "low": 120.0 * (tokens - 1.04),
    }
    dear = Outcome.WORSE if tokens > 1.05 else same
    yield Verdict(metric="tokens", outcome=dear, high=120.0 * (tokens - 0.96), margin=6.0, cases=cases, **used)
    latency: dict[str, Any] = {"old": 1.6, "new": 1.3, "difference": -0.3, "low": -0.35, "high": -0.25, "margin": 0.1}
    yield Verdict(metric="latency", outcome=Outcome.BETTER, cases=cases, **latency)
    for assistant in ("Support", "Billing", "Sales"):
        group = f"assistant={assistant}"
        yield Verdict(metric="tool_calls", group=group, outcome=outcome, noise=1.0, new=1 - wrong, cases=called, **drop)
