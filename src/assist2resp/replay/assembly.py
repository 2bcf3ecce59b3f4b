"""Makes the file of a run of what was answered."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from assist2resp import __version__
from assist2resp.errors import InputFileError
from assist2resp.replay.compare import asked_of, scored
from assist2resp.replay.gate import gates_of
from assist2resp.replay.journal import Journal
from assist2resp.replay.metrics._base import note_of
from assist2resp.replay.noise import verdicts
from assist2resp.replay.plan import Plan
from assist2resp.replay.player import Prepared, Track
from assist2resp.schema.comparison import Answer, Case, Run

Judged = dict[str, dict[tuple[str, str], float]]
"""By case and by the texts of both answers, how much better the new one is."""
_MOST_TWINS = 10


def answered(ready: Plan, tracks: Sequence[Track], journal: Journal) -> list[Case]:
    """The cases that were answered, as yet without scores."""
    return [
        _case(ready, prepared, [answers[at] for answers in repeats])
        for track in tracks
        if (repeats := journal.answers.get(track.name)) is not None
        for at, prepared in enumerate(track.turns)
    ]


def assemble(ready: Plan, tracks: Sequence[Track], journal: Journal, judged: Judged) -> Run:
    """The run, of what was answered."""
    twins = _twins(ready.prepared)
    by_id = {prepared.turn.id: prepared for prepared in ready.prepared}
    cases = [
        _scored(ready, by_id[case.id], case, twins, judged.get(case.id)) for case in answered(ready, tracks, journal)
    ]
    order = {prepared.turn.id: number for number, prepared in enumerate(ready.prepared)}
    cases, known = ready.known.mark(sorted(cases, key=lambda case: order[case.id]))
    threads = {prepared.turn.id: prepared.turn.thread for prepared in ready.prepared}
    found = verdicts(
        cases,
        ready.chosen.metrics,
        seed=ready.options.seed,
        margins=ready.options.margins,
        thread_of=lambda case: threads[case.id],
    )
    return Run(
        tool_version=__version__,
        source=ready.source,
        mode=ready.options.mode,
        repeats=ready.options.repeats,
        seed=ready.options.seed,
        settings=ready.settings(),
        metrics=tuple(note_of(metric) for metric in ready.chosen.metrics),
        metrics_left_out=ready.chosen.left_out,
        verdicts=tuple(found),
        cases=tuple(cases),
        left_out=ready.left_out,
        known=known,
        gates=gates_of(ready.conditions, found, known),
        estimated_cost=ready.estimate.dollars,
        cost=_total(answer.cost for case in cases for answer in case.new),
        complete=len(cases) == len(ready.prepared),
    )


def _case(ready: Plan, prepared: Prepared, new: Sequence[Answer]) -> Case:
    turn, priced = prepared.turn, ready.prices.priced
    return Case(
        id=turn.id,
        groups=turn.groups,
        history=len(turn.history),
        question=turn.question,
        old=priced(turn.old),
        old_repeats=tuple(priced(answer) for answer in ready.repeats_of_old.get(turn.id, ())),
        new=tuple(priced(answer) for answer in new),
    )


def _scored(
    ready: Plan,
    prepared: Prepared,
    case: Case,
    twins: dict[str, list[Answer]],
    judged: dict[tuple[str, str], float] | None,
) -> Case:
    turn = prepared.turn
    others = [answer for answer in twins.get(_first(prepared) or "", ()) if answer is not turn.old]
    asked = asked_of(turn.question, prepared.arguments, judged)
    return scored(case, ready.chosen.metrics, asked, others[:_MOST_TWINS])


def _twins(prepared: Sequence[Prepared]) -> dict[str, list[Answer]]:
    """The recorded answers to first turns that were asked in the same words: repeats of the old side."""
    found: dict[str, list[Answer]] = defaultdict(list)
    for one in prepared:
        if (key := _first(one)) is not None and one.turn.old.error is None:
            found[key].append(one.turn.old)
    return found


def _first(one: Prepared) -> str | None:
    """What twins have in common; None where there is a history, which no other case has."""
    if one.turn.history or one.turn.resources:
        return None
    return json.dumps([one.turn.assistant, one.turn.input], sort_keys=True, default=str)


def _total(costs: Iterable[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return round(sum(known), 9) if known else None


def write_run(path: Path, run: Run) -> None:
    """Write the file whole or not at all."""
    partial = path.with_name(f"{path.name}.new")
    text = json.dumps(run.model_dump(mode="json"), ensure_ascii=False, indent=1)
    try:
        partial.write_text(text + "\n", encoding="utf-8", newline="\n")
        os.replace(partial, path)  # noqa: PTH105 - replaces on every system
    except OSError as error:
        raise InputFileError(path, f"cannot be written: {error.strerror}.", hint="Give --out another file.") from error
