"""One pass over the cases of a run: counts, what each side took, how metrics are spread, and the worst cases."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from math import isfinite
from statistics import fmean

from assist2resp.report.judging import Judge, Judgement
from assist2resp.report.runs import RunFile
from assist2resp.report.texts import shortened
from assist2resp.schema.comparison import Answer, Case, MetricNote, Run, ToolCall
from assist2resp.schema.report import CaseRow, CaseState, Histogram, RunSummary, Side

WORST = 100
"""How many of the worst cases are kept."""
BINS = 24
_BAD = (CaseState.FAILED, CaseState.WORSE)


class Digest:
    """What is known of a run's cases once all have been read."""

    def __init__(self, file: RunFile) -> None:
        self.name = file.name
        judge = Judge(file.head)
        self.states: Counter[CaseState] = Counter()
        self.by_case: dict[str, CaseState] = {}
        self.severities = array("d")
        self.sizes = array("q")
        """Characters of all texts of each case, about."""
        self._worst: list[tuple[float, int, CaseRow]] = []
        self._old, self._new = _Took(), _Took()
        self._spread = {note.name: _Spread() for note in file.head.metrics}
        for number, case in enumerate(file.cases()):
            self._add(number, case, judge.judge(case))
        self.run: Run = file.head

    def worst(self) -> Iterator[CaseRow]:
        """The worst cases that failed or are worse, the worst first."""
        return (row for _, _, row in sorted(self._worst, reverse=True))

    def summary(self) -> RunSummary:
        """The run without its cases."""
        run = self.run
        same = {name: getattr(run, name) for name in _SAME}
        return RunSummary(
            name=self.name,
            cases=len(self.severities),
            states=dict(self.states),
            models=dict(self._new.models),
            old_models=dict(self._old.models),
            silent=tuple(self._silent()),
            histograms=tuple(self._histograms()),
            old=self._old.side(),
            new=self._new.side(),
            **same,
        )

    def _add(self, number: int, case: Case, found: Judgement) -> None:
        self.states[found.state] += 1
        self.by_case[case.id] = found.state
        self.severities.append(found.severity)
        self.sizes.append(_size(case))
        self._old.add(case.old)
        for answer in case.new:
            self._new.add(answer)
        for name, score in case.scores.items():
            if score.new is not None and name in self._spread:
                self._spread[name].add(score.new, score.noise, score.old)
        if found.state in _BAD:
            self._keep(number, case, found)

    def _keep(self, number: int, case: Case, found: Judgement) -> None:
        place = (found.severity, -number)
        if len(self._worst) < WORST:
            heapq.heappush(self._worst, (*place, case_row(case, found, self.name)))
        elif place > self._worst[0][:2]:
            heapq.heapreplace(self._worst, (*place, case_row(case, found, self.name)))

    def _silent(self) -> Iterator[str]:
        titles = {note.name: note.title for note in self.run.metrics}
        for verdict in self.run.verdicts:
            if not verdict.group and not verdict.cases:
                yield titles.get(verdict.metric, verdict.metric)

    def _histograms(self) -> Iterator[Histogram]:
        for note in self.run.metrics:
            made = self._spread[note.name].histogram(note) if note.name in self._spread else None
            if made is not None:
                yield made


_SAME = (
    "source",
    "mode",
    "repeats",
    "seed",
    "settings",
    "complete",
    "left_out",
    "metrics_left_out",
    "known",
    "gates",
    "factors",
    "estimated_cost",
    "cost",
)


class _Took:
    """What the answers of one side took."""

    def __init__(self) -> None:
        self.models: Counter[str] = Counter()
        self._values: dict[str, array[float]] = defaultdict(lambda: array("d"))

    def add(self, answer: Answer) -> None:
        if answer.model:
            self.models[answer.model] += 1
        for name, value in (("cost", answer.cost), ("latency", answer.latency)):
            if value is not None and isfinite(value):
                self._values[name].append(value)
        if answer.usage is not None:
            self._values["input"].append(answer.usage.input)
            self._values["output"].append(answer.usage.output)

    def side(self) -> Side:
        latency = sorted(self._values["latency"])
        return Side(
            cost=_mean(self._values["cost"]),
            input_tokens=_mean(self._values["input"]),
            output_tokens=_mean(self._values["output"]),
            latency_middle=_quantile(latency, 0.5),
            latency_95=_quantile(latency, 0.95),
        )


class _Spread:
    """The values of one metric."""

    def __init__(self) -> None:
        self._new, self._noise, self._old = array("d"), array("d"), array("d")

    def add(self, new: float, noise: float | None, old: float | None) -> None:
        for values, value in ((self._new, new), (self._old, old), (self._noise, noise if old is None else None)):
            if value is not None and isfinite(value):
                values.append(value)

    def histogram(self, note: MetricNote) -> Histogram | None:
        """The values in bins: all of them for shares, else up to the 99th percentile; None where there are none."""
        reference = self._old or self._noise
        both = sorted([*self._new, *reference])
        if not both:
            return None
        low, high = (0.0, 1.0) if note.unit == "share" else (both[0], _quantile(both, 0.99) or 0.0)
        low, high = (low, high) if high > low else (low - 0.5, low + 0.5)
        return Histogram(
            metric=note.name,
            title=note.title,
            unit=note.unit,
            better=note.better,
            low=low,
            high=high,
            beside="old" if self._old else "noise",
            new=_binned(self._new, low, high),
            reference=_binned(reference, low, high),
            new_middle=_quantile(sorted(self._new), 0.5),
            reference_middle=_quantile(sorted(reference), 0.5),
        )


def case_row(case: Case, found: Judgement, run: str) -> CaseRow:
    """The case as a report shows it."""
    answered = next((answer for answer in case.new if answer.error is None), None)
    new = answered or (case.new[0] if case.new else Answer(error="it was not asked"))
    return CaseRow(
        id=case.id,
        run=run,
        state=found.state,
        severity=found.severity,
        worse=found.worse,
        groups=case.groups,
        question=shortened(case.question),
        old=short_answer(case.old),
        new=short_answer(new),
        scores=case.scores,
        known=case.known,
    )


def short_answer(answer: Answer) -> Answer:
    """The answer with its long texts cut."""
    calls = tuple(
        ToolCall(
            name=call.name,
            arguments=shortened(call.arguments),
            output=shortened(call.output) if call.output is not None else None,
        )
        for call in answer.tool_calls
    )
    cut = {name: shortened(value) for name in ("text", "refusal", "error") if (value := getattr(answer, name))}
    return answer.model_copy(update={**cut, "tool_calls": calls})


def _size(case: Case) -> int:
    answers = (case.old, *case.new)
    texts = sum(min(len(each.text), 20_000) + 150 + 200 * len(each.tool_calls) for each in answers)
    return texts + min(len(case.question), 20_000) + 60 * len(case.scores) + 100


def _mean(values: array[float]) -> float | None:
    return fmean(values) if values else None


def _quantile(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _binned(values: Iterable[float], low: float, high: float) -> tuple[int, ...]:
    counts = [0] * BINS
    scale = BINS / (high - low)
    for value in values:
        counts[min(BINS - 1, max(0, int((value - low) * scale)))] += 1
    return tuple(counts)
