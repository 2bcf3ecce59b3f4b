"""Whether two answers have the same form: headings, lists, tables, code blocks, links, emphasis."""

from __future__ import annotations

import re
from functools import lru_cache

from assist2resp.replay.metrics._base import Agreement, View

_FEATURES = {
    "headings": re.compile(r"^#{1,6} ", re.MULTILINE),
    "bullets": re.compile(r"^\s*[-*+] ", re.MULTILINE),
    "numbered items": re.compile(r"^\s*\d+[.)] ", re.MULTILINE),
    "table rows": re.compile(r"^\|.*\|\s*$", re.MULTILINE),
    "code blocks": re.compile(r"^```", re.MULTILINE),
    "inline code": re.compile(r"(?<!`)`[^`\n]+`(?!`)"),
    "links": re.compile(r"\[[^\]\n]+\]\([^)\s]+\)"),
    "emphasis": re.compile(r"\*\*[^*\n]+\*\*"),
    "paragraph breaks": re.compile(r"\n\s*\n"),
}


@lru_cache(maxsize=50_000)
def features(text: str) -> dict[str, int]:
    """How often each feature is in a text."""
    return {name: sum(1 for _ in pattern.finditer(text)) for name, pattern in _FEATURES.items()}


def _agree(one: View, other: View) -> float | None:
    if one.answer.error is not None or other.answer.error is not None:
        return None
    ours, theirs = features(one.answer.text), features(other.answer.text)
    used = [name for name in ours if ours[name] or theirs[name]]
    if not used:
        return 1.0
    shares = [min(ours[name], theirs[name]) / max(ours[name], theirs[name]) for name in used]
    return round(sum(shares) / len(shares), 6)


def _explain(old: View, new: View) -> str:
    ours, theirs = features(old.answer.text), features(new.answer.text)
    return "; ".join(f"{theirs[name]} {name}, was {ours[name]}" for name in ours if ours[name] != theirs[name])


METRIC = Agreement(
    name="format",
    title="Same form",
    unit="share",
    better="higher",
    blind="whether what is shown in that form is right; forms other than Markdown",
    margin=0.05,
    agree=_agree,
    explain=_explain,
)
