"""The models that code, assistants or answers name, and when they end."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from assist2resp.schema.findings import Findings
from assist2resp.schema.report import Deadline, RunSummary
from assist2resp.schema.shutdowns import SHUTDOWNS, is_worth_a_word, shutdown_of

_MODELS_RULE = "A2R901"
_ID = re.compile(r"[\w.:-]+")


def deadlines(
    findings: Findings | None, assistants: Iterable[str], runs: Iterable[RunSummary], today: date
) -> tuple[Deadline, ...]:
    """Every model that is named and has ended, or ends soon, by its last day."""
    users: dict[str, list[str]] = defaultdict(list)
    for model in _of_code(findings):
        users[model].append("code")
    for model in assistants:
        users[model].append("assistants")
    for run in runs:
        for model in run.models:
            users[model].append("the new side")
    rows = [_row(model, used_by, today) for model, used_by in users.items()]
    return tuple(sorted((row for row in rows if row is not None), key=lambda each: (each.on, each.model)))


def _of_code(findings: Findings | None) -> Iterator[str]:
    """The models that findings name; the rule's messages name a model first, then what to take instead."""
    for finding in findings.findings if findings is not None else ():
        if finding.code == _MODELS_RULE:
            named = (match[0].rstrip(".,;:") for match in _ID.finditer(finding.message))
            yield from [word for word in named if word in SHUTDOWNS or word.startswith("ft:")][:1]


def _row(model: str, used_by: list[str], today: date) -> Deadline | None:
    shutdown = shutdown_of(model)
    if shutdown is None or not is_worth_a_word(shutdown, today):
        return None
    return Deadline(
        model=model,
        on=shutdown.on.isoformat(),
        ended=shutdown.on <= today,
        replacement=shutdown.replacement,
        used_by=tuple(dict.fromkeys(used_by)),
    )
