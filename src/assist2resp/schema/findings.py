"""What `rewrite` found: one finding per site, and the summary of a run. Versioned, since machines read it.

Data classes, which pydantic reads as well as its own models: importing it takes longer than a small rewrite.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

FINDINGS_VERSION: Literal[1] = 1


class Level(StrEnum):
    """How a site ended."""

    FIXED = "fixed"
    """Rewritten, behaviour kept."""
    REVIEW = "review"
    """Rewritten, with a stated difference that a person must accept; or something to decide that is no call site."""
    MANUAL = "manual"
    """Left untouched; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in a file: lines and columns count from 1, the path is as the user would write it."""

    path: str
    line: int
    column: int = 1


_BESIDE = "A2R9"
"""The codes of the rules that report what is no site: models, pins, registries, wrappers, patched paths."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One site and how it ended."""

    code: str
    """The rule, such as `A2R401`."""
    level: Level
    place: Place
    message: str
    symbol: str = ""
    """The old method or name, such as `beta.threads.runs.create`."""
    flow: int = 0
    """Sites with the same number were rewritten, or left, together; 0 for a finding that is in no flow."""
    blocked_by: Place | None = None
    """The site that kept this one's flow from being rewritten."""
    plain: bool = False
    """Whether a site ended as a plain SDK call, or vanished, rather than as a call of the support module.

    The arguments of a plain call may be made by a small function of that module.
    """

    @property
    def is_site(self) -> bool:
        """Whether it is of a use of the old API, and not of what stands beside those."""
        return not self.code.startswith(_BESIDE)


@dataclass(frozen=True, kw_only=True)
class FileFailure:
    """A file that could not be read, parsed or written; it is as it was, and the rest was done."""

    path: str
    problem: str
    """A clause that follows the path, such as `does not parse: …`."""
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Files that were not looked at, and why."""

    what: str
    """Such as `notebooks`."""
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something in the user's files to correct that is no use of the old API, such as a misspelt ignoring comment."""

    place: Place
    message: str


@dataclass(frozen=True, kw_only=True)
class RuleNote:
    """What a reader of findings should know of a rule; `assist2resp rules CODE` shows all of it."""

    code: str
    title: str
    sentence: str = ""
    know: str = ""
    """Its known problems: what may differ where it was applied."""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The result of one run of `rewrite`."""

    findings_version: Literal[1] = FINDINGS_VERSION
    tool_version: str
    files_looked_at: int
    """Files in the tree; only those with a needle, and what they exchange values with, were parsed."""
    files_parsed: int
    files_changed: tuple[str, ...]
    findings: tuple[Finding, ...]
    failures: tuple[FileFailure, ...] = ()
    not_looked_at: tuple[Skipped, ...] = ()
    remarks: tuple[Remark, ...] = ()
    rules: tuple[RuleNote, ...] = ()
    """The rules that were hit, for readers who have the file alone."""
