"""Writes the archive from its checkpoint: every file in one pass, in one order, whatever the order of fetching was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from assist2resp import __version__
from assist2resp.export.checkpoint import Checkpoint, Row, in_order
from assist2resp.export.convert import Derived, derived_of, kept_of, name_of_file
from assist2resp.export.folder import Draft, draft, remove_others, sync_folders, write_json, write_whole
from assist2resp.export.verbatim import dumped, value_of
from assist2resp.schema.archive import FileEntry, Manifest, Problem
from assist2resp.schema.manifest import MANIFEST

_NOBODY = "null"
PART_BYTES = 64 * 2**20
"""The size that a part of the conversations has at most, a single longer one aside."""


def write_archive(folder: Path, checkpoint: Checkpoint) -> Manifest:
    """Write all files, the manifest last."""
    writer = _Writer(folder, checkpoint)
    writer.write()
    remove_others(folder, writer.files)
    failures = tuple(_failures(checkpoint))
    manifest = Manifest(
        tool_version=__version__,
        sources=tuple(checkpoint.places()),
        complete=not failures,
        listings=tuple(checkpoint.listings()),
        counts=dict(sorted(writer.counts.items())),
        converted=dict(sorted(writer.converted.items())),
        files=dict(sorted(writer.files.items())),
        failures=failures,
        absences=tuple(Problem(kind=gap.kind, id=gap.id, reason=gap.reason) for gap in checkpoint.absences()),
    )
    text = json.dumps(manifest.model_dump(mode="json"), indent=1)
    write_json(folder / MANIFEST, text)
    sync_folders(folder)
    return manifest


def _failures(checkpoint: Checkpoint) -> Iterator[Problem]:
    """What failed, but for threads that another source had."""
    for unit, reason in checkpoint.failures():
        if unit.kind != "threads" or not checkpoint.has_thread(unit.id):
            yield Problem(kind=unit.kind, id=unit.id, reason=reason)


def source_lines(rows: Sequence[Row]) -> bytes:
    """Lines of `source/<kind>.jsonl` for objects of one owner, the object's own characters last."""
    owner = dumped(rows[0].owner)
    lines = [
        f'{{"id":{dumped(row.id)},"owner":{owner},"parent":{_NOBODY if row.parent is None else dumped(row.parent)},'
        f'"object":{row.raw}}}\n'
        for row in rows
    ]
    return "".join(lines).encode()


class _Writer:
    def __init__(self, folder: Path, checkpoint: Checkpoint) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._contents = checkpoint.contents()
        self._filename = lru_cache(maxsize=10_000)(self._name_of_file)
        self.counts: Counter[str] = Counter()
        self.converted: Counter[str] = Counter()
        self.files: dict[str, FileEntry] = {
            content.path: FileEntry(sha256=content.sha256, size=content.size) for content in self._contents.values()
        }

    def write(self) -> None:
        """Write everything but the manifest."""
        with ExitStack() as stack:
            sources: dict[str, Draft] = {}
            parts = _Parts(self._folder, stack)
            for owner, rows in groupby(self._checkpoint.rows(), key=attrgetter("owner")):
                owned = {kind: in_order(group) for kind, group in groupby(rows, key=attrgetter("kind"))}
                for kind, group in owned.items():
                    path = f"source/{kind}.jsonl"
                    if path not in sources:
                        sources[path] = stack.enter_context(draft(self._folder / path))
                    sources[path].write_lines(source_lines(group), len(group))
                    self.counts[kind] += len(group)
                kept = {kind: kept_of(group) for kind, group in owned.items()}
                for derived in derived_of(owner, kept, self._filename, self._contents):
                    self._write_derived(derived, parts)
            for file_id in self._contents.keys() - self._known_files():
                for derived in derived_of(file_id, {}, self._filename, self._contents):
                    self._write_derived(derived, parts)
        self.files |= {path: file.entry() for path, file in {**sources, **parts.files}.items()}

    def _known_files(self) -> set[str]:
        return {file_id for file_id in self._contents if self._checkpoint.raw_of("files", file_id) is not None}

    def _write_derived(self, derived: Derived, parts: _Parts) -> None:
        line = derived.data + b"\n"
        if derived.path is not None:
            self.files[derived.path] = write_whole(self._folder / derived.path, line)
            self.converted[derived.path.partition("/")[0]] += 1
        else:
            parts.add(line)
            self.converted["conversations"] += 1
            self.converted["items"] += derived.items

    def _name_of_file(self, file_id: str) -> str | None:
        raw = self._checkpoint.raw_of("files", file_id)
        return name_of_file(value_of(raw)) if raw is not None else None


class _Parts:
    """The parts of the conversations; the stack ends the open one whatever happens."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._open = ExitStack()
        self.files: dict[str, Draft] = {}
        self._last: Draft | None = None

    def add(self, line: bytes) -> None:
        """Append a conversation, in a new part if this one is full."""
        if self._last is None or self._last.size + len(line) > PART_BYTES:
            self._open.close()
            self._open = self._stack.enter_context(ExitStack())
            path = f"conversations/part-{len(self.files) + 1:05}.jsonl"
            self._last = self.files[path] = self._open.enter_context(draft(self._folder / path))
        self._last.write_lines(line, 1)
