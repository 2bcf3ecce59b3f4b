"""The port between the engine and its sources: units of work, and what fetching one gives."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from assist2resp.plugins import plugin_names

PACKAGE = "assist2resp.export.sources"

GROUPS = ("assistants", "threads", "runs", "vector_stores", "files", "containers", "models")
"""What `--only` and `--skip` name; `runs` are the runs of threads with their steps."""


class Unit(NamedTuple):
    """A piece of work that is fetched as a whole, or fails as a whole. An empty id is a listing of its kind."""

    kind: str
    id: str = ""


class Capture(NamedTuple):
    """An object as the source has it."""

    kind: str
    id: str
    owner: str
    raw: str
    """Its JSON, without line breaks."""
    parent: str | None = None
    stamp: float = 0
    """Objects of an owner are in the order of their stamps, and then of their coming."""
    version: int = 0
    """Of two objects with one id the higher version stays, of equal ones the later."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that the source says it does not have, or does not give."""

    kind: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file."""

    file_id: str
    chunks: Callable[[], AsyncIterator[bytes]]
    """From the beginning, each time; a BrokenOffError asks for another time."""


Found = Capture | list[Capture] | Absence | Content | Unit
"""What fetching gives; a unit is more work that was found."""


class FetchError(Exception):
    """A unit that could not be fetched; its text is the reason, and holds no secret."""


class AbsentError(FetchError):
    """The source answered that there is no such thing."""


class SkippedError(FetchError):
    """A unit that was looked at and is not wanted."""


class BrokenOffError(FetchError):
    """Bytes that ended before their end."""


class Source(Protocol):
    """Where objects come from."""

    place: str
    """The source's name and where it lies, without any secret."""
    concurrency: int
    """How many units may be fetched at once."""
    wanted: str
    """What of everything is wanted, in a sentence; empty where it is everything."""

    def units(self) -> AsyncIterator[Unit]:
        """The units that are known from the beginning."""
        ...

    def fetch(self, unit: Unit) -> AsyncIterator[Found]:
        """What a unit holds; a FetchError is its failure, an Assist2RespError ends the run."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


@dataclass(frozen=True)
class Settings:
    """What the user said about the source."""

    inputs: tuple[Path, ...] = ()
    base_url: str | None = None
    api_key: str | None = None
    project: str | None = None
    """The project that the key is of, where several are exported."""
    api_version: str | None = None
    thread_ids: Iterable[str] | None = None
    """None where none were asked for; an iterable is read once."""
    groups: frozenset[str] = field(default_factory=lambda: frozenset(GROUPS))
    since: float | None = None
    """Threads made before this are not wanted; in seconds since 1970."""
    concurrency: int = 16
    rate: float | None = None
    """Requests a second, at most."""
    patience: float = 0.5
    """Seconds before the first retry; each further one waits twice as long."""

    @property
    def has_thread_ids(self) -> bool:
        """Whether threads were asked for by their ids."""
        return self.thread_ids is not None


def names() -> list[str]:
    """The sources that there are."""
    return plugin_names(PACKAGE)


def open_source(name: str, settings: Settings) -> Source:
    """The source of that name; a UsageError says what it lacks."""
    source: Source = importlib.import_module(f"{PACKAGE}.{name}").open_source(settings)
    return source
