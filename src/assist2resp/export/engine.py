"""Drives a source: fetches unit after unit, keeps what comes, and writes the archive when nothing is left to do."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assist2resp.errors import Assist2RespError, UsageError, first_of
from assist2resp.export import folder as folders
from assist2resp.export.archive import write_archive
from assist2resp.export.checkpoint import Checkpoint
from assist2resp.export.folder import draft, safe_name
from assist2resp.export.reading import read_contents, read_rows
from assist2resp.export.source import (
    Absence,
    AbsentError,
    BrokenOffError,
    Capture,
    Content,
    FetchError,
    SkippedError,
    Source,
    Unit,
)
from assist2resp.mapping.ledger import whole
from assist2resp.schema.archive import FileBytes, Manifest
from assist2resp.schema.manifest import MANIFEST, read_manifest

__all__ = ["Manifest", "Progress", "Report", "adopt", "export"]

_BATCH = 500
_DOWNLOADS = 8
"""Times that a file is begun before it has failed."""
_LEAST_SPACE = 64 * 2**20
"""Bytes that a disk must have free before anything is fetched."""
_GROWTH = 2.5
"""How many bytes of an archive there are for each of its checkpoint: the objects, and what they become."""
_ADOPTED = -1
"""The version of objects that the archive has already: whatever is fetched again is newer."""


@dataclass(frozen=True)
class Progress:
    """How far an export is."""

    event: str
    """`started`, `fetched`, `failed`, `writing` or `done`."""
    unit: Unit | None = None
    reason: str = ""
    waiting: int = 0
    done: int = 0
    failed: int = 0
    objects: int = 0


Report = Callable[[Progress], None]


def export(source: Source, folder: Path, *, restart: bool = False, report: Report | None = None) -> Manifest:
    """Export a source into a folder; going on where an earlier run was stopped."""
    try:
        return asyncio.run(_Export(source, folder, report).run(restart=restart))
    except* Assist2RespError as group:
        raise first_of(group) from None
    except* (OSError, sqlite3.Error) as group:
        raise UsageError(
            f"{folder} cannot be written: {first_of(group)}. What was fetched until then is kept."
        ) from None


def adopt(folder: Path, checkpoint: Checkpoint) -> None:
    """Take over what an archive holds whose checkpoint is gone."""
    manifest = read_manifest(folder)
    for place in manifest.sources:
        checkpoint.add_source(place)
    for kind in manifest.listings:
        checkpoint.add_unit(Unit(kind), done=True)
    for gap in manifest.absences:
        checkpoint.keep_absence(Absence(gap.kind, gap.id, gap.reason))
    for problem in manifest.failures:
        checkpoint.add_unit(Unit(problem.kind, problem.id))
    for row in read_rows(folder):
        checkpoint.keep([Capture(row.kind, row.id, row.owner, row.raw, row.parent, version=_ADOPTED)])
        if row.owner == row.id:
            checkpoint.add_unit(Unit(row.kind, row.id), done=True)
    for file_id, content in read_contents(folder):
        checkpoint.keep_content(file_id, content)
    checkpoint.commit()


class _Export:
    def __init__(self, source: Source, folder: Path, report: Report | None) -> None:
        self._source = source
        self._folder = folder
        self._report = report or (lambda _progress: None)
        self._objects = 0
        self._waiting = 0
        self._tally: Counter[str] = Counter()
        self._checkpoint: Checkpoint

    async def run(self, *, restart: bool) -> Manifest:
        folders.prepare(self._folder)
        folders.need_space(self._folder, _LEAST_SPACE)
        self._checkpoint = Checkpoint(self._folder)
        try:
            if restart:
                (self._folder / MANIFEST).unlink(missing_ok=True)
                self._checkpoint.clear()
            elif self._checkpoint.is_new and (self._folder / MANIFEST).exists():
                adopt(self._folder, self._checkpoint)
            self._checkpoint.begin(self._source.place, self._source.wanted)
            await self._add_units()
            self._waiting = self._checkpoint.counts()[0]
            self._tell("started")
            await self._fetch_all()
            self._checkpoint.commit()
            self._tell("writing")
            folders.need_space(self._folder, int(_GROWTH * self._checkpoint.path.stat().st_size))
            manifest = write_archive(self._folder, self._checkpoint)
        except BaseException:
            self._checkpoint.close()
            raise
        finally:
            await self._source.close()
        self._tell("done")
        if manifest.complete:
            self._checkpoint.remove()
        else:
            self._checkpoint.close()
        return manifest

    async def _add_units(self) -> None:
        """Note all work, or none where the source fails to say all of it: the next command may ask for other things."""
        try:
            async for unit in self._source.units():
                self._checkpoint.add_unit(unit)
        except BaseException:
            self._checkpoint.forget()
            raise
        self._checkpoint.commit()

    async def _fetch_all(self) -> None:
        queue: asyncio.Queue[Unit] = asyncio.Queue(maxsize=2 * self._source.concurrency)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work(queue)) for _ in range(self._source.concurrency)]
            await self._feed(queue)
            for worker in workers:
                worker.cancel()

    async def _feed(self, queue: asyncio.Queue[Unit]) -> None:
        """Hand out what is waiting, and again what was found meanwhile."""
        last: Unit | None = None
        while True:
            batch = self._checkpoint.waiting(last, _BATCH)
            if not batch:
                await queue.join()
                batch = self._checkpoint.waiting(None, _BATCH)
                if not batch:
                    return
            for unit in batch:
                await queue.put(unit)
            last = batch[-1]

    async def _work(self, queue: asyncio.Queue[Unit]) -> None:
        while True:
            unit = await queue.get()
            await self._fetch(unit)
            queue.task_done()

    async def _fetch(self, unit: Unit) -> None:
        """Fetch one unit; whatever is wrong with it alone is its failure."""
        try:
            await self._take(unit)
        except AbsentError as error:
            self._checkpoint.keep_absence(Absence(unit.kind, unit.id, str(error)))
            self._finish(unit, None)
        except SkippedError as error:
            self._checkpoint.skip(unit, str(error))
            self._tell("fetched", unit)
        except FetchError as error:
            self._finish(unit, str(error))
        except (Assist2RespError, OSError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of one item: the rest goes on
            self._finish(unit, f"{type(error).__name__}: {error}")
        else:
            self._finish(unit, None)

    async def _take(self, unit: Unit) -> None:
        captures: list[Capture] = []
        async for found in self._source.fetch(unit):
            if isinstance(found, Capture):
                captures.append(found)
            elif isinstance(found, list):
                captures += found
            elif isinstance(found, Absence):
                self._checkpoint.keep_absence(found)
            elif isinstance(found, Content):
                await self._download(found)
            else:
                self._waiting += self._checkpoint.add_unit(found)
            if len(captures) >= _BATCH:
                self._keep(captures)
                captures = []
        self._keep(captures)

    def _keep(self, captures: list[Capture]) -> None:
        self._checkpoint.keep(captures)
        self._objects += len(captures)

    async def _download(self, content: Content) -> None:
        name = f"files/{safe_name(content.file_id)}.bin"
        for left in reversed(range(_DOWNLOADS)):
            try:
                with draft(self._folder / name) as file:
                    async for chunk in content.chunks():
                        file.write(chunk)
            except BrokenOffError:
                if not left:
                    raise
            else:
                stored = FileBytes(path=name, size=file.size, sha256=file.entry().sha256)
                self._checkpoint.keep_content(content.file_id, stored)
                return

    def _finish(self, unit: Unit, failure: str | None) -> None:
        reason = whole(failure) if failure is not None else None
        self._checkpoint.finish(unit, reason)
        self._tell("fetched" if reason is None else "failed", unit, reason or "")

    def _tell(self, event: str, unit: Unit | None = None, reason: str = "") -> None:
        self._tally[event] += 1
        done, failed = self._tally["fetched"], self._tally["failed"]
        waiting = max(0, self._waiting - done - failed)
        self._report(Progress(event, unit, reason, waiting, done, failed, self._objects))
