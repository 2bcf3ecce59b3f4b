"""Every rule does to its own CASES what it says, and nothing where they say nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.rewrite.catalogue import Case, Rule, catalogue
from assist2resp.rewrite.engine import load_rules
from assist2resp.schema.findings import Level
from tests.rewrite.one_file import again, rewritten


def cases() -> Iterator[object]:
    for rule in catalogue():
        for number, case in enumerate(rule.cases, 1):
            kept = "-kept" if case.before == case.after else ""
            yield pytest.param(rule, case, id=f"{rule.code}-{number}{kept}")


@pytest.mark.parametrize(("rule", "case"), list(cases()))
def test_case(rule: Rule, case: Case, tmp_path: Path) -> None:
    ast.parse(case.before)
    ast.parse(case.after)
    result = rewritten(case.before, tmp_path)
    assert result.text == case.after
    if case.before != case.after:
        assert rule.code in result.codes
    elif rule.level is Level.FIXED:
        assert rule.code not in result.codes
    second = again(tmp_path)
    assert not second.changed, "a second run changes nothing"


SURVEYS = {rule.code for rule in load_rules("survey")}
"""Rules that tell of files around the program; their own tests show them at work."""


@pytest.mark.parametrize("rule", catalogue(), ids=lambda rule: rule.code)
def test_cases_show_both_sides(rule: Rule, tmp_path: Path) -> None:
    """At least four cases in ten change nothing, and at least one shows the rule at work."""
    kept = [case for case in rule.cases if case.before == case.after]
    assert len(kept) >= 0.4 * len(rule.cases)
    found = [rewritten(case.before, tmp_path / str(number)).codes for number, case in enumerate(rule.cases)]
    assert rule.code in SURVEYS.union(*found)
