"""What a run of the rewriter gives: changed files as bytes, and findings. Nothing is written here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from assist2resp.schema.findings import Findings

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done (such as `reading`), how many of it are done, and how many there are (0 if not known)."""


def silent(stage: str, done: int, total: int) -> None:
    """The progress that nobody watches."""


@dataclass(frozen=True)
class Options:
    """What the command line and `[tool.assist2resp]` can set.

    `select` and `ignore` hold codes or their prefixes; `models` maps old model ids to new ones; `overlay` holds, by
    absolute path, bytes to take instead of a file's (a buffer that an editor sends on standard input); `today` is what
    shutdown dates are compared with; `jobs` is how many processes may work, None for as many as pay and there are idle cores.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    support_module: str = "assistants_compat"
    archive: Path | None = None
    support_tests: bool = False
    load_on_demand: bool = False
    models: Mapping[str, str] = field(default_factory=dict)
    overlay: Mapping[Path, bytes] = field(default_factory=dict)
    progress: Progress = silent
    jobs: int | None = None
    today: date = field(default_factory=date.today)


@dataclass(frozen=True)
class FileChange:
    """One file that is to be written; `before` is None for a new one."""

    path: Path
    before: bytes | None
    after: bytes


@dataclass(frozen=True)
class Outcome:
    """All that a run decided, to be shown or written by the caller."""

    changes: tuple[FileChange, ...]
    findings: Findings
    obstacles: Mapping[int, str] = field(default_factory=dict)
    """Per rewritten flow: why its runs are not plain responses, where they are not."""


def absolute(path: str | Path) -> Path:
    """A path as `FileChange` has it: absolute, with its symbolic links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
