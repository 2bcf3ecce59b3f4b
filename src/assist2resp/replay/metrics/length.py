"""How many words an answer has."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Amount, View


def _measure(view: View) -> float | None:
    return None if view.answer.error is not None else float(len(view.answer.text.split()))


METRIC = Amount(
    name="length",
    title="Length",
    unit="words",
    better="neither",
    blind="whether the words are needed; languages that put no spaces between words",
    margin=0.1,
    relative=True,
    measure=_measure,
)
