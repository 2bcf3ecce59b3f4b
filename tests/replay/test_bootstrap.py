"""The intervals against known good statistics: scipy's, and what they claim of themselves."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from assist2resp.replay.bootstrap import FEWEST, Resampled, student, tail_for
from replay_proofs.coverage import WORLDS, coverage

DICE = np.random.RandomState(5)
DATA = {
    "normal": DICE.normal(0.2, 1.0, 60),
    "skewed": DICE.gamma(1.0, 1.0, 60),
    "shares": -1.0 * (DICE.random_sample(60) < 0.3),
    "few": DICE.normal(0, 1, 12),
}


def one_column(values):
    return np.asarray(values, float).reshape(-1, 1), np.ones((len(values), 1), np.int64)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("level", [0.05, 0.2])
def test_intervals_agree_with_scipys(name, level):
    values = DATA[name]
    ours = Resampled(*one_column(values), resamples=20_000).interval(0, level)
    theirs = scipy.stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=1 - 2 * tail_for(level, len(values)),
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_threads_are_drawn_and_not_cases():
    sums, counts = DICE.normal(0, 3, (40, 1)), np.full((40, 1), 9, np.int64)
    sizes = counts[:, 0].astype(float)
    ours = Resampled(sums, counts, resamples=20_000).interval(0, 0.05)
    theirs = scipy.stats.bootstrap(
        (sums[:, 0], sizes),
        lambda total, size, axis: total.sum(axis=axis) / size.sum(axis=axis),
        paired=True,
        vectorized=True,
        confidence_level=1 - 2 * tail_for(0.05, 40),
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * (theirs.high - theirs.low))
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * (theirs.high - theirs.low))


def test_a_thin_tail_is_scaled_as_a_normal_one_is():
    values = DICE.normal(0, 1, 400)
    ours = Resampled(*one_column(values)).interval(0, 1e-4)
    error = float(np.std(values)) / 20
    assert ours.high - ours.mean == pytest.approx(3.95 * error, rel=0.12)
    assert ours.mean - ours.low == pytest.approx(3.95 * error, rel=0.12)


@pytest.mark.parametrize("freedom", [4, 9, 30, 1000])
@pytest.mark.parametrize("share", [0.9, 0.975, 0.999])
def test_students_quantiles(share, freedom):
    assert student(share, freedom) == pytest.approx(scipy.stats.t.ppf(share, freedom), rel=0.03)


def test_the_same_seed_gives_the_same_interval_and_order_does_not_matter_to_the_mean():
    values = DATA["skewed"]
    first, again = (Resampled(*one_column(values), seed=3).interval(0, 0.05) for _ in range(2))
    turned = Resampled(*one_column(values[::-1]), seed=3).interval(0, 0.05)
    assert first == again
    assert turned.mean == first.mean
    assert Resampled(*one_column(values), seed=4).interval(0, 0.05) != first


def test_too_few_threads_say_nothing():
    assert Resampled(*one_column(DATA["few"][: FEWEST - 1])).interval(0, 0.05) is None


def test_a_column_that_few_threads_speak_of_is_resampled_among_them():
    sums, counts = one_column(DATA["normal"])
    counts[10:] = 0
    sums[10:] = 0
    found = Resampled(sums, counts).interval(0, 0.05)
    assert found.threads == 10
    assert found.mean == pytest.approx(sums[:10].mean())


@pytest.mark.parametrize(("world", "threads", "turns"), [("normal", 30, 1), ("skewed, as tokens are", 100, 3)])
def test_the_interval_covers_what_it_says(world, threads, turns):
    """A small instance of `make prove-replay`; 600 runs tell 95 % to within 1.8 points."""
    assert 0.925 <= coverage(world, threads, 600, turns=turns) <= 0.975


def test_every_world_says_its_own_mean():
    for draw, mean in WORLDS.values():
        assert float(np.mean(draw(np.random.RandomState(1), 200_000))) == pytest.approx(mean, abs=0.01)
