"""The geometry of the page's pictures: bars and lines in the units of their SVG, without any words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from assist2resp.schema.report import Histogram, MetricRow

WIDTH, HEIGHT = 300, 96


@dataclass(frozen=True)
class Bar:
    """A rectangle that stands on the axis."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Distribution:
    """One metric: the new side as bars, what it is held against as an outline, and the medians of both."""

    bars: tuple[Bar, ...]
    outline: str
    """The path of the outline; empty where there is nothing to hold against."""
    new_middle: float | None
    reference_middle: float | None


@dataclass(frozen=True)
class Interval:
    """A difference with its bounds, around zero in the middle of 100."""

    low: float
    high: float
    at: float
    margin: float
    """Half the width of the band in which differences do not matter."""


def distribution(histogram: Histogram) -> Distribution:
    """The picture of a histogram, each side as shares of its own values."""
    new, reference = _shares(histogram.new), _shares(histogram.reference)
    top = max([*new, *reference, 1e-9])
    width = WIDTH / len(new)
    bars = [
        Bar(_short(i * width + 0.5), _short(HEIGHT - _height(share, top)), _short(width - 1), _height(share, top))
        for i, share in enumerate(new)
        if share
    ]
    return Distribution(
        bars=tuple(bars),
        outline=_outline(reference, top, width) if any(reference) else "",
        new_middle=_place(histogram.new_middle, histogram),
        reference_middle=_place(histogram.reference_middle, histogram),
    )


def interval(row: MetricRow) -> Interval | None:
    """The picture of a difference; None where its bounds are not known."""
    if row.low is None or row.high is None or row.difference is None or not isfinite(row.low + row.high):
        return None
    margin = row.margin or 0.0
    reach = max(abs(row.low), abs(row.high), margin, 1e-12) * 1.15
    low, high, at = (_short(50 + 50 * value / reach) for value in (row.low, row.high, row.difference))
    return Interval(low=low, high=max(high, low + 1), at=at, margin=_short(50 * margin / reach))


def _shares(counts: tuple[int, ...]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts] if total else [0.0] * len(counts)


def _height(share: float, top: float) -> float:
    """The square root keeps small bins in sight beside a big one."""
    return max(1.0, _short((share / top) ** 0.5 * (HEIGHT - 8))) if share else 0.0


def _outline(shares: list[float], top: float, width: float) -> str:
    heights = [_short(HEIGHT - _height(share, top)) for share in shares]
    steps = [f"M0 {heights[0]}H{_short(width)}"]
    steps += [f"V{height}H{_short((i + 2) * width)}" for i, (_, height) in enumerate(pairwise(heights))]
    return "".join(steps)


def _place(value: float | None, histogram: Histogram) -> float | None:
    if value is None:
        return None
    share = (value - histogram.low) / (histogram.high - histogram.low)
    return _short(min(1.0, max(0.0, share)) * WIDTH)


def _short(value: float) -> float:
    return round(value, 2)
