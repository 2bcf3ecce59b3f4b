"""How much of two texts is the same, by edit distance (rapidfuzz, extra `replay`)."""

from __future__ import annotations

from importlib.util import find_spec

from assist2resp.replay.metrics._base import Agreement, View

_MOST = 4_000
"""Signs that are compared; the cost grows with the square of the length."""


def _agree(one: View, other: View) -> float:
    from rapidfuzz.distance import Indel

    return round(float(Indel.normalized_similarity(one.normal[:_MOST], other.normal[:_MOST])), 6)


def _lacks() -> str | None:
    return None if find_spec("rapidfuzz") else "rapidfuzz is not installed: pip install 'assist2resp[replay]'"


METRIC = Agreement(
    name="text_edit",
    title="Similar wording",
    unit="share",
    better="neither",
    blind=f"meaning: a short 'not' is a small difference, a paraphrase a large one; what follows {_MOST} signs",
    margin=0.05,
    agree=_agree,
    lacks=_lacks,
)
