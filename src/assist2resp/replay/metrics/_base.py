"""What a metric is: a file of this folder with `METRIC`, an `Agreement` of two answers or an `Amount` of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from assist2resp.replay.metrics._text import normal
from assist2resp.schema.comparison import Answer, MetricNote

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What metrics know of a case beside its answers."""

    question: str = ""
    schema: Json | None = None
    """The JSON Schema that the new side was told to answer by."""
    wants_json: bool = False
    offers_functions: bool = False
    judged: dict[tuple[str, str], float] = field(default_factory=dict)
    """How much better than the old text the new one is, by both, as a judge says."""


@dataclass
class View:
    """An answer with what several metrics derive from it, each once."""

    answer: Answer
    asked: Asked

    @cached_property
    def normal(self) -> str:
        """The text without differences of spelling that mean nothing."""
        return normal(self.answer.text)

    @cached_property
    def json(self) -> Any:
        """The text as JSON; `NO_JSON` if it is none, or only a bare word or number."""
        text = self.answer.text.strip()
        if text[:1] not in ("{", "["):
            return NO_JSON
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return NO_JSON


NO_JSON = object()


@dataclass(frozen=True)
class Metric:
    """What all metrics say of themselves."""

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    blind: str
    """What it cannot see."""
    margin: float
    """The difference that does not matter: in the unit, or if `relative` as a share of the old side's mean."""
    relative: bool = False
    least: float = 0.0
    """What a relative margin is at least, in the unit."""
    default: bool = True
    """Whether it is computed without being asked for."""
    lacks: Callable[[], str | None] = field(default=lambda: None)
    """Why it cannot be computed here, if it cannot."""


@dataclass(frozen=True, kw_only=True)
class Agreement(Metric):
    """Compares two answers to the same turn."""

    agree: Callable[[View, View], float | None]
    """From 0 to 1, the same both ways; two that both lack something agree. None where it cannot be told."""
    applies: Callable[[Sequence[View]], bool] = field(default=lambda _views: True)
    """Whether the answers of a case, of both sides, have anything to compare."""
    explain: Callable[[View, View], str] = field(default=lambda _old, _new: "")
    """What differs, in a few words."""
    of_failures: bool = False
    """Whether an answer that ended with an error is compared too."""
    floor: float | None = None
    """What two answers of one side score by definition, where that needs no repeats."""


@dataclass(frozen=True, kw_only=True)
class Amount(Metric):
    """Measures one answer."""

    measure: Callable[[View], float | None]
    """In the metric's unit; None where there is nothing to measure."""


def note_of(metric: Metric) -> MetricNote:
    """What the run says of a metric."""
    kind: Literal["agreement", "amount"] = "agreement" if isinstance(metric, Agreement) else "amount"
    return MetricNote(
        name=metric.name,
        title=metric.title,
        unit=metric.unit,
        better=metric.better,
        blind=metric.blind,
        kind=kind,
        relative=metric.relative,
    )
