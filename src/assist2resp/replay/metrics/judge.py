"""Which answer a judging model prefers, asked in both orders (`--judge MODEL`)."""

from __future__ import annotations

from assist2resp.replay.metrics._base import Agreement, View


def _agree(old: View, new: View) -> float | None:
    said = tuple(view.answer.text or view.answer.refusal or "" for view in (old, new))
    return old.asked.judged.get((said[0], said[1]))


METRIC = Agreement(
    name="judge",
    title="Preferred by the judge",
    unit="share",
    better="higher",
    blind="what the judge cannot know; a judge has tastes, and may follow what an answer asks of it",
    margin=0.05,
    default=False,
    agree=_agree,
    floor=0.5,
)
