"""One run: plays what is planned, keeps what was answered, compares, and writes the file."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assist2resp import __version__
from assist2resp.errors import InputFileError, PartialFailureError
from assist2resp.network.access import access_of
from assist2resp.network.pace import Pace
from assist2resp.network.secrets import Secrets
from assist2resp.replay.asking import ATTEMPTS, Asker
from assist2resp.replay.budget import Budget
from assist2resp.replay.cassettes import Cassettes
from assist2resp.replay.client import OFFLINE, connect
from assist2resp.replay.compare import asked_of, scored
from assist2resp.replay.explain import factors, trials
from assist2resp.replay.gate import gates_of
from assist2resp.replay.journal import Journal
from assist2resp.replay.judge import Judge
from assist2resp.replay.metrics._base import note_of
from assist2resp.replay.noise import verdicts
from assist2resp.replay.options import Options
from assist2resp.replay.plan import Plan, plan
from assist2resp.replay.player import FAILED, Player, Prepared, Track, no_tape
from assist2resp.schema.comparison import Answer, Case, Factor, Run

Report = Callable[[int, int], None]
"""Told how many tracks are done, and of how many."""
Judged = dict[str, dict[tuple[str, str], float]]
"""By case and by the texts of both answers, how much better the new one is."""
_MOST_TWINS = 10


@dataclass
class Outcome:
    """What came of a run."""

    run: Run
    stopped: str = ""
    """Why it ended early, if it did."""

    @property
    def failed(self) -> int:
        """How many answers there are not."""
        return sum(answer.status == FAILED for case in self.run.cases for answer in case.new)


def replay(options: Options, report: Report = lambda _done, _of: None, *, planned: Plan | None = None) -> Outcome:
    """Play, compare and write; an Assist2RespError says what cannot be used or done."""
    ready = planned or plan(options)
    budget = ready.budget()
    tracks = ready.tracks
    journal = Journal(options.out, [ready.settings(), options.mode, options.repeats, [track.name for track in tracks]])
    journal.open(resume=options.resume)
    try:
        stopped = asyncio.run(_play(ready, tracks, journal, budget, report))
        judged = asyncio.run(_judge(ready, tracks, journal)) if options.judge and not stopped else {}
        run = assemble(ready, tracks, journal, judged)
        if options.explain and run.complete:
            explained, stopped = _explain(ready, run, journal, budget, report)
            run = run.model_copy(update={"factors": explained})
    finally:
        journal.close()
    write_run(options.out, run)
    if run.complete and not stopped:
        journal.remove()
    return Outcome(run, stopped)


def _explain(ready: Plan, run: Run, journal: Journal, budget: Budget, report: Report) -> tuple[tuple[Factor, ...], str]:
    """The factors of what got worse, and why some were not tried, if they were not."""
    prepared = {one.turn.id: one for one in ready.prepared}
    asked = trials(run.cases, run.verdicts, prepared, ready.runs())
    stopped = asyncio.run(_play(ready, [trial.track for trial in asked], journal, budget, report))
    price = ready.prices.priced
    found = {name: [price(answers[0]) for answers in repeats] for name, repeats in journal.answers.items()}
    return factors(found, asked, run.verdicts, ready.chosen.metrics), stopped


async def _judge(ready: Plan, tracks: Sequence[Track], journal: Journal) -> Judged:
    """What the judge says of each case."""
    judge = Judge(str(ready.options.judge), ready.options.out.with_name(f"{ready.options.out.name}.judgments"))
    stage = _Stage(ready)
    gate = asyncio.Semaphore(ready.options.concurrency)

    async def one(case: Case) -> tuple[str, dict[tuple[str, str], float]]:
        async with gate:
            return case.id, await stage.judge(judge, case)

    try:
        return dict(await asyncio.gather(*(one(case) for case in _answered(ready, tracks, journal))))
    finally:
        await stage.close()


async def _play(ready: Plan, tracks: Sequence[Track], journal: Journal, budget: Budget, report: Report) -> str:
    """Play every track that the journal lacks; why some were left, if they were."""
    waiting = [track for track in tracks if track.name not in journal.answers]
    for repeats in journal.answers.values():
        for answers in repeats:
            budget.spend(answers)
    if not waiting:
        return ""
    stage = _Stage(ready)
    queue = iter(waiting)
    stopped: list[str] = []

    async def work() -> None:
        for track in queue:
            if not budget.allows(track.turns * ready.options.repeats):
                stopped.append("the budget is used up")
                return
            repeats = await stage.play(track)
            for answers in repeats:
                budget.spend(answers)
            journal.add(track.name, repeats)
            report(len(journal.answers), len(tracks))

    workers = [asyncio.create_task(work()) for _ in range(min(ready.options.concurrency, len(waiting)))]
    try:
        await asyncio.gather(*workers)
    except PartialFailureError as error:
        stopped.append(str(error))
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await stage.close()
    return stopped[0] if stopped else ""


class _Stage:
    """The open connection, and what surrounds the playing of a track."""

    def __init__(self, ready: Plan) -> None:
        options = ready.options
        access = OFFLINE if options.is_offline else access_of(options.base_url, options.api_key, user="replay")
        clean = Secrets(access).clean
        self._cassettes = None
        if options.cassettes is not None:
            self._cassettes = Cassettes(options.cassettes, record=options.record, clean=clean, base=access.base_url)
            self._cassettes.check()
        wrap = self._cassettes.transport if self._cassettes else None
        self._connection = connect(access, connections=options.concurrency, timeout=options.timeout, wrap=wrap)
        attempts = 1 if options.is_offline else ATTEMPTS
        pace = Pace(options.concurrency, options.rate)
        self._asker = Asker(self._connection, pace, clean, options.stream, attempts, options.patience)
        self._player = Player(self._asker, ready.own)
        self._surrounding = self._cassettes.playing if self._cassettes else no_tape
        self._repeats = options.repeats

    async def play(self, track: Track) -> list[list[Answer]]:
        """The answers to a track, repeat by repeat."""
        repeats = []
        with self._surrounding(track.name) as between:
            for _ in range(self._repeats):
                repeats.append(await self._player.play(track))
                between()
        return repeats

    async def judge(self, judge: Judge, case: Case) -> dict[tuple[str, str], float]:
        """What the judge says of a case."""
        with self._surrounding(f"{case.id}@judge"):
            return await judge.judge(self._asker, case)

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.client.close()


def _answered(ready: Plan, tracks: Sequence[Track], journal: Journal) -> list[Case]:
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
        _scored(ready, by_id[case.id], case, twins, judged.get(case.id)) for case in _answered(ready, tracks, journal)
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
