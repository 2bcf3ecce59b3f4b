"""How many turns have an answer at all, whole and without an error."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Amount, View


def _measure(view: View) -> float:
    return float(view.answer.error is None and view.answer.status == "completed")


METRIC = Amount(
    name="answered",
    title="Answered",
    unit="share",
    better="higher",
    blind="what the answer says",
    margin=0.02,
    measure=_measure,
)
