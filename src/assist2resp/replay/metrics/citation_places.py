"""Whether the files that both answers cite are cited at the same places of the text."""

from __future__ import annotations

from collections import defaultdict

from assist2resp.replay.metrics._base import Agreement, View


def _places(view: View) -> dict[str, list[float]]:
    """By file, how far into the text it is cited, from 0 to 1."""
    found: dict[str, list[float]] = defaultdict(list)
    for citation in view.answer.citations:
        if citation.index is not None and view.answer.text:
            found[citation.file].append(min(1.0, citation.index / len(view.answer.text)))
    return found


def _agree(one: View, other: View) -> float | None:
    ours, theirs = _places(one), _places(other)
    pairs = [
        pair for file in ours if file in theirs for pair in zip(sorted(ours[file]), sorted(theirs[file]), strict=False)
    ]
    return round(1 - sum(abs(a - b) for a, b in pairs) / len(pairs), 6) if pairs else None


METRIC = Agreement(
    name="citation_places",
    title="Same places of citations",
    unit="share",
    better="neither",
    blind="citations that one side lacks: those are in `citations`",
    margin=0.05,
    agree=_agree,
)
