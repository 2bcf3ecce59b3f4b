"""What `report` says of runs, findings and an archive: the one view that every format renders. Versioned as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assist2resp.schema.comparison import Answer, Factor, Gate, KnownDifference, LeftOut, Outcome, Score, Verdict
from assist2resp.schema.findings import FileFailure, Level, Place

REPORT_VERSION: Literal[1] = 1

Json = dict[str, Any]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Advice(StrEnum):
    """What a reviewer is told."""

    GO = "go"
    """Nothing got worse."""
    LOOK = "look"
    """A person has to decide something first."""
    STOP = "stop"
    """Something got worse, or a condition failed."""


class Headline(_Record):
    """The verdict in one line, and what it rests on."""

    advice: Advice
    word: str
    """Such as `Worse` or `Not worse`."""
    sentence: str
    reasons: tuple[str, ...] = ()
    """One clause each, most weighty first; empty where all is well."""


class BaseValue(_Record):
    """The same metric in the run of the base branch."""

    outcome: Outcome
    new: float | None = None
    difference: float | None = None


class MetricRow(Verdict):
    """A verdict over all cases of one run, with what its metric measures and the verdicts of its groups."""

    run: str
    title: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    kind: Literal["agreement", "amount"] = "agreement"
    blind: str = ""
    base: BaseValue | None = None
    groups: tuple[Verdict, ...] = ()


class CaseState(StrEnum):
    """What one case is, in the light of the verdicts."""

    FAILED = "failed"
    """The new side gave no answer at all."""
    WORSE = "worse"
    """Worse by a metric that got worse as a whole, in the run or in a group of the case."""
    DIFFERS = "differs"
    """Worse by a metric that as a whole did not get worse: one of the scatter."""
    KNOWN = "known"
    """Covered by a difference that somebody accepted."""
    SAME = "same"


class CaseRow(_Record):
    """A case worth reading. Long texts are cut; the run's file has them whole."""

    id: str
    run: str
    state: CaseState
    severity: float
    """How much worse, for sorting; it has no unit."""
    worse: tuple[str, ...] = ()
    """The metrics by which it is worse."""
    groups: dict[str, str] = {}
    question: str = ""
    old: Answer
    new: Answer
    """The first of the new answers that is there."""
    scores: dict[str, Score] = {}
    known: str = ""


class Histogram(_Record):
    """How one metric is spread over the cases, in bins of equal width."""

    metric: str
    title: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    low: float
    high: float
    """The bounds of the first and the last bin; what lies beyond is counted in these."""
    beside: Literal["noise", "old"]
    """What the new side is shown beside: its own repeats, or the old answers."""
    new: tuple[int, ...]
    reference: tuple[int, ...]
    new_middle: float | None = None
    reference_middle: float | None = None
    """The medians."""


class Side(_Record):
    """What one side took, over the cases that tell it."""

    cost: float | None = None
    """US dollars per case, the mean."""
    input_tokens: float | None = None
    output_tokens: float | None = None
    latency_middle: float | None = None
    latency_95: float | None = None
    """Seconds: the median and the 95th percentile."""


class RunSummary(_Record):
    """One run without its cases."""

    name: str
    source: str
    mode: str
    repeats: int
    seed: int
    settings: Json = {}
    cases: int = 0
    states: dict[CaseState, int] = {}
    complete: bool = True
    left_out: tuple[LeftOut, ...] = ()
    metrics_left_out: dict[str, str] = {}
    silent: tuple[str, ...] = ()
    """The titles of metrics that have nothing to say of any case."""
    known: tuple[KnownDifference, ...] = ()
    gates: tuple[Gate, ...] = ()
    factors: tuple[Factor, ...] = ()
    estimated_cost: float | None = None
    cost: float | None = None
    models: dict[str, int] = {}
    """Answers of the new side by the model that gave them."""
    old_models: dict[str, int] = {}
    histograms: tuple[Histogram, ...] = ()
    old: Side = Side()
    new: Side = Side()


class BaseSummary(_Record):
    """The run of the base branch beside that of the head."""

    name: str
    cases: int
    common: int
    """Cases that both have."""
    newly_worse: tuple[str, ...] = ()
    """Ids of cases that were not worse, or did not fail, at the base; the first hundred."""
    newly_worse_count: int = 0
    mended_count: int = 0


class RuleRow(_Record):
    """How the sites of one rule of `rewrite` ended."""

    code: str
    title: str = ""
    fixed: int = 0
    review: int = 0
    manual: int = 0
    link: str = ""


class CodeSite(_Record):
    """A site that a person has to look at."""

    code: str
    level: Level
    place: Place
    message: str


class CodeSummary(_Record):
    """What `rewrite` found."""

    sites: int = 0
    fixed: int = 0
    review: int = 0
    manual: int = 0
    files_changed: int = 0
    files_looked_at: int = 0
    rules: tuple[RuleRow, ...] = ()
    open_sites: tuple[CodeSite, ...] = ()
    """Manual ones first, then those to review; the first hundred."""
    failures: tuple[FileFailure, ...] = ()


class CheckItem(_Record):
    """Something that the reviewer has to see to, from a rule that was hit."""

    code: str
    text: str
    places: tuple[Place, ...] = ()
    """The first three."""
    count: int = 0
    level: Level


class LossRow(_Record):
    """A field that nothing new says, and in how many objects."""

    kind: Literal["assistant", "thread", "item"]
    field: str
    why: str
    count: int


class ArchiveSummary(_Record):
    """What `export` brought home."""

    name: str
    complete: bool
    counts: dict[str, int] = {}
    converted: dict[str, int] = {}
    failures: tuple[str, ...] = ()
    """The first hundred."""
    failure_count: int = 0
    absence_count: int = 0
    losses: tuple[LossRow, ...] = ()


class Deadline(_Record):
    """A model that is named somewhere and ends."""

    model: str
    on: str
    """Its last day, YYYY-MM-DD."""
    ended: bool
    replacement: str = ""
    used_by: tuple[str, ...] = ()
    """Such as `code`, `assistants`, `the new side`."""


class Report(_Record):
    """All that a report says."""

    report_version: Literal[1] = REPORT_VERSION
    tool_version: str
    title: str
    headline: Headline
    runs: tuple[RunSummary, ...] = ()
    metrics: tuple[MetricRow, ...] = ()
    """What got worse first."""
    base: BaseSummary | None = None
    worst: tuple[CaseRow, ...] = ()
    """At most a hundred, the worst first."""
    code: CodeSummary | None = None
    checklist: tuple[CheckItem, ...] = ()
    archive: ArchiveSummary | None = None
    deadlines: tuple[Deadline, ...] = ()


FILES: dict[str, type[BaseModel]] = {"report": Report}
"""What `report --format json` writes."""
