"""Which one thing accounts for what got worse: the same turns again, with one argument at a time as it was before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from statistics import fmean
from typing import Any, NamedTuple

from assist2resp.mapping.params import run_arguments_of
from assist2resp.mapping.tools import OLD_MOST, OLD_MOST_3_5
from assist2resp.replay.compare import asked_of, difference_of, scored
from assist2resp.replay.metrics._base import Metric
from assist2resp.replay.player import Prepared, Track
from assist2resp.schema.comparison import Answer, Case, Factor, Outcome, Verdict

Json = dict[str, Any]

MOST_CASES = 50
"""Cases of a group that are asked again for each factor."""
_WORSE = (Outcome.WORSE, Outcome.DIFFERENT)


@dataclass(frozen=True)
class Trial:
    """A turn that is asked with one factor as it was before."""

    factor: str
    case: Case
    prepared: Prepared

    @property
    def track(self) -> Track:
        """What is played for it."""
        return Track(f"{self.case.id}@{self.factor}", (self.prepared,))


def trials(
    cases: Sequence[Case], verdicts: Sequence[Verdict], prepared: Mapping[str, Prepared], runs: Mapping[str, Json]
) -> list[Trial]:
    """The turns to be asked again: some of each group that got worse, for each factor that differs in them."""
    wanted: dict[str, Case] = {}
    for group in dict.fromkeys(verdict.group for verdict in verdicts if verdict.outcome in _WORSE):
        ranked = sorted(_of(group, cases), key=lambda case: sha256(case.id.encode("utf-8", "replace")).digest())
        wanted |= {case.id: case for case in ranked[:MOST_CASES]}
    return [
        Trial(factor, case, replace(prepared[case.id], arguments=arguments))
        for case in wanted.values()
        for factor, arguments in _variants(prepared[case.id], runs)
    ]


def factors(
    found: Mapping[str, Sequence[Answer]],
    asked: Sequence[Trial],
    verdicts: Sequence[Verdict],
    metrics: Sequence[Metric],
) -> tuple[Factor, ...]:
    """For each metric and group that got worse, how much of the difference goes when one factor is as before."""
    names = {metric.name: metric for metric in metrics}
    again = [(trial, _again(trial, found[trial.track.name], metrics)) for trial in asked if trial.track.name in found]
    made = []
    for verdict in verdicts:
        if verdict.outcome not in _WORSE:
            continue
        for factor in dict.fromkeys(trial.factor for trial, _ in again):
            pairs = [pair for pair in again if pair[0].factor == factor and _of(verdict.group, [pair[0].case])]
            if (account := _account(pairs, names[verdict.metric])) is not None:
                made.append(
                    Factor(
                        factor=factor,
                        group=verdict.group,
                        metric=verdict.metric,
                        difference=account.difference,
                        explains=account.explains,
                    )
                )
    return tuple(sorted(made, key=lambda one: (one.group, one.metric, -(one.explains or 0.0), one.factor)))


def _of(group: str, cases: Sequence[Case]) -> list[Case]:
    field, _, value = group.partition("=")
    return [case for case in cases if not case.known and (not group or case.groups.get(field) == value)]


def _again(trial: Trial, answers: Sequence[Answer], metrics: Sequence[Metric]) -> Case:
    case = trial.case.model_copy(update={"new": tuple(answers)})
    return scored(case, metrics, asked_of(case.question, trial.prepared.arguments))


class _Account(NamedTuple):
    difference: float
    explains: float | None


def _account(pairs: Sequence[tuple[Trial, Case]], metric: Metric) -> _Account | None:
    both = [
        (before, after)
        for trial, again in pairs
        if (before := difference_of(metric, trial.case.scores.get(metric.name))) is not None
        and (after := difference_of(metric, again.scores.get(metric.name))) is not None
    ]
    if not both:
        return None
    before, after = (fmean(values) for values in zip(*both, strict=True))
    explains = min(1.0, max(0.0, 1 - after / before)) if before else None
    return _Account(round(after, 6), None if explains is None else round(explains, 4))


def _variants(one: Prepared, runs: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """The arguments with one factor as it was when the turn was recorded, or where that is not known, the other way."""
    given = one.arguments
    run = runs.get(one.turn.run or "")
    before = run_arguments_of(run) if run is not None else {}
    for factor, change in _FACTORS.items():
        changed = change(given, before, one.turn.old)
        if changed is not None and changed != given:
            yield factor, changed


def _model(given: Json, before: Json, old: Answer) -> Json | None:
    model = before.get("model") or old.model
    return {**given, "model": model} if model else None


def _truncation(given: Json, _before: Json, _old: Answer) -> Json:
    return {**given, "truncation": "disabled" if given.get("truncation") == "auto" else "auto"}


def _instructions(given: Json, before: Json, _old: Answer) -> Json | None:
    return {**given, "instructions": before["instructions"]} if before.get("instructions") else None


def _strictness(given: Json, before: Json, _old: Answer) -> Json:
    known = {tool.get("name"): tool.get("strict") for tool in before.get("tools", ())}

    def changed(tool: Json) -> Json:
        return {**tool, "strict": known.get(tool.get("name"), not tool.get("strict"))}

    return _with_tools(given, "function", changed)


def _retrieval(given: Json, _before: Json, old: Answer) -> Json:
    most = OLD_MOST_3_5 if str(old.model).startswith("gpt-3.5") else OLD_MOST
    return _with_tools(given, "file_search", lambda tool: {**tool, "max_num_results": most})


def _with_tools(given: Json, kind: str, change: Callable[[Json], Json]) -> Json:
    tools = [change(tool) if tool.get("type") == kind else tool for tool in given.get("tools") or ()]
    return {**given, "tools": tools} if tools else given


_FACTORS: dict[str, Callable[[Json, Json, Answer], Json | None]] = {
    "model": _model,
    "truncation": _truncation,
    "instructions": _instructions,
    "tool strictness": _strictness,
    "retrieval limits": _retrieval,
}
