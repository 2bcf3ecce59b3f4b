"""Differences that somebody has accepted: a file with pattern, reason, owner and the day until which that holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.replay.marked_yaml import entries, line_of, marked, read_text
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
    rows = entries(
        path, marked(path, read_text(path)), "is no list of known differences.", "Begin each with `- pattern: …`."
    )
    return Known(tuple(_entry(path, row.value, line_of(row)) for row in rows), today)


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
