"""What an answer cost, by the price table of the run."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Amount, View


def _measure(view: View) -> float | None:
    return None if view.answer.error is not None else view.answer.cost


METRIC = Amount(
    name="cost",
    title="Cost",
    unit="USD",
    better="lower",
    blind="fees of hosted tools and of storage, discounts, models without a price in the table",
    margin=0.1,
    relative=True,
    measure=_measure,
)
