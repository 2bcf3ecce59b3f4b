"""What one case is in the light of its run's verdicts.

A case counts as worse by a metric when it is worse by more than the metric's margin beyond the noise of the new side, and
the metric got worse as a whole: over all cases, or in a group of the case. What is worse by another metric is scatter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from assist2resp.schema.comparison import Case, MetricNote, Outcome, Run, Score
from assist2resp.schema.report import CaseState

_FAILED = 100.0
"""The severity of a case without an answer: above all others."""
_TINY = 1e-9


@dataclass(frozen=True)
class Judgement:
    """What a case is, how severe, and by which metrics it is worse."""

    state: CaseState
    severity: float = 0.0
    worse: tuple[str, ...] = ()


class Judge:
    """Judges the cases of one run."""

    def __init__(self, run: Run) -> None:
        self._notes = {note.name: note for note in run.metrics}
        self._margins = {each.metric: each.margin or 0.0 for each in run.verdicts if not each.group}
        self._worse = {(each.metric, each.group) for each in run.verdicts if each.outcome is Outcome.WORSE}

    def judge(self, case: Case) -> Judgement:
        """What the case is."""
        if not any(answer.error is None for answer in case.new):
            return Judgement(CaseState.KNOWN if case.known else CaseState.FAILED, 0.0 if case.known else _FAILED)
        found = dict(self._excesses(case))
        if case.known:
            return Judgement(CaseState.KNOWN, 0.0, tuple(found))
        worse = tuple(metric for metric in found if self._counts(metric, case))
        severity = sum(found.values()) * 0.1 + sum(1 + found[metric] for metric in worse)
        if worse:
            return Judgement(CaseState.WORSE, round(severity, 6), worse)
        return Judgement(CaseState.DIFFERS if found else CaseState.SAME, round(severity, 6))

    def _excesses(self, case: Case) -> Iterator[tuple[str, float]]:
        """How much worse the case is by each metric by which it is, from 0 to 1."""
        for name, score in case.scores.items():
            note = self._notes.get(name)
            excess = worsening(score, note) if note is not None else 0.0
            if note is not None and excess > self._margins.get(name, 0.0) + _TINY:
                scale = 1.0 if note.unit == "share" else max(abs(score.old or score.noise or 1.0), _TINY)
                yield name, min(1.0, excess / scale)

    def _counts(self, metric: str, case: Case) -> bool:
        groups = ("", *(f"{field}={value}" for field, value in case.groups.items()))
        return any((metric, group) in self._worse for group in groups)


def worsening(score: Score, note: MetricNote) -> float:
    """By how much a score is worse than the noise explains, in the metric's unit; negative where it is not."""
    other = score.old if note.kind == "amount" else score.noise
    if score.new is None or other is None or note.better == "neither":
        return 0.0
    sign = 1 if note.better == "lower" else -1
    found = sign * (score.new - other) - (abs(score.noise or 0.0) if note.kind == "amount" else 0.0)
    return found if isfinite(found) else 0.0
