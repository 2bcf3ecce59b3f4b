"""What a rule is: one file, one class, one code. It looks at flows, at files, or at the folder around them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

import libcst as cst

from assist2resp.rewrite.outcome import FileChange, Options
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.syntax.applying import Build
from assist2resp.rewrite.values.inference import Inference
from assist2resp.schema.findings import Level, Place


class Described(Protocol):
    """What every rule says of itself.

    `CASES` are pairs of a program before and after, equal where nothing may change; the tests and the catalogue are
    made from them.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    level: ClassVar[Level]
    CASES: ClassVar[tuple[tuple[str, str], ...]]


class Rule(Described, Protocol):
    """A rule looks at one flow's plan and claims the sites that it can end.

    Rules run in the order of their codes; a site belongs to the first that claims it.
    """

    def apply(self, plan: Plan) -> None:
        """Claim sites and note changes."""


@dataclass(frozen=True)
class Context:
    """What a rule knows beside the file that it looks at."""

    inference: Inference
    options: Options


@dataclass(frozen=True)
class Sight:
    """Something to tell that is no call site of the old API; `build`, where there is one, changes the node."""

    file: SourceFile
    node: cst.CSTNode
    level: Level
    message: str
    symbol: str = ""
    build: Build | None = None


class FileRule(Described, Protocol):
    """A rule that looks at one parsed file for what is no call site of the old API: models, prompts, raw requests."""

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """What there is to tell; a node that two files lead to is told of once."""


@dataclass(frozen=True)
class Rewritten:
    """What the rules for flows and files did, for the rules that look at what lies around."""

    project: Project
    plans: tuple[Plan, ...]
    changes: tuple[FileChange, ...]
    options: Options


@dataclass(frozen=True)
class Note:
    """Something to tell of a file that is not parsed as Python, and its new text where it changes."""

    place: Place
    level: Level
    message: str
    symbol: str = ""
    changes: tuple[FileChange, ...] = field(default=())

    @property
    def path(self) -> Path:
        return Path(self.place.path)


class TreeRule(Described, Protocol):
    """A rule that looks at the files around a rewritten program: its declared dependencies, its data."""

    def survey(self, rewritten: Rewritten) -> Iterable[Note | Sight]:
        """What there is to tell, and to write."""
