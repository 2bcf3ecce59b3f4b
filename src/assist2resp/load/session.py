"""Everything that a run has open, what it was told, and what it did."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assist2resp.errors import Assist2RespError, UsageError, first_of
from assist2resp.load.api import Api
from assist2resp.load.id_map import IdMap
from assist2resp.load.journal import Journal
from assist2resp.load.reading import Choice
from assist2resp.network.access import access_of
from assist2resp.network.pace import Pace
from assist2resp.schema.manifest import read_manifest

ID_MAP = "id_map.sqlite"
"""The map's usual name, by which the support module finds it beside itself."""

_REQUESTS_A_THREAD = 10


@dataclass(frozen=True)
class Settings:
    """What the user said."""

    choice: Choice = field(default_factory=Choice)
    limit: int | None = None
    """Threads to be loaded in this run, at most."""
    place: str | None = None
    """The id map: a path or URL; `id_map.sqlite` in the archive without it."""
    state: str | None = None
    base_url: str | None = None
    api_key: str | None = None
    concurrency: int = 16
    """Threads at once, at most; fewer where the budget would not let so many end."""
    rate: float | None = None
    """Requests a second, at most."""
    budget: int | None = None
    """Requests, at most."""
    verify: bool = True
    stores: bool = False
    patience: float = 0.5
    """Seconds before the first retry; each further one waits twice as long."""

    @property
    def width(self) -> int:
        """How many threads are written at once."""
        most = self.concurrency if self.budget is None else self.budget // _REQUESTS_A_THREAD
        return max(1, min(self.concurrency, most))


@dataclass
class Result:
    """What a run did."""

    tally: Counter[str] = field(default_factory=Counter)
    """How many threads were loaded, failed, had been loaded before, and so on; and items."""
    notes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """The first of the failures: thread and reason."""
    stores: list[tuple[str, str]] = field(default_factory=list)
    """Old and new ids of the vector stores that were made."""
    requests: int = 0
    lost: int = 0
    """Conversations that may be left empty, since the answers to their creation were lost."""
    stopped: str = ""
    """Why the run ended before all was done."""
    map_place: str = ""
    state_place: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed and nothing is left."""
        return not (self.tally["failed"] or self.stopped)


@dataclass
class Session:
    """Everything that a run has open."""

    folder: Path
    settings: Settings
    api: Api
    journal: Journal
    id_map: IdMap
    result: Result
    total: int


Work = Callable[[Session], Awaitable[None]]


def run(folder: Path, settings: Settings, work: Work) -> Result:
    """Do some work with everything open; errors of files and databases become one of ours."""
    return asyncio.run(_with_session(folder, settings, work))


async def _with_session(folder: Path, settings: Settings, work: Work) -> Result:
    try:
        async with _session(folder, settings) as session:
            await work(session)
            return session.result
    except* Assist2RespError as group:
        raise first_of(group) from None
    except* (OSError, sqlite3.Error) as group:
        raise UsageError(
            f"{folder} cannot be written: {first_of(group)}. What was loaded until then is kept."
        ) from None


@asynccontextmanager
async def _session(folder: Path, settings: Settings) -> AsyncIterator[Session]:
    manifest = read_manifest(folder)
    access = access_of(settings.base_url, settings.api_key, user="load")
    pace = Pace(settings.concurrency, settings.rate)
    api = Api(access, pace, patience=settings.patience, connections=settings.concurrency, budget=settings.budget)
    journal = Journal(folder, api.wire.place, settings.choice.shard)
    id_map = None
    try:
        id_map = IdMap(settings.place or str(folder / ID_MAP), settings.state, api.wire.place)
        result = Result(map_place=id_map.place, state_place=id_map.state_place)
        yield Session(folder, settings, api, journal, id_map, result, manifest.converted.get("conversations", 0))
        result.requests = api.requests
        result.lost = journal.lost()
    finally:
        if id_map is not None:
            id_map.close()
        await journal.close()
        await api.close()
