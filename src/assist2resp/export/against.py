"""Asks the source of an archive again, and compares what it says now with what the archive holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from assist2resp.errors import UsageError
from assist2resp.export.engine import Report, export
from assist2resp.export.reading import rows_of_kind
from assist2resp.export.source import Settings, open_source
from assist2resp.export.verify import in_sample
from assist2resp.schema.archive import KINDS, Manifest

SERVERS = ("openai", "azure")
_OF_THREADS = ("threads", "messages", "runs", "steps")
_NESTED = {"vector_store_files": "vector_stores", "vector_store_file_contents": "vector_stores"}

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Difference:
    """An object that the archive and its source do not have alike."""

    kind: str
    id: str
    owner: str
    problem: str


@dataclass(frozen=True)
class Comparison:
    """What asking again showed."""

    compared: int
    """Objects that both have."""
    differences: tuple[Difference, ...]
    failures: tuple[str, ...]
    """What the source did not give now."""


def compare(
    folder: Path, manifest: Manifest, settings: Settings, *, sample: float, report: Report | None = None
) -> Comparison:
    """Fetch a sample of the threads again, in percent, and every listing that the archive has."""
    name, place = _source(manifest)
    threads = {row.id for row in rows_of_kind(folder, "threads") if in_sample(row.id, sample)}
    groups = frozenset({*manifest.listings} - {"threads"}) | {"threads", "runs"}
    asked = replace(settings, base_url=settings.base_url or place, thread_ids=sorted(threads), groups=groups)
    with TemporaryDirectory(prefix="assist2resp-") as now:
        again = export(open_source(name, asked), Path(now) / "archive", report=report)
        found = dict(_raws(Path(now) / "archive", threads, again))
        kept = dict(_raws(folder, threads, again))
    failures = tuple(f"{failure.kind} {failure.id}: {failure.reason}" for failure in again.failures)
    return Comparison(len(kept.keys() & found.keys()), tuple(_differences(kept, found)), failures)


def _source(manifest: Manifest) -> tuple[str, str]:
    for source in manifest.sources:
        name, _, place = source.partition(" ")
        if name in SERVERS:
            return name, place
    raise UsageError(
        f"the archive comes from {', '.join(manifest.sources)}, and only servers can be asked again; "
        "export the files anew and compare."
    )


def _raws(folder: Path, threads: set[str], again: Manifest) -> Iterator[tuple[Key, str]]:
    """The objects to compare: those of the sample, and of the kinds that were listed again."""
    for kind in KINDS:
        is_listed = kind in again.listings or _NESTED.get(kind) in again.listings
        for row in rows_of_kind(folder, kind):
            if row.owner in threads if kind in _OF_THREADS else is_listed:
                yield (kind, row.owner, row.id), row.raw


def _differences(kept: dict[Key, str], found: dict[Key, str]) -> Iterator[Difference]:
    for kind, owner, object_id in sorted({*kept, *found}):
        key = (kind, owner, object_id)
        if key not in found:
            yield Difference(kind, object_id, owner, "is not at the source any more")
        elif key not in kept:
            yield Difference(kind, object_id, owner, "is at the source, and not in the archive")
        elif kept[key] != found[key]:
            yield Difference(kind, object_id, owner, "says something else at the source now")
