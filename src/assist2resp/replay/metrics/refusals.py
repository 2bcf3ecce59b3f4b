"""How many answers are refusals."""

from __future__ import annotations

import re

from assist2resp.replay.metrics._base import Amount, View

_PHRASES = re.compile(
    r"^(?:i'?m (?:very |so |really )?sorry,? (?:but )?(?:i|we) (?:can'?t|cannot|am unable|'m unable|won'?t)"
    r"|sorry,? (?:but )?i (?:can'?t|cannot|won'?t)|i (?:can'?t|cannot|am unable to|'m unable to|won'?t) (?:help|assist|comply|do)"
    r"|(?:es )?tut mir leid,? (?:aber )?(?:ich|dabei|das)|je suis désolée?,? (?:mais )?je ne peux|désolée?,? (?:mais )?je ne peux"
    r"|lo siento,? (?:pero )?no puedo|desculpe,? (?:mas )?não posso|mi dispiace,? (?:ma )?non posso)"
)
_BEGINNING = 120


def _measure(view: View) -> float | None:
    if view.answer.error is not None:
        return None
    return float(view.answer.refusal is not None or _PHRASES.match(view.normal[:_BEGINNING]) is not None)


METRIC = Amount(
    name="refusals",
    title="Refusals",
    unit="share",
    better="lower",
    blind="refusals in other words or languages than the few that it knows; whether one was due",
    margin=0.02,
    measure=_measure,
)
