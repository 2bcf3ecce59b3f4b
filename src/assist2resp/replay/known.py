"""Differences that somebody has accepted: a file with pattern, reason, owner and the day until which that holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.comparison import Case, KnownDifference
from assist2resp.schema.versioned import first_problem


class Accepted(BaseModel):
    """An entry of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str = Field(min_length=1)
    """A regular expression, searched in the case's id, in its groups (`assistant=asst_1`) and in what differs
    (`tool_calls: get_order.arguments.number: 8, was 7`)."""
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    expires: date


@dataclass(frozen=True)
class Known:
    """The entries of a file on a day."""

    entries: tuple[Accepted, ...] = ()
    today: date = date.min

    def mark(self, cases: Sequence[Case]) -> tuple[list[Case], tuple[KnownDifference, ...]]:
        """The cases, those that an entry covers with its reason; and each entry with how many it covers."""
        live = [(entry, re.compile(entry.pattern)) for entry in self.entries if entry.expires >= self.today]
        covered: dict[int, int] = {}
        marked = []
        for case in cases:
            lines = list(_lines(case))
            entry = next((entry for entry, pattern in live if any(map(pattern.search, lines))), None)
            if entry is not None:
                covered[id(entry)] = covered.get(id(entry), 0) + 1
            marked.append(case.model_copy(update={"known": entry.reason}) if entry is not None else case)
        shown = [
            KnownDifference(
                pattern=entry.pattern,
                reason=entry.reason,
                owner=entry.owner,
                expires=entry.expires.isoformat(),
                cases=covered.get(id(entry), 0),
                expired=entry.expires < self.today,
            )
            for entry in self.entries
        ]
        return marked, tuple(shown)


def _lines(case: Case) -> Sequence[str]:
    groups = [f"{field}={value}" for field, value in case.groups.items()]
    return [case.id, *groups, *(f"{name}: {score.note}" for name, score in case.scores.items() if score.note)]


def read_known(path: Path | None, today: date) -> Known:
    """The entries of a YAML file; an InputFileError names the line of one that cannot be used."""
    if path is None:
        return Known(today=today)
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows, node = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputFileError(path, f"is no YAML: {problem}.", line=mark.line + 1 if mark else None) from error
    if rows is not None and not (isinstance(rows, list) and isinstance(node, yaml.SequenceNode)):
        raise InputFileError(path, "is no list of known differences.", hint="Begin each with `- pattern: …`.")
    lines = [inner.start_mark.line + 1 for inner in node.value] if isinstance(node, yaml.SequenceNode) else []
    return Known(tuple(_entry(path, row, line) for row, line in zip(rows or (), lines, strict=True)), today)


def _entry(path: Path, row: object, line: int) -> Accepted:
    try:
        entry = Accepted.model_validate(row)
        re.compile(entry.pattern)
    except ValidationError as error:
        hint = "An entry has pattern, reason, owner and expires (YYYY-MM-DD)."
        raise InputFileError(path, f"{first_problem(error)}.", line=line, hint=hint) from error
    except re.error as error:
        raise InputFileError(path, f"the pattern is no regular expression: {error}.", line=line) from error
    return entry
