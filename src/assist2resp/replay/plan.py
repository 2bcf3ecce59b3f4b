"""Everything of a run that is settled before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assist2resp.errors import UsageError
from assist2resp.replay import archived
from assist2resp.replay.budget import Budget, Estimate, estimate
from assist2resp.replay.cases import Cases, read_cases
from assist2resp.replay.config import Configuration, NoConfigurationError, configuration
from assist2resp.replay.gate import Condition, read_conditions
from assist2resp.replay.known import Known, read_known
from assist2resp.replay.metrics._registry import Chosen, check_name, choose, metrics
from assist2resp.replay.options import Options
from assist2resp.replay.outputs import Outputs, own
from assist2resp.replay.player import Prepared, Track, tracks_of
from assist2resp.replay.prices import Prices, read_prices
from assist2resp.replay.sample import Sample, draw
from assist2resp.replay.turns import Turn
from assist2resp.schema.comparison import Answer, LeftOut, Run, read_run


@dataclass(frozen=True)
class Plan:
    """What is asked, with what, and how it is judged."""

    options: Options
    source: str
    prepared: tuple[Prepared, ...]
    left_out: tuple[LeftOut, ...]
    configuration: Configuration
    chosen: Chosen
    conditions: tuple[Condition, ...]
    known: Known
    prices: Prices
    own: Outputs | None
    repeats_of_old: dict[str, tuple[Answer, ...]]
    """Further answers of the old side by case, from the run that this one is against."""
    archives: tuple[Path, ...] = ()

    @property
    def tracks(self) -> list[Track]:
        """What is played."""
        return tracks_of(self.prepared, free=self.options.mode == "free-running")

    @property
    def estimate(self) -> Estimate:
        """What it is expected to cost."""
        return estimate(self.prepared, self.options.repeats, self.prices)

    def runs(self) -> dict[str, dict[str, Any]]:
        """The recorded runs of the cases, as the old API showed them."""
        wanted = [one.turn.run for one in self.prepared if one.turn.run]
        return {key: run for folder in self.archives for key, run in archived.runs(folder, wanted).items()}

    def budget(self) -> Budget:
        """The limits; nothing that is replayed costs anything."""
        if self.options.is_offline:
            return Budget(self.prices)
        budget = Budget(self.prices, self.options.budget, self.options.max_tokens)
        budget.check(self.estimate)
        return budget

    def settings(self) -> dict[str, Any]:
        """What the run was made with. No secret, no path of this machine, no date but that of the prices."""
        options = self.options
        return {
            "config": options.config,
            "models": dict(self.configuration.models),
            "against": options.against.name if options.against else "archive",
            "stream": options.stream,
            "tools": options.tools or "recorded",
            "judge": options.judge,
            "sample": options.sample,
            "margins": dict(options.margins),
            "prices": {"as_of": self.prices.table.as_of, "source": self.prices.table.source},
        }


def plan(options: Options) -> Plan:
    """Read everything that the options name; a UsageError says what cannot be used."""
    chosen = _chosen(options)
    names = [metric.name for metric in chosen.metrics]
    for name in options.margins:
        check_name(name, metrics())
    if options.record and options.cassettes is None:
        raise UsageError("--record needs --cassettes DIR, the folder to record to.")
    known, prices = read_known(options.known, options.today), read_prices(options.prices)
    conditions = tuple(read_conditions(options.fail_on, names))
    cases = read_cases(options.inputs)
    turns, left_out = _sampled(cases, options)
    config = configuration(options.config, cases.archives, turns, options.models)
    prepared, unprepared = _prepared(turns, config)
    turns_against, repeats_of_old, unmatched = _against(options, prepared)
    return Plan(
        options=options,
        source=cases.source,
        prepared=tuple(turns_against),
        left_out=(*cases.left_out, *left_out, *unprepared, *unmatched),
        configuration=config,
        chosen=chosen,
        conditions=conditions,
        known=known,
        prices=prices,
        own=own(options.tools) if options.tools else None,
        repeats_of_old=repeats_of_old,
        archives=tuple(cases.archives),
    )


def _chosen(options: Options) -> Chosen:
    """The metrics; the judge's belongs to them if and only if there is a judge."""
    if "judge" in options.metrics and options.judge is None:
        raise UsageError("--metrics judge needs --judge MODEL, the model that judges.")
    chosen = choose(options.metrics)
    if options.judge is None or "judge" in options.metrics:
        return chosen
    return replace(chosen, metrics=(*chosen.metrics, metrics()["judge"]))


def _sampled(cases: Cases, options: Options) -> tuple[list[Turn], list[LeftOut]]:
    """The turns of the sample; in free running whole threads are drawn, since their turns hang together."""
    if options.sample is None:
        return cases.turns, []
    sample = Sample.parse(options.sample)
    if options.mode == "recorded-history":
        return draw(cases.turns, sample, options.strata, options.seed)
    firsts = list({turn.thread: turn for turn in reversed(cases.turns)}.values())[::-1]
    drawn, left_out = draw(firsts, sample, options.strata, options.seed)
    threads = {turn.thread for turn in drawn}
    return [turn for turn in cases.turns if turn.thread in threads], left_out


def _prepared(turns: Sequence[Turn], config: Configuration) -> tuple[list[Prepared], list[LeftOut]]:
    prepared, reasons = [], Counter[str]()
    for turn in turns:
        try:
            prepared.append(Prepared(turn, config.arguments(turn)))
        except NoConfigurationError as error:
            reasons[str(error)] += 1
    left_out = [LeftOut(reason=reason, count=count) for reason, count in sorted(reasons.items())]
    if not prepared:
        why = f"{left_out[0].count} turns: {left_out[0].reason}"
        raise UsageError(f"nothing can be asked ({why}); give --config MODULE:ATTRIBUTE.")
    return prepared, left_out


def _against(
    options: Options, prepared: list[Prepared]
) -> tuple[list[Prepared], dict[str, tuple[Answer, ...]], list[LeftOut]]:
    """The turns with the answers of the other run instead of the recorded ones."""
    if options.against is None:
        return prepared, {}, []
    other = read_run(options.against)
    by_id = {case.id: case.new for case in other.cases if case.new}
    matched = [
        replace(one, turn=replace(one.turn, old=by_id[one.turn.id][0])) for one in prepared if one.turn.id in by_id
    ]
    if not matched:
        raise UsageError(
            f"{options.against} has none of the {len(prepared)} cases; it must be a run of the same source."
        )
    _warn_of_modes(options, other)
    repeats = {one.turn.id: by_id[one.turn.id][1:] for one in matched}
    missing = len(prepared) - len(matched)
    return matched, repeats, [LeftOut(reason="not in the other run", count=missing)] if missing else []


def _warn_of_modes(options: Options, other: Run) -> None:
    if other.mode != options.mode:
        raise UsageError(f"{options.against} was made with --mode {other.mode}; give the same.")
