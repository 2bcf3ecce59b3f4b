"""How often the 95 % interval holds the true mean, for differences as runs show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from assist2resp.replay.bootstrap import Resampled

Draw = Callable[[Any, int], Any]

WORLDS: Mapping[str, tuple[Draw, float]] = {
    "normal": (lambda dice, size: dice.normal(0.1, 0.3, size), 0.1),
    "skewed, as tokens are": (lambda dice, size: dice.gamma(2.0, 0.5, size), 1.0),
    "one in five cases differs": (lambda dice, size: -1.0 * (dice.random_sample(size) < 0.2), -0.2),
    "better, same or worse": (lambda dice, size: dice.choice([-1.0, 0.0, 1.0], size, p=[0.3, 0.5, 0.2]), -0.1),
}
"""Distributions of a case's difference, and their means."""


def coverage(world: str, threads: int, runs: int, *, turns: int = 1, seed: int = 0) -> float:
    """The share of runs whose interval holds the mean; the `turns` of a thread share half of their difference."""
    draw, mean = WORLDS[world]
    dice = np.random.RandomState(seed)
    counts = np.full((threads, runs), turns, dtype=np.int64)
    own = draw(dice, threads * runs * turns).reshape(threads, runs, turns).sum(axis=2)
    shared = draw(dice, threads * runs).reshape(threads, runs) * turns
    sums = own if turns == 1 else (own + shared) / 2
    held = 0
    for start in range(0, runs, 50):
        block = slice(start, start + 50)
        resampled = Resampled(sums[:, block], counts[:, block], seed=seed + start)
        found = [resampled.interval(at, 0.05) for at in range(sums[:, block].shape[1])]
        held += sum(one is not None and one.low <= mean <= one.high for one in found)
    return held / runs
