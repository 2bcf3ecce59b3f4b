"""Which files there are below a folder: what git tracks or would track, else all but the folders of tools."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from pathlib import Path, PurePath
from typing import TypeAlias

_SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", "site-packages",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs", ".ipynb_checkpoints", "build", "dist",
})  # fmt: skip


OnError: TypeAlias = Callable[[OSError], None]
"""Told of a folder that cannot be read; its files are not listed."""


def listed(folder: Path, patterns: Sequence[str], on_error: OnError | None = None) -> Iterator[Path]:
    """The files whose names match one of the patterns; no symbolic links."""
    found = _git_files(folder, patterns)
    return found if found is not None else _walk(folder, patterns, on_error)


def is_excluded(file: PurePath, folder: PurePath, globs: Iterable[str]) -> bool:
    """Whether a glob names a file, as seen from the folder that was given or whole."""
    return any(file.relative_to(folder).match(glob) or file.match(glob) for glob in globs)


def _git_files(folder: Path, patterns: Sequence[str]) -> Iterator[Path] | None:
    """None outside a checkout, and for a folder that git ignores but the user names."""
    names = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns)
    if names is None or (not names and _git(folder, "check-ignore", "-q", ".") is not None):
        return None
    paths = sorted(folder / os.fsdecode(name) for name in set(names.split(b"\0")) if name)
    return (path for path in paths if os.path.isfile(path) and not path.is_symlink())  # noqa: PTH113 - is_file() raises in closed folders


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints, or None where it fails or is absent."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603, S607 - git, wherever the user has it
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _walk(folder: Path, patterns: Sequence[str], on_error: OnError | None) -> Iterator[Path]:
    wanted = re.compile("|".join(map(translate, map(os.path.normcase, patterns))))
    for base, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in sorted(filter(lambda name: wanted.match(os.path.normcase(name)), names)):
            path = os.path.join(base, name)  # noqa: PTH118 - there are many
            if not os.path.islink(path):  # noqa: PTH114
                yield Path(path)
