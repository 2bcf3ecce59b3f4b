"""Whether two texts are the same, sign for sign."""

from __future__ import annotations

import unicodedata

from assist2resp.replay.metrics._base import Agreement, View


def _agree(one: View, other: View) -> float:
    texts = (unicodedata.normalize("NFC", view.answer.text) for view in (one, other))
    return float(next(texts) == next(texts))


METRIC = Agreement(
    name="text_exact",
    title="Same text",
    unit="share",
    better="neither",
    blind="whether another wording is as good, or better",
    margin=0.05,
    agree=_agree,
)
