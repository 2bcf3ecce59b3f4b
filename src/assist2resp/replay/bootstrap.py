"""Bootstrap intervals of means over threads, the same to the last digit on every machine.

Threads are drawn and not cases, since the turns of one depend on one another. The interval is the percentile interval,
at a level that makes up for few threads (Hesterberg 2015, https://doi.org/10.1080/00031305.2015.1089789, section 5.1).
Where a tail is too thin to be read from the resamples it is scaled from the last point that can be. All sums are of
whole numbers, which float arithmetic adds without error in any order, and the stream of random numbers is numpy's frozen one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, fsum, log2, sqrt
from statistics import NormalDist
from typing import Any

RESAMPLES = 2_000
FEWEST = 5
"""Threads below which nothing can be said."""
_IN_TAIL = 20
"""Resamples beyond a point that can be read from them."""
_BLOCK = 2_000_000
_EXACT = 2.0**50
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """A mean and what it may be."""

    mean: float
    low: float
    high: float
    threads: int
    """How many threads say something."""


class Resampled:
    """The means of some columns in many resamples of the threads.

    `sums` and `counts` are arrays of threads by columns: the sum of what the cases of a thread say, and how many do.
    """

    def __init__(self, sums: Any, counts: Any, *, seed: int = 0, resamples: int = RESAMPLES) -> None:
        import numpy as np

        self._sums, self._counts = sums, counts
        self._means = np.sort(_resampled(sums, counts, seed, resamples), axis=0)
        self._valid = (~np.isnan(self._means)).sum(axis=0)

    def interval(self, column: int, level: float) -> Interval | None:
        """What holds a column's mean but for `level`; None where too few threads say something."""
        counts = self._counts[:, column]
        threads = int((counts > 0).sum())
        if threads < FEWEST:
            return None
        mean = fsum(self._sums[:, column].tolist()) / float(counts.sum())
        ordered = self._means[: self._valid[column], column]
        tail = tail_for(level, threads)
        return Interval(mean, _bound(ordered, mean, tail, 0), _bound(ordered, mean, tail, 1), threads)


def tail_for(level: float, threads: int) -> float:
    """The share of resamples beyond either bound, smaller than half of the level the fewer threads there are."""
    return _NORMAL.cdf(-sqrt(threads / (threads - 1)) * student(1 - level / 2, threads - 1))


def _bound(ordered: Any, mean: float, tail: float, side: int) -> float:
    """The bound below (0) or above (1) which that share of the resamples lies."""
    thinnest = _IN_TAIL / len(ordered)
    if tail >= thinnest:
        return quantile(ordered, abs(side - tail))
    reach = quantile(ordered, abs(side - thinnest)) - mean
    return mean + reach * _NORMAL.inv_cdf(tail) / _NORMAL.inv_cdf(thinnest)


def quantile(ordered: Any, share: float) -> float:
    """The value below which that share of them lies, interpolated between neighbours."""
    place = share * (len(ordered) - 1)
    below = min(floor(place), len(ordered) - 2)
    low, high = float(ordered[below]), float(ordered[below + 1])
    return low + (place - below) * (high - low)


def student(share: float, freedom: int) -> float:
    """The quantile of Student's t (Abramowitz and Stegun 26.7.5), good to a percent from 4 degrees of freedom on."""
    z: float = _NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))


def _resampled(sums: Any, counts: Any, seed: int, resamples: int) -> Any:
    """The means of each column in each resample, NaN where nothing in it says something."""
    import numpy as np

    threads, columns = sums.shape
    largest = float(np.abs(sums).max(initial=0.0)) or 1.0
    scale = 2.0 ** floor(log2(_EXACT / (threads * largest)))
    whole = np.concatenate([np.rint(sums * scale), counts.astype(float)], axis=1)
    draws = np.random.RandomState(seed)
    means = np.full((resamples, columns), np.nan)
    rows = max(1, _BLOCK // threads)
    for start in range(0, resamples, rows):
        totals = drawn(draws, threads, min(rows, resamples - start)) @ whole
        with np.errstate(invalid="ignore", divide="ignore"):
            means[start : start + rows] = totals[:, :columns] / totals[:, columns:] / scale
    return means


def drawn(draws: Any, threads: int, size: int) -> Any:
    """How often each thread is drawn in so many resamples."""
    import numpy as np

    which = draws.randint(0, threads, size=(size, threads), dtype=np.int64)
    which += np.arange(size, dtype=np.int64)[:, None] * threads
    return np.bincount(which.ravel(), minlength=size * threads).reshape(size, threads).astype(float)
