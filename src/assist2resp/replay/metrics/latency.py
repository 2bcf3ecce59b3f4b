"""How long an answer took."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Amount, View


def _measure(view: View) -> float | None:
    return None if view.answer.error is not None else view.answer.latency


METRIC = Amount(
    name="latency",
    title="Latency",
    unit="seconds",
    better="lower",
    blind="the first word of a stream; the time of the functions; old times are in whole seconds, queue included",
    margin=0.25,
    relative=True,
    least=0.5,
    measure=_measure,
)
