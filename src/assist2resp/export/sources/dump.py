"""Dumps: folders, JSON and NDJSON files that hold objects of the API, alone, in lists or nested.

A mapping (TOML, see `mapped`) reads a column of a database that holds messages as JSON. Among the files known is
`assistants-thread-export/v1`: one file per thread, with messages, runs and their steps, files and errors
(https://github.com/redwoodworksco/assistants-api-export).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from assist2resp.errors import InputFileError, UsageError
from assist2resp.export.mapped import pieces_of, read_mapping
from assist2resp.export.objects import Context, Finder
from assist2resp.export.source import Absence, FetchError, Found, Settings, Unit
from assist2resp.export.verbatim import Piece, piece_of

LINES = (".jsonl", ".ndjson")
_SUFFIXES = (".json", *LINES)
_MAPPING = ".toml"
_SCHEMA = "assistants-thread-export/v1"
_VERSIONS = 10**9
"""Files later in the order are newer; each may hold so many objects."""


class DumpSource:
    """Reads files, in the order of their names."""

    concurrency = 1
    wanted = ""

    def __init__(self, settings: Settings) -> None:
        self._files = files_of(settings.inputs, _SUFFIXES, "dump")
        self._order = {name: number for number, name in enumerate(self._files)}
        self.place = f"dump {', '.join(path.name for path in settings.inputs)}"

    async def units(self) -> AsyncIterator[Unit]:
        """The files."""
        for name in self._files:
            yield Unit("dump", name)

    async def fetch(self, unit: Unit) -> AsyncIterator[Found]:
        """The objects of a file."""
        if unit.kind != "dump":
            raise FetchError("the dump says that it could not be had")
        path = self._files.get(unit.id)
        if path is None:
            raise FetchError("the file is no more among the inputs")
        finder = Finder(version=1 + self._order[unit.id] * _VERSIONS)
        keys: set[str] = set()
        for piece in _pieces(path):
            keys.update(piece.value if isinstance(piece.value, dict) else ())
            for capture in finder.captures(piece, Context()):
                yield capture
            for thread_id in _missing_threads(piece):
                yield Unit("threads", thread_id)
                finder.found += 1
        if not finder.found:
            raise FetchError(f"nothing of the API was recognised in it ({_recognised(keys, finder.unknown)})")
        for name in sorted(finder.unknown):
            yield Absence("unknown", f"{path.name}: {name}", "an object of a kind that the archive does not know")

    async def close(self) -> None:
        """Nothing is open."""


def _missing_threads(piece: Piece) -> list[str]:
    """The thread of an export that has an error in its place."""
    value = piece.value
    if not isinstance(value, dict) or value.get("export_schema") != _SCHEMA or value.get("thread") is not None:
        return []
    return [value["thread_id"]] if isinstance(value.get("thread_id"), str) else []


def _recognised(keys: set[str], unknown: set[str]) -> str:
    """What a file does hold."""
    if unknown:
        return f"objects of other kinds: {', '.join(sorted(unknown)[:8])}"
    return f"keys: {', '.join(sorted(keys)[:8])}" if keys else "no objects"


def _pieces(path: Path) -> Iterator[Piece]:
    try:
        if path.suffix.lower() == _MAPPING:
            yield from pieces_of(read_mapping(path))
            return
        if path.suffix.lower() not in LINES:
            yield piece_of(path.read_text(encoding="utf-8-sig"))
            return
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _line(line, number)
    except (OSError, ValueError) as error:
        raise FetchError(f"it cannot be read: {error}") from None


def _line(line: str, number: int) -> Piece:
    try:
        return piece_of(line)
    except ValueError as error:
        raise FetchError(f"line {number}: {error}; the lines before it are kept") from None


def files_of(inputs: tuple[Path, ...], suffixes: tuple[str, ...], source: str) -> dict[str, Path]:
    """The files to read by their paths as they were given, in order."""
    if not inputs:
        raise UsageError(f"the source {source} needs files or folders to read; give them as arguments.")
    found: dict[str, Path] = {}
    for path in inputs:
        if path.is_dir():
            inner = (file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
            found |= {file.as_posix(): file for file in inner}
        elif path.is_file():
            found[path.as_posix()] = path
        else:
            raise InputFileError(path, "does not exist.")
    if not found:
        raise UsageError(f"there is no file of {', '.join(suffixes)} in {', '.join(str(path) for path in inputs)}.")
    return {name: found[name] for name in sorted(found)}


def open_source(settings: Settings) -> DumpSource:
    """The source `dump`."""
    return DumpSource(settings)
