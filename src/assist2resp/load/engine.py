"""Drives a load: reads thread after thread, writes many at once, and publishes each when it is whole."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from assist2resp.errors import Assist2RespError
from assist2resp.load.api import BudgetError, WriteError
from assist2resp.load.batches import Batches
from assist2resp.load.files import Files
from assist2resp.load.id_map import Loaded
from assist2resp.load.journal import Entry, State
from assist2resp.load.kept import kept_of
from assist2resp.load.plan import Plan, plan_of
from assist2resp.load.reading import Job, Record, read_jobs, unknown_threads
from assist2resp.load.session import Result, Session, Settings, run
from assist2resp.load.stores import Stores
from assist2resp.load.write import Writer, Written

ALL_VERIFIED = 20_000
"""Up to so many threads each is read back; of more, so many of them."""
_BATCH = 64


@dataclass(frozen=True)
class Progress:
    """How far a load is."""

    event: str
    """`started`, `store`, `loaded`, `failed`, `skipped`, `removed` or `done`."""
    thread: str = ""
    new: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    done: int = 0
    total: int = 0
    requests: int = 0


Report = Callable[[Progress], None]


MOST_FAILURES = 20


def load(folder: Path, settings: Settings, report: Report | None = None) -> Result:
    """Load an archive; going on where an earlier run was stopped."""
    return run(folder, settings, lambda session: _Load(session, report).run())


def keep_failure(result: Result, report: Report, thread_id: str, reason: str, session: Session) -> None:
    """Count a failure, keep the first ones, and tell of it."""
    result.tally["failed"] += 1
    if len(result.failures) < MOST_FAILURES:
        result.failures.append((thread_id, reason))
    report(Progress("failed", thread_id, reason=reason, total=session.total, requests=session.api.requests))


class _Load:
    def __init__(self, session: Session, report: Report | None) -> None:
        self._session = session
        self._journal = session.journal
        self._result = session.result
        self._report = report or (lambda _progress: None)
        self._files = Files(session.folder, session.api, session.journal)
        self._writer = Writer(session.api, session.journal, self._files)
        self._published = Batches(session.id_map.publish)
        self._holder = session.journal.fact("holder") or secrets.token_hex(8)
        self._new_ids: dict[str, str] = {}
        self._is_over = False

    async def run(self) -> None:
        """Vector stores first, since threads refer to them; then the threads."""
        session = self._session
        session.journal.set_fact("holder", self._holder)
        knows_map = session.journal.fact("map") == session.id_map.place
        self._tell("started")
        try:
            if session.settings.stores:
                await self._make_stores()
            self._new_ids = {made.old: made.new for made in self._journal.all_made() if made.state == State.DONE}
            for thread_id in await asyncio.to_thread(unknown_threads, session.folder, session.settings.choice):
                self._fail(thread_id, "is not in the archive; export it first")
            await self._write_all(publish_again=not knows_map)
        except BudgetError as error:
            self._result.stopped = str(error)
        session.journal.set_fact("map", session.id_map.place)
        await self._publish_objects()
        await asyncio.to_thread(session.id_map.finish, self._pairs())
        self._tell("done")

    async def _make_stores(self) -> None:
        async for outcome in Stores(self._session.folder, self._session.api, self._journal, self._files).make():
            self._result.tally["stores failed" if outcome.reason else "stores"] += 1
            self._result.notes.update(outcome.notes)
            if outcome.reason:
                self._fail(outcome.old, outcome.reason)
            elif outcome.new != outcome.old:
                self._result.stores.append((outcome.old, outcome.new))
                self._tell("store", outcome.old, outcome.new)

    async def _publish_objects(self) -> None:
        """Enter the files and vector stores that were made."""
        made = [(one.old, one.new) for one in self._journal.all_made() if one.state == State.DONE]
        if made:
            await self._published.keep(Loaded("", tuple(made)))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Everything that the map holds, for a map that is written as a whole."""
        for entry in self._journal.entries(State.DONE):
            yield entry.thread_id, entry.conversation
            yield from entry.ids
        yield from ((made.old, made.new) for made in self._journal.all_made() if made.state == State.DONE)

    async def _write_all(self, *, publish_again: bool) -> None:
        queue: asyncio.Queue[tuple[Job, Entry]] = asyncio.Queue(maxsize=self._session.settings.width)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work(queue)) for _ in range(self._session.settings.width)]
            await self._feed(queue, publish_again=publish_again)
            await queue.join()
            for worker in workers:
                worker.cancel()

    async def _feed(self, queue: asyncio.Queue[tuple[Job, Entry]], *, publish_again: bool) -> None:
        """Hand out the threads that are not loaded yet, claimed a batch at a time."""
        given = 0
        jobs = read_jobs(self._session.folder, self._session.settings.choice)
        while batch := list(islice(jobs, _BATCH)):
            waiting = [(job, entry) for job in batch if (entry := self._open_entry(job)) is not None]
            if publish_again:
                await self._publish_again(batch)
            limit = self._session.settings.limit
            if limit is not None:
                waiting = waiting[: limit - given]
            for job, entry in await self._claimed(waiting):
                given += 1
                await queue.put((job, entry))
                if self._is_over:
                    return
            if limit is not None and given >= limit:
                return

    def _open_entry(self, job: Job) -> Entry | None:
        """What is known of a thread that is not loaded yet, None for one that is."""
        thread_id = job.thread_id
        entry = self._journal.entry(thread_id)
        if entry is None or entry.state == State.REMOVED:
            return Entry(thread_id, State.BEGUN)
        if entry.state not in (State.DONE, State.ELSEWHERE):
            return entry
        self._result.tally["loaded before"] += 1
        if entry.state == State.DONE and entry.digest != job.digest:
            self._result.notes["was exported again since it was loaded: its conversation stays as it was"] += 1
        return None

    async def _publish_again(self, batch: list[Job]) -> None:
        """Enter into another map what was loaded before."""
        for job in batch:
            entry = self._journal.entry(job.thread_id)
            if entry is not None and entry.state == State.DONE:
                record = job.record()
                await self._published.keep(self._loaded(record, plan_of(record), entry))

    async def _claimed(self, waiting: list[tuple[Job, Entry]]) -> list[tuple[Job, Entry]]:
        """The threads of a batch that this run may load; one that it has published already is only looked at again."""
        if not waiting:
            return []
        id_map, names = self._session.id_map, [job.thread_id for job, _ in waiting]
        known, mine = await asyncio.to_thread(id_map.claim_unknown, names, self._holder)
        taken: list[tuple[Job, Entry]] = []
        for job, entry in waiting:
            name = job.thread_id
            if name in mine or (name in known and known[name] == entry.conversation):
                taken.append((job, replace(entry, is_published=name in known)))
            elif name in known:
                self._result.tally["loaded elsewhere"] += 1
                await self._journal.keep(Entry(name, State.ELSEWHERE, known[name], job.digest))
            else:
                self._fail(name, "is being loaded by another process that shares the id map; run again later")
        return taken

    async def _work(self, queue: asyncio.Queue[tuple[Job, Entry]]) -> None:
        while True:
            job, entry = await queue.get()
            try:
                if not self._is_over:
                    await self._write(job, entry)
            except BudgetError as error:
                self._is_over = True
                self._result.stopped = str(error)
            finally:
                queue.task_done()

    async def _write(self, job: Job, entry: Entry) -> None:
        """Write one thread; whatever is wrong with it alone is its failure."""
        record = job.record()
        plan = plan_of(record)
        written = Written(replace(entry, digest=job.digest))
        try:
            await self._writer.write(plan, written, verify=self._verifies(job))
        except WriteError as error:
            await self._keep_failure(written.entry, str(error))
        except BudgetError:
            if written.entry.state == State.BEGUN:
                await self._journal.keep(replace(written.entry, state=State.FAILED))
            raise
        except (Assist2RespError, OSError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of one thread: the rest goes on
            await self._keep_failure(written.entry, f"{type(error).__name__}: {error}")
        else:
            await self._keep_success(record, plan, written)

    def _verifies(self, job: Job) -> bool:
        if not self._session.settings.verify or self._session.total <= ALL_VERIFIED:
            return self._session.settings.verify
        return int(job.digest, 16) % self._session.total < ALL_VERIFIED

    async def _keep_success(self, record: Record, plan: Plan, written: Written) -> None:
        pairs = zip(plan.origins, written.found, strict=True)
        ids = tuple((origin["id"], str(item["id"])) for origin, item in pairs)
        notes = tuple(written.notes)
        entry = replace(written.entry, ids=ids, note="; ".join(dict.fromkeys(notes)))
        await self._published.keep(self._loaded(record, plan, entry))
        await self._journal.keep(replace(entry, state=State.DONE))
        self._result.tally["loaded"] += 1
        self._result.tally["items"] += len(ids)
        self._result.notes.update(notes)
        self._tell("loaded", entry.thread_id, entry.conversation, notes=notes)

    def _loaded(self, record: Record, plan: Plan, entry: Entry) -> Loaded:
        """What is published of a thread."""
        placed = list(zip(plan.origins, (new for _, new in entry.ids), strict=True))
        rows = tuple(kept_of(record, entry.conversation, placed, self._new_ids))
        messages = tuple((origin["id"], new) for origin, new in placed if origin["kind"] == "message")
        return Loaded(entry.thread_id, (*messages, (entry.thread_id, entry.conversation)), rows)

    async def _keep_failure(self, entry: Entry, reason: str) -> None:
        state = State.MADE if entry.conversation else State.FAILED
        await self._journal.keep(replace(entry, state=state, note=reason))
        self._fail(entry.thread_id, reason)

    def _fail(self, thread_id: str, reason: str) -> None:
        keep_failure(self._result, self._report, thread_id, reason, self._session)

    def _tell(self, event: str, thread: str = "", new: str = "", reason: str = "", notes: tuple[str, ...] = ()) -> None:
        tally = self._result.tally
        done = tally["loaded"] + tally["failed"] + tally["loaded before"] + tally["loaded elsewhere"]
        self._report(Progress(event, thread, new, reason, notes, done, self._session.total, self._session.api.requests))
