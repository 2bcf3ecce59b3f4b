"""The run that `replay` makes and `report` reads: cases, answers of both sides, scores and verdicts. Versioned.

A case is one turn of a user with the answer that the old API gave. The new side answers it once or several times; the
repeats tell how much its answers differ among themselves, and a difference from the old side counts only above that.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assist2resp.errors import InputFileError
from assist2resp.schema.versioned import read_versioned

RUN_VERSION: Literal[1] = 1

Json = dict[str, Any]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolCall(_Record):
    """A function that the model called, in the order of the calls."""

    name: str
    arguments: str
    """JSON, as the model wrote it."""
    output: str | None = None
    """What the program gave back; None where nothing did."""


class Citation(_Record):
    """A place in a text that names a file."""

    file: str
    """The file's name where it is known, else its id."""
    index: int | None = None
    """Where in the text, in characters from 0."""


class Usage(_Record):
    """Tokens of all the requests that one answer took."""

    input: int = 0
    output: int = 0
    cached: int = 0
    """Of the input."""
    reasoning: int = 0
    """Of the output."""


class Answer(_Record):
    """What one side answered to a case. What is not known, as often on the old side, is None."""

    text: str = ""
    refusal: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    status: str = "completed"
    model: str | None = None
    usage: Usage | None = None
    cost: float | None = None
    """In US dollars, by the run's price table."""
    latency: float | None = None
    """In seconds, until the whole answer was there."""
    error: str | None = None
    """Why there is no answer; a failing case is a result."""


class Score(_Record):
    """One metric of one case. Values are in the metric's unit; None where the metric has nothing to say."""

    old: float | None = None
    """Of the old answer alone, for metrics that measure one answer, such as tokens."""
    new: float | None = None
    """The mean over the new answers, or of their agreement with the old one."""
    noise: float | None = None
    """The same between the repeats of the new side; None with a single repeat."""
    note: str = ""
    """What differs, in a few words, such as `arguments.city: "Paris", was "Rome"`."""


class Case(_Record):
    """One turn and its answers."""

    id: str
    """Stable over runs: the thread's id and the number of the turn in it, from 1."""
    groups: dict[str, str] = {}
    """What the case is counted under, such as `assistant`, `length`, `tools`."""
    history: int = 0
    """Items before the turn."""
    question: str = ""
    old: Answer
    old_repeats: tuple[Answer, ...] = ()
    """Further answers of the old side to the same turn, where it was recorded more than once."""
    new: tuple[Answer, ...] = ()
    scores: dict[str, Score] = {}
    """By the name of the metric."""
    known: str = ""
    """The known difference that covers the case, by its reason."""


class Outcome(StrEnum):
    """What a run says of a metric."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNDECIDED = "undecided"
    DIFFERENT = "different"
    """A real difference in a metric where neither direction is the better one, such as the length."""


class Verdict(_Record):
    """What the cases of a group say of one metric, the noise of the new side considered."""

    metric: str
    group: str = ""
    """Empty for all cases, else `field=value`."""
    outcome: Outcome
    old: float | None = None
    new: float | None = None
    difference: float | None = None
    """Mean over the cases of new minus old, or of the agreement minus the agreement among repeats."""
    low: float | None = None
    high: float | None = None
    """The bounds of the difference's interval: of `same` at 95 % either side, else corrected for the number of metrics."""
    margin: float | None = None
    """Differences smaller than this do not matter."""
    noise: float | None = None
    """The mean over the cases of what the repeats of the new side, and of the old, differ by; agreements: agree by."""
    cases: int = 0
    needed: int | None = None
    """About how many cases would decide it, where it is undecided."""


class MetricNote(_Record):
    """What a metric measures."""

    name: str
    title: str
    unit: str
    """Such as `share`, `tokens`, `seconds`, `USD`."""
    better: Literal["higher", "lower", "neither"]
    blind: str
    """What it cannot see."""
    kind: Literal["agreement", "amount"] = "agreement"
    """Whether it compares two answers (a share from 0 to 1), or measures one."""
    relative: bool = False
    """Whether its margin is a share of the old side's mean."""


class KnownDifference(_Record):
    """A difference that somebody has accepted."""

    pattern: str
    reason: str
    owner: str
    expires: str
    """A date, YYYY-MM-DD."""
    cases: int = 0
    """How many cases it covered."""
    expired: bool = False


class Gate(_Record):
    """One condition of `--fail-on`, and what it came to."""

    expression: str
    failed: bool
    because: str


class LeftOut(_Record):
    """Turns that are no cases, and why."""

    reason: str
    count: int


class Factor(_Record):
    """What changing one thing alone did to a group that got worse."""

    factor: str
    group: str
    metric: str
    difference: float
    explains: float | None = None
    """The share of the whole difference, from 0 to 1."""


class Run(_Record):
    """The file that `replay --out` writes. It has no time of its own, so that the same cassettes give the same bytes."""

    run_version: Literal[1] = RUN_VERSION
    tool_version: str
    source: str
    """What was replayed: the name of the archive or of the file of cases."""
    mode: Literal["recorded-history", "free-running"] = "recorded-history"
    repeats: int = 1
    seed: int = 0
    settings: Json = {}
    """What the run was made with: models, configuration, prices with their date. No secret."""
    metrics: tuple[MetricNote, ...] = ()
    metrics_left_out: dict[str, str] = {}
    """Metrics that were not computed, and why."""
    verdicts: tuple[Verdict, ...] = ()
    """Of all cases first, then by group."""
    cases: tuple[Case, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    known: tuple[KnownDifference, ...] = ()
    gates: tuple[Gate, ...] = ()
    factors: tuple[Factor, ...] = ()
    estimated_cost: float | None = None
    cost: float | None = None
    """In US dollars."""
    complete: bool = True
    """Whether every case was asked; a budget or a stop leaves some out, and the same command goes on."""


FILES: dict[str, type[BaseModel]] = {"run": Run}
"""What `replay` writes."""


def read_run(path: Path) -> Run:
    """A run of a version that is known; an InputFileError says what is wrong with the file."""
    try:
        return read_versioned(path, Run, "run_version", RUN_VERSION, "run of a replay")
    except FileNotFoundError as error:
        raise InputFileError(path, "does not exist.", hint="Give the file of `assist2resp replay --out`.") from error
