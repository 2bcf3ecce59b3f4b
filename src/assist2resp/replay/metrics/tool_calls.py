"""Whether the same functions are called, in the same order, with the same arguments."""

from __future__ import annotations

import json
from typing import Any

from assist2resp.replay.fields import differences, share
from assist2resp.replay.metrics._base import Agreement, View
from assist2resp.schema.comparison import ToolCall


def _agree(one: View, other: View) -> float | None:
    ours, theirs = one.answer.tool_calls, other.answer.tool_calls
    if any(view.answer.error is not None and not view.answer.tool_calls for view in (one, other)):
        return None
    if not ours and not theirs:
        return 1.0
    return round(2 * _aligned(ours, theirs) / (len(ours) + len(theirs)), 6)


def _aligned(ours: tuple[ToolCall, ...], theirs: tuple[ToolCall, ...]) -> float:
    """The most that calls in the same order have in common: half for the name, half for the equal arguments."""
    best = [0.0] * (len(theirs) + 1)
    for call in ours:
        diagonal = 0.0
        for at, other in enumerate(theirs, start=1):
            above = best[at]
            best[at] = max(above, best[at - 1], diagonal + _alike(call, other))
            diagonal = above
    return best[-1]


def _alike(one: ToolCall, other: ToolCall) -> float:
    if one.name != other.name:
        return 0.0
    return 1.0 if one.arguments == other.arguments else 0.5 + share(_value(one), _value(other)) / 2


def _value(call: ToolCall) -> Any:
    try:
        return json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return call.arguments


def _explain(old: View, new: View) -> str:
    ours, theirs = old.answer.tool_calls, new.answer.tool_calls
    names = [call.name for call in ours], [call.name for call in theirs]
    if names[0] != names[1]:
        return f"calls {', '.join(names[1]) or 'nothing'}, was {', '.join(names[0]) or 'nothing'}"
    found = [
        f"{one.name}.{problem}"
        for one, other in zip(ours, theirs, strict=True)
        for problem in differences(_value(one), _value(other), "arguments")
    ]
    return "; ".join(found[:3])


METRIC = Agreement(
    name="tool_calls",
    title="Same calls of functions",
    unit="share",
    better="higher",
    blind="whether another call would have served as well; calls of hosted tools",
    margin=0.02,
    agree=_agree,
    applies=lambda views: any(view.asked.offers_functions or view.answer.tool_calls for view in views),
    explain=_explain,
    of_failures=True,
)
