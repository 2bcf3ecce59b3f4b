"""Whether two texts are the same but for case, white space, markup, quotes and citation markers."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Agreement, View


def _agree(one: View, other: View) -> float:
    return float(one.normal == other.normal)


METRIC = Agreement(
    name="text_normal",
    title="Same words",
    unit="share",
    better="neither",
    blind="whether another wording is as good; differences of case and markup",
    margin=0.05,
    agree=_agree,
)
