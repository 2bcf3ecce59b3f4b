"""For programs: the `Findings` model of `assist2resp.schema.findings`, versioned by `findings_version`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

from assist2resp.rewrite.catalogue import catalogue
from assist2resp.rewrite.formats import View
from assist2resp.rewrite.outcome import Outcome
from assist2resp.schema.findings import RuleNote


def render(outcome: Outcome, view: View) -> str:
    """The findings as one JSON object, in ASCII, so that any file name survives."""
    del view
    found = replace(outcome.findings, rules=tuple(_notes(outcome)))
    return json.dumps(asdict(found), indent=2) + "\n"


def _notes(outcome: Outcome) -> Iterator[RuleNote]:
    """The rules that were hit, by code."""
    hit = {finding.code for finding in outcome.findings.findings}
    for rule in catalogue():
        if rule.code in hit:
            know = " ".join(rule.sections.get("Known problems", "").split())
            yield RuleNote(code=rule.code, title=rule.title, sentence=rule.sentence, know=know, link=rule.link)
