"""The metrics that there are, and those that a run computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from assist2resp.errors import UsageError
from assist2resp.plugins import discover
from assist2resp.replay.metrics._base import Metric


@dataclass(frozen=True)
class Chosen:
    """The metrics of a run, and why others are not among them."""

    metrics: tuple[Metric, ...]
    left_out: dict[str, str]


def metrics() -> dict[str, Metric]:
    """Every metric by its name."""
    found: dict[str, Metric] = {}
    for module in discover("assist2resp.replay.metrics"):
        metric: Metric = module.METRIC
        found[metric.name] = metric
    return found


def choose(names: Sequence[str]) -> Chosen:
    """The metrics of these names, or those of every run; a name that cannot be computed here is an error."""
    known = metrics()
    for name in names:
        check_name(name, known)
        if reason := known[name].lacks():
            raise UsageError(f"--metrics {name}: {reason}.")
    if names:
        return Chosen(tuple(known[name] for name in dict.fromkeys(names)), {})
    reasons = {name: metric.lacks() for name, metric in known.items()}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    asked = tuple(metric for name, metric in known.items() if metric.default and name not in left_out)
    return Chosen(asked, {name: reason for name, reason in left_out.items() if known[name].default})


def check_name(name: str, known: Sequence[str] | dict[str, Metric]) -> None:
    """A UsageError for a metric that is not there, with the name that is nearest."""
    if name in known:
        return
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    raise UsageError(f"there is no metric '{name}'; {hint}")
