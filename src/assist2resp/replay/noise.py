"""Verdicts: which differences exceed what one side differs from itself by, for all cases and for groups of them.

The differences of a case are already less that noise (`compare.difference_of`), so that without a change their mean is
nought. Half of the chance of a false word is for the verdicts on all cases, half for those on groups, each divided by
their number (Bonferroni).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Any

from assist2resp.replay.bootstrap import Interval, Resampled
from assist2resp.replay.compare import difference_of
from assist2resp.replay.metrics._base import Agreement, Metric
from assist2resp.schema.comparison import Case, Outcome, Verdict

FALSE_SAMENESS = 0.05
"""The chance that `same` is said of a metric that changed by its margin (two one-sided tests, each for itself)."""
FALSE_WORDS = 0.05
"""The chance that a run without any change says of something that it changed."""
SMALLEST_GROUP = 10
_MOST_GROUPS = 20
"""Groups of one field, the largest first."""


@dataclass(frozen=True)
class _Group:
    name: str
    cases: Sequence[Case]


def verdicts(
    cases: Sequence[Case],
    metrics: Sequence[Metric],
    *,
    seed: int = 0,
    margins: Mapping[str, float] | None = None,
    thread_of: Callable[[Case], str] = lambda case: case.id.rpartition("#")[0] or case.id,
) -> list[Verdict]:
    """What the cases say of each metric, all of them first; those that a known difference covers say nothing."""
    counted = [case for case in cases if not case.known]
    groups = list(_groups(counted))
    chance = FALSE_WORDS / 2 if groups else FALSE_WORDS
    found = _of_group(_Group("", counted), metrics, chance / max(1, len(metrics)), seed, margins or {}, thread_of)
    for group in groups:
        level = chance / (len(groups) * max(1, len(metrics)))
        found += _of_group(group, metrics, level, seed, margins or {}, thread_of)
    return found


def _groups(cases: Sequence[Case]) -> Iterator[_Group]:
    """The groups that are large enough, of fields that tell cases apart."""
    for field in sorted({field for case in cases for field in case.groups}):
        sizes = Counter(case.groups[field] for case in cases if field in case.groups)
        if len(sizes) < 2:
            continue
        for value, size in sorted(sizes.most_common(_MOST_GROUPS), key=lambda pair: pair[0]):
            if size >= SMALLEST_GROUP:
                yield _Group(f"{field}={value}", [case for case in cases if case.groups.get(field) == value])


def _of_group(
    group: _Group,
    metrics: Sequence[Metric],
    level: float,
    seed: int,
    margins: Mapping[str, float],
    thread_of: Callable[[Case], str],
) -> list[Verdict]:
    sums, counts = _by_thread(group.cases, metrics, thread_of)
    resampled = Resampled(sums, counts, seed=seed)
    return [
        _verdict(
            group,
            metric,
            margins.get(metric.name, metric.margin),
            int(counts[:, at].sum()),
            resampled.interval(at, level),
            resampled.interval(at, 2 * FALSE_SAMENESS),
        )
        for at, metric in enumerate(metrics)
    ]


def _by_thread(cases: Sequence[Case], metrics: Sequence[Metric], thread_of: Callable[[Case], str]) -> tuple[Any, Any]:
    """Sums and numbers of the differences, threads by metrics."""
    import numpy as np

    rows: dict[str, int] = defaultdict(lambda: len(rows))
    places = [rows[thread_of(case)] for case in cases]
    sums = np.zeros((max(1, len(rows)), len(metrics)))
    counts = np.zeros((max(1, len(rows)), len(metrics)), dtype=np.int64)
    for place, case in zip(places, cases, strict=True):
        for at, metric in enumerate(metrics):
            difference = difference_of(metric, case.scores.get(metric.name))
            if difference is not None:
                sums[place, at] += difference
                counts[place, at] += 1
    return sums, counts


def _verdict(
    group: _Group, metric: Metric, margin: float, cases: int, corrected: Interval | None, plain: Interval | None
) -> Verdict:
    scores = [score for case in group.cases if (score := case.scores.get(metric.name)) is not None]
    old, new, noise = (_mean([getattr(score, name) for score in scores]) for name in ("old", "new", "noise"))
    if metric.relative:
        margin = max(margin * abs(old or 0.0), metric.least)
    base: dict[str, Any] = {"metric": metric.name, "group": group.name, "cases": cases, "margin": _digits(margin)}
    base |= {"old": old, "new": new, "noise": noise}
    if corrected is None or plain is None:
        return Verdict(**base, outcome=Outcome.UNDECIDED)
    plain = _with_the_unseen(metric, plain)
    outcome = _outcome(metric, corrected, plain, margin)
    undecided = _with_the_unseen(metric, corrected) if outcome is Outcome.UNDECIDED else corrected
    shown = plain if outcome is Outcome.SAME else undecided
    return Verdict(
        **base,
        outcome=outcome,
        difference=_digits(shown.mean),
        low=_digits(shown.low),
        high=_digits(shown.high),
        needed=_needed(metric, corrected, plain, margin, cases) if outcome is Outcome.UNDECIDED else None,
    )


def _with_the_unseen(metric: Metric, interval: Interval) -> Interval:
    """Widen the interval of a share by what so few threads cannot rule out: a change that none of them happened to meet."""
    if metric.unit != "share":
        return interval
    unseen = 1 - FALSE_SAMENESS ** (1 / interval.threads)
    low, high = min(interval.low, interval.mean - unseen), max(interval.high, interval.mean + unseen)
    return Interval(interval.mean, low, high, interval.threads)


def _outcome(metric: Metric, corrected: Interval, plain: Interval, margin: float) -> Outcome:
    is_real = corrected.high < 0 or corrected.low > 0
    one_sided = isinstance(metric, Agreement) and metric.floor is None
    if is_real and abs(corrected.mean) > margin:
        if one_sided and corrected.mean > 0:
            return Outcome.SAME
        if metric.better == "neither":
            return Outcome.DIFFERENT
        return Outcome.BETTER if (corrected.mean > 0) == (metric.better == "higher") else Outcome.WORSE
    if plain.low >= -margin and (one_sided or plain.high <= margin):
        return Outcome.SAME
    return Outcome.UNDECIDED


def _needed(metric: Metric, corrected: Interval, plain: Interval, margin: float, cases: int) -> int | None:
    """About how many cases would decide it, if more of them look like these."""
    size = abs(corrected.mean)
    if size > margin:
        return max(cases + 1, ceil(cases * (_reach(corrected) / size) ** 2))
    room = margin - size
    if room <= 0:
        return None
    unseen = log(FALSE_SAMENESS) / log(1 - min(room, 0.99)) if metric.unit == "share" else 0.0
    seen = cases * (_reach(plain) / room) ** 2 if _reach(plain) > room and not unseen else 0.0
    return max(cases + 1, ceil(max(unseen * cases / plain.threads, seen)))


def _reach(interval: Interval) -> float:
    return max(interval.high - interval.mean, interval.mean - interval.low)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _digits(sum(known) / len(known)) if known else None


def _digits(value: float) -> float:
    """Six digits, so that what machines add in another order reads the same."""
    return float(f"{value:.6g}") + 0.0
