"""One run: plays what is planned, keeps what was answered, compares, and writes the file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assist2resp.errors import PartialFailureError
from assist2resp.network.access import access_of
from assist2resp.network.pace import Pace
from assist2resp.network.secrets import Secrets
from assist2resp.replay.asking import ATTEMPTS, Asker
from assist2resp.replay.assembly import Judged, answered, assemble, write_run
from assist2resp.replay.budget import Budget
from assist2resp.replay.cassettes import Cassettes
from assist2resp.replay.client import OFFLINE, connect
from assist2resp.replay.explain import factors, trials
from assist2resp.replay.journal import Journal
from assist2resp.replay.judge import Judge
from assist2resp.replay.options import Options
from assist2resp.replay.plan import Plan, plan
from assist2resp.replay.player import FAILED, Player, Track, no_tape
from assist2resp.schema.comparison import Answer, Case, Factor, Run

Report = Callable[[int, int], None]
"""Told how many tracks are done, and of how many."""


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
        return dict(await asyncio.gather(*(one(case) for case in answered(ready, tracks, journal))))
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
