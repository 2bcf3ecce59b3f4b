"""Whether the same files are cited, as often."""

from __future__ import annotations

from collections import Counter

from assist2resp.replay.metrics._base import Agreement, View


def _files(view: View) -> Counter[str]:
    return Counter(citation.file for citation in view.answer.citations)


def _agree(one: View, other: View) -> float:
    ours, theirs = _files(one), _files(other)
    if not ours and not theirs:
        return 1.0
    return round(2 * (ours & theirs).total() / (ours.total() + theirs.total()), 6)


def _explain(old: View, new: View) -> str:
    ours, theirs = _files(old), _files(new)
    lost, added = sorted((ours - theirs).elements()), sorted((theirs - ours).elements())
    parts = [f"no longer cites {', '.join(lost[:3])}"] if lost else []
    return "; ".join([*parts, f"also cites {', '.join(added[:3])}"] if added else parts)


METRIC = Agreement(
    name="citations",
    title="Same cited files",
    unit="share",
    better="higher",
    blind="whether the cited passage says so; a file that has another name or id now",
    margin=0.03,
    agree=_agree,
    applies=lambda views: any(view.answer.citations for view in views),
    explain=_explain,
)
