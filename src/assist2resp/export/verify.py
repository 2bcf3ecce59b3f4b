"""Verifies an archive: files against the manifest, lines against each other, records against what they are made of."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assist2resp.errors import Assist2RespError, InputFileError
from assist2resp.export.archive import write_archive
from assist2resp.export.checkpoint import Checkpoint
from assist2resp.export.convert import OF_THREADS, Derived, Kept, derived_of, name_of_file
from assist2resp.export.engine import adopt
from assist2resp.export.folder import STATE
from assist2resp.export.lines import Line, Lines, exactly, owners
from assist2resp.export.reading import read_contents, rows_of_kind
from assist2resp.export.verbatim import value_of
from assist2resp.schema.archive import FileBytes, Manifest
from assist2resp.schema.manifest import BESIDE, MANIFEST, read_manifest


@dataclass(frozen=True)
class Damage:
    """Something that is not as it was written."""

    path: str
    problem: str
    mendable: bool = False
    """Whether `--repair` makes it anew from `source/`."""


@dataclass(frozen=True)
class Verdict:
    """What a verification found."""

    manifest: Manifest
    damages: tuple[Damage, ...]
    dangling: dict[str, int]
    """References to objects that the archive does not have, by what refers to what."""


def verify(folder: Path, *, sample: float = 100.0) -> Verdict:
    """Check everything; of conversions a sample, in percent."""
    manifest = read_manifest(folder)
    damages = list(_files(folder, manifest))
    broken_sources = [damage for damage in damages if damage.path.startswith("source/")]
    dangling: Counter[str] = Counter()
    try:
        damages += _Contents(folder, manifest, sample, dangling).check()
    except InputFileError as error:
        damages.append(Damage(_inside(folder, error), str(error)))
    if broken_sources:
        damages = [Damage(damage.path, damage.problem) for damage in damages]
    return Verdict(manifest, tuple(dict.fromkeys(damages)), dict(sorted(dangling.items())))


def repair(folder: Path, verdict: Verdict) -> None:
    """Make the derived files anew; an error says what cannot be mended."""
    lasting = [damage for damage in verdict.damages if not damage.mendable]
    if lasting:
        raise Assist2RespError(f"{lasting[0].path} {lasting[0].problem}: it cannot be made anew; export it again.")
    if (folder / STATE).exists():
        raise Assist2RespError(f"{folder} is not complete; run the export again, which writes all files anew.")
    checkpoint = Checkpoint(folder)
    try:
        adopt(folder, checkpoint)
        write_archive(folder, checkpoint)
    finally:
        checkpoint.remove()


def _inside(folder: Path, error: InputFileError) -> str:
    return error.path.relative_to(folder).as_posix() if error.path.is_relative_to(folder) else str(error.path)


def _files(folder: Path, manifest: Manifest) -> Iterator[Damage]:
    """Every file against its entry, and those without one."""
    for name, entry in manifest.files.items():
        mendable = not name.startswith("source/") and not name.endswith(".bin")
        path = folder / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            yield Damage(MANIFEST, f"names {name}, which is not in the archive")
        elif not path.is_file():
            yield Damage(name, "is missing", mendable)
        elif path.stat().st_size != entry.size:
            yield Damage(name, f"has {path.stat().st_size} bytes and not {entry.size}", mendable)
        elif _digest(path) != entry.sha256:
            yield Damage(name, "has another content than it was written with", mendable)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in manifest.files and name != MANIFEST and not name.startswith((STATE, *BESIDE)):
            yield Damage(name, "is not in the manifest", mendable="/" in name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Contents:
    """Walks through all owners once."""

    def __init__(self, folder: Path, manifest: Manifest, sample: float, dangling: Counter[str]) -> None:
        self._folder = folder
        self._manifest = manifest
        self._sample = sample
        self._dangling = dangling
        self._contents: dict[str, FileBytes] = {}
        self._names: dict[str, str | None] = {}
        self._assistants: set[str] = set()
        self._counts: Counter[str] = Counter()

    def check(self) -> Iterator[Damage]:
        """All damages of contents."""
        self._contents = dict(read_contents(self._folder))
        self._look_ahead()
        written = _written(self._folder)
        last = ""
        for owner, owned in owners(self._folder):
            if owner < last:
                yield Damage("source", f"is not in order at {owner!r}")
                return
            last = owner
            for kind, lines in owned.items():
                self._counts[kind] += len(lines)
                yield from _doubles(kind, lines)
                if kind in ("messages", "runs"):
                    self._refer(kind, lines)
            yield from self._derived(owner, owned, written)
        if next(written, None) is not None:
            yield Damage("conversations", "hold more than the sources", mendable=True)
        yield from self._counted()

    def _look_ahead(self) -> None:
        """The names of files and the ids of assistants, to which others refer."""
        self._names.update((row.id, name_of_file(value_of(row.raw))) for row in rows_of_kind(self._folder, "files"))
        self._assistants.update(row.id for row in rows_of_kind(self._folder, "assistants"))

    def _derived(self, owner: str, owned: Lines, written: Iterator[bytes]) -> Iterator[Damage]:
        """What an owner's objects make, against what is written."""
        line = next(written, b"") if OF_THREADS & owned.keys() else b""
        if not in_sample(owner, self._sample):
            if OF_THREADS & owned.keys() and not line:
                yield Damage("conversations", "hold fewer than the sources", mendable=True)
            return
        if not any(self._differing(owner, owned, line)):
            return
        exact = {kind: exactly(lines, kind) for kind, lines in owned.items()}
        for derived, found in self._differing(owner, exact, line):
            if not _say_the_same(derived.data, found):
                place = f"conversations: {owner}" if derived.path is None else derived.path
                yield Damage(place, "is not what its source makes", mendable=True)

    def _differing(
        self, owner: str, owned: Mapping[str, Sequence[Kept]], line: bytes
    ) -> Iterator[tuple[Derived, bytes]]:
        """The records that are not written as they would be now, and how they are."""
        for derived in derived_of(owner, owned, self._names.get, self._contents):
            found = line if derived.path is None else _data(self._folder / derived.path)
            if found != derived.data + b"\n":
                yield derived, found

    def _refer(self, kind: str, lines: list[Line]) -> None:
        """Count the references that lead nowhere."""
        for line in lines:
            value = line.value
            if not isinstance(value, dict):
                continue
            assistant = value.get("assistant_id")
            if isinstance(assistant, str) and assistant not in self._assistants:
                self._dangling[f"{kind} to assistants"] += 1
            attachments = value.get("attachments")
            for attachment in attachments if isinstance(attachments, list) else ():
                file_id = attachment.get("file_id") if isinstance(attachment, dict) else None
                if isinstance(file_id, str) and file_id not in self._names:
                    self._dangling[f"{kind} to files"] += 1

    def _counted(self) -> Iterator[Damage]:
        for kind in sorted({*self._counts, *self._manifest.counts}):
            said, found = self._manifest.counts.get(kind, 0), self._counts[kind]
            if said != found:
                yield Damage(f"source/{kind}.jsonl", f"holds {found} objects and not {said}")


def in_sample(owner: str, percent: float) -> bool:
    """Whether an owner is among the so many percent that are checked, the same ones each time."""
    return zlib.crc32(owner.encode("utf-8", "surrogatepass")) % 10_000 < percent * 100


def _doubles(kind: str, lines: list[Line]) -> Iterator[Damage]:
    ids = [line.id for line in lines]
    if len(set(ids)) == len(ids):
        return
    for object_id, number in Counter(ids).items():
        if number > 1:
            yield Damage(f"source/{kind}.jsonl", f"has {object_id} {number} times")


def _written(folder: Path) -> Iterator[bytes]:
    """The lines of the conversations."""
    for path in sorted((folder / "conversations").glob("part-*.jsonl")):
        with path.open("rb") as file:
            yield from file


def _say_the_same(made: bytes, found: bytes) -> bool:
    """Whether two records are equal but for how a number is spelled, in which the writers of JSON are not all alike."""
    try:
        return bool(json.loads(made) == json.loads(found))
    except (ValueError, RecursionError):
        return False


def _data(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
