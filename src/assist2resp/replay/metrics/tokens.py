"""How many tokens an answer took, of all its requests, read and written."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Amount, View


def _measure(view: View) -> float | None:
    usage = view.answer.usage
    return None if usage is None or view.answer.error is not None else float(usage.input + usage.output)


METRIC = Amount(
    name="tokens",
    title="Tokens",
    unit="tokens",
    better="lower",
    blind="that a token of another model is another piece of text; what they cost",
    margin=0.1,
    relative=True,
    measure=_measure,
)
