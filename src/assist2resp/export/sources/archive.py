"""Other archives: merged into the one that is written. Objects of later ones stand for those of earlier ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from assist2resp.errors import UsageError
from assist2resp.export.reading import read_contents, read_rows
from assist2resp.export.source import Absence, Capture, Content, FetchError, Found, Settings, Unit
from assist2resp.schema.manifest import read_manifest

_CHUNK = 2**20


class ArchiveSource:
    """Reads archives, in the order in which they were given."""

    concurrency = 1
    wanted = ""

    def __init__(self, settings: Settings) -> None:
        if not settings.inputs:
            raise UsageError("the source archive needs the folders of archives; give them as arguments.")
        manifests = [read_manifest(path) for path in settings.inputs]
        self._archives = {f"{number:05} {path.name}": path for number, path in enumerate(settings.inputs)}
        places = sorted({place for manifest in manifests for place in manifest.sources})
        self.place = f"archive of {', '.join(places)}"

    async def units(self) -> AsyncIterator[Unit]:
        """The archives."""
        for name in self._archives:
            yield Unit("archive", name)

    async def fetch(self, unit: Unit) -> AsyncIterator[Found]:
        """What an archive holds, and what it lacks."""
        if unit.kind != "archive":
            raise FetchError("the archive that was merged lacks it too")
        folder = self._archives.get(unit.id)
        if folder is None:
            raise FetchError("the archive is no more among the inputs")
        manifest = read_manifest(folder)
        version = 1 + list(self._archives).index(unit.id)
        for number, row in enumerate(read_rows(folder)):
            yield Capture(row.kind, row.id, row.owner, row.raw, row.parent, float(number), version)
        for file_id, content in read_contents(folder):
            yield Content(file_id, partial(_chunks, folder / content.path))
        for gap in manifest.absences:
            yield Absence(gap.kind, gap.id, gap.reason)
        for failure in manifest.failures:
            yield Unit(failure.kind, failure.id)

    async def close(self) -> None:
        """Nothing is open."""


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def open_source(settings: Settings) -> ArchiveSource:
    """The source `archive`."""
    return ArchiveSource(settings)
