"""Looks through the files of a tree for those that can matter, in processes of their own where there are many.

Nothing of LibCST is imported here, so that the processes begin, small, while this one still imports the rewriter.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from re import Pattern
from typing import NamedTuple, Self

from assist2resp.errors import InputFileError
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.project import needles
from assist2resp.rewrite.project.listing import is_excluded, listed
from assist2resp.rewrite.workers import Shared, jobs_for

NOTEBOOK = ".ipynb"
_WORTHWHILE = 1_000
"""Files for each process that reads them; with fewer, a process costs more than it saves."""


class Glance(NamedTuple):
    """What a file says in which there is nothing to look at."""

    import_words: needles.ImportWords
    writes_thread_id: bool
    imports_httpx: bool


class Ahead:
    """The files under the given paths, and what other processes tell of them.

    Raises InputFileError for a path that does not exist or a file that is not Python.
    """

    def __init__(self, paths: Iterable[Path], options: Options) -> None:
        starts = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - resolve() would follow links out of the tree
        self.roots = tuple(dict.fromkeys(path if os.path.isdir(path) else path.parent for path in starts))  # noqa: PTH112
        self.overlay = {path: options.overlay[path] for path in starts if path in options.overlay}
        self.words = needles.any_of(options.models)
        """Strings that make a file worth looking at, whatever else it holds."""
        self.unreadable: list[tuple[Path, str]] = []
        found = [file for path in starts if path not in self.overlay for file in self._files(path, options.exclude)]
        self._paths = [path for path in dict.fromkeys(found) if path not in self.overlay]
        jobs = jobs_for(len(self._paths), options.jobs, _WORTHWHILE)
        self._shared = Shared(self._paths, partial(_glance, self.words), jobs) if jobs > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._shared is not None:
            self._shared.__exit__(*raised)

    def glances(self) -> Iterable[tuple[Path, Glance | None]]:
        """The files, each with what it says; None for one that is to be looked at, or that nobody looked at yet."""
        told = self._shared.results() if self._shared is not None else [None] * len(self._paths)
        return zip(self._paths, told, strict=True)

    def _files(self, path: Path, exclude: tuple[str, ...]) -> Iterator[Path]:
        if os.path.isfile(path):  # noqa: PTH113 - Path.is_file() raises where a folder above is closed
            if path.suffix not in {".py", ".pyi", NOTEBOOK}:
                raise InputFileError(path, "is not a Python file.", hint="Give a .py file or a folder.")
            yield path
            return
        if not os.path.isdir(path):  # noqa: PTH112
            raise InputFileError(path, "does not exist, or is in a folder that cannot be read.", hint="Check the path.")
        for file in listed(path, ("*.py", f"*{NOTEBOOK}"), self._note):
            if not is_excluded(file, path, exclude):
                yield file

    def _note(self, error: OSError) -> None:
        self.unreadable.append((Path(error.filename), str(error.strerror)))


def _glance(words: Pattern[bytes] | None, path: Path) -> Glance | None:
    """What a file says; None if there is something to look at, or if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    text = unescaped(data) if path.suffix == NOTEBOOK else data
    if needles.has_needle(text) or (words is not None and words.search(data) is not None):
        return None
    if path.suffix == NOTEBOOK:
        data = b""
    return Glance(needles.import_words(data), needles.writes_thread_id(data), needles.imports_httpx(data))


def unescaped(notebook: bytes) -> bytes:
    """The text of a notebook with its quotes as they stand in code, to find words in."""
    return notebook.replace(b'\\"', b'"')
