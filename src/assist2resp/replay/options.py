"""What the user said about a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from assist2resp.replay.sample import DEFAULT_STRATA

Mode = Literal["recorded-history", "free-running"]


@dataclass(frozen=True)
class Options:
    """The options of `replay`."""

    inputs: tuple[Path, ...]
    out: Path
    against: Path | None = None
    """A run whose new side is the old side of this one; the recorded answers without it."""
    config: str = "prompts"
    models: tuple[str, ...] = ()
    mode: Mode = "recorded-history"
    repeats: int = 3
    sample: str | None = None
    strata: tuple[str, ...] = DEFAULT_STRATA
    seed: int = 0
    metrics: tuple[str, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)
    tools: str | None = None
    stream: bool = False
    record: bool = False
    cassettes: Path | None = None
    budget: float | None = None
    max_tokens: int | None = None
    concurrency: int = 16
    rate: float | None = None
    timeout: float = 120.0
    patience: float = 0.5
    resume: bool = False
    explain: bool = False
    judge: str | None = None
    """The model that judges, if one does."""
    fail_on: tuple[str, ...] = ()
    known: Path | None = None
    prices: Path | None = None
    base_url: str | None = None
    api_key: str | None = None
    today: date = field(default_factory=date.today)

    @property
    def is_offline(self) -> bool:
        """Whether everything is answered by cassettes."""
        return self.cassettes is not None and not self.record
