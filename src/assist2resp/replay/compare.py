"""Scores each case: how the new answers agree with the old one, and how those of one side agree among themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

from assist2resp.replay.metrics._base import Agreement, Amount, Asked, Metric, View
from assist2resp.schema.comparison import Answer, Case, Score

Json = dict[str, Any]


def asked_of(question: str, arguments: Json | None, judged: dict[tuple[str, str], float] | None = None) -> Asked:
    """What metrics may know of how a case was asked."""
    arguments = arguments or {}
    form = (arguments.get("text") or {}).get("format") or {}
    kind = form.get("type")
    schema = form.get("schema") if kind == "json_schema" else None
    functions = any(tool.get("type") == "function" for tool in arguments.get("tools") or () if isinstance(tool, dict))
    return Asked(
        question=question,
        schema=schema if isinstance(schema, dict) else None,
        wants_json=kind in ("json_schema", "json_object"),
        offers_functions=functions,
        judged=judged or {},
    )


def scores_of(
    metrics: Sequence[Metric], asked: Asked, old: Sequence[Answer], new: Sequence[Answer]
) -> dict[str, Score]:
    """The scores of a case by metric; `old` are all recordings of the old side, the case's own first."""
    olds, news = ([View(answer, asked) for answer in answers] for answers in (old, new))
    scored = {}
    for metric in metrics:
        if isinstance(metric, Agreement):
            found = _agreement(metric, olds, news)
        elif isinstance(metric, Amount):
            found = _amount(metric, olds, news)
        else:
            continue
        if found is not None:
            scored[metric.name] = found
    return scored


def _agreement(metric: Agreement, old: Sequence[View], new: Sequence[View]) -> Score | None:
    olds, news = (_comparable(metric, views) for views in (old, new))
    if not metric.applies([*olds, *news]):
        return None
    agreed = _mean(metric.agree(one, other) for one in olds for other in news)
    if agreed is None:
        return None
    noise = metric.floor if metric.floor is not None else _floor(metric, olds, news)
    worst = min(news, key=lambda view: metric.agree(olds[0], view) or 0.0)
    note = metric.explain(olds[0], worst) if agreed < 1 else ""
    return Score(new=_rounded(agreed), noise=_rounded(noise), note=note)


def _floor(metric: Agreement, *sides: Sequence[View]) -> float | None:
    """How the answers of one side agree among themselves; where both sides have several, the mean of the two."""
    return _mean(_mean(metric.agree(*pair) for pair in combinations(views, 2)) for views in sides)


def _comparable(metric: Agreement, views: Sequence[View]) -> list[View]:
    return [view for view in views if view.answer.error is None or metric.of_failures]


def _amount(metric: Amount, old: Sequence[View], new: Sequence[View]) -> Score | None:
    olds, news = ([metric.measure(view) for view in views] for views in (old, new))
    before, after = _mean(olds), _mean(news)
    if after is None:
        return None
    values = [value for value in news if value is not None]
    apart = _mean(abs(one - other) for one, other in combinations(values, 2))
    return Score(old=_rounded(before), new=_rounded(after), noise=_rounded(apart))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _rounded(value: float | None) -> float | None:
    """Nine digits: what lies below differs between machines and means nothing."""
    return None if value is None else float(f"{value:.9g}")


def difference_of(metric: Metric, score: Score | None) -> float | None:
    """What a case says of a metric: the new side less the old, or its agreement less that among repeats."""
    if score is None or score.new is None:
        return None
    other = score.noise if isinstance(metric, Agreement) else score.old
    return None if other is None else score.new - other


def scored(case: Case, metrics: Sequence[Metric], asked: Asked, twins: Sequence[Answer] = ()) -> Case:
    """A case with its scores; `twins` are answers that the old side gave to the same turn elsewhere."""
    old = () if case.old.error is not None else (case.old, *case.old_repeats, *twins)
    return case.model_copy(update={"scores": scores_of(metrics, asked, old, case.new)})
