"""Which fields of two JSON answers are equal."""

from __future__ import annotations

from assist2resp.replay.fields import differences, share
from assist2resp.replay.metrics._base import NO_JSON, Agreement, View


def _agree(one: View, other: View) -> float:
    if one.json is NO_JSON or other.json is NO_JSON:
        return float(one.json is other.json)
    return round(share(one.json, other.json), 6)


def _explain(old: View, new: View) -> str:
    if old.json is NO_JSON or new.json is NO_JSON:
        return "" if old.json is new.json else f"the {'new' if new.json is NO_JSON else 'old'} answer is no JSON"
    return "; ".join(list(differences(old.json, new.json))[:3])


METRIC = Agreement(
    name="json_fields",
    title="Equal fields of JSON",
    unit="share",
    better="higher",
    blind="free text within a field counts as wrong as soon as one sign differs",
    margin=0.03,
    agree=_agree,
    applies=lambda views: any(view.json is not NO_JSON for view in views),
    explain=_explain,
)
