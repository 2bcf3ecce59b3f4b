"""What a run of the rewriter gives: changed files as bytes, and findings. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from assist2resp.schema.findings import Findings


@dataclass(frozen=True)
class Options:
    """What the command line and `[tool.assist2resp]` can set.

    `select` and `ignore` hold codes or their prefixes; `models` maps old model ids to new ones.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    support_module: str = "assistants_compat"
    archive: Path | None = None
    models: dict[str, str] = field(default_factory=dict)


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
