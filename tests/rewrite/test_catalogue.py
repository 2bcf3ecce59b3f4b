"""The catalogue says what the rules' files say, and each file says it whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from assist2resp.errors import UsageError
from assist2resp.plugins import discover, plugin_names
from assist2resp.rewrite import catalogue
from assist2resp.rewrite.catalogue import RULES, SECTIONS, Rule, check_codes, find_rule, read_docstring, read_rule
from assist2resp.schema.findings import Level
from tests.rewrite.stub_rules import installed


@pytest.fixture
def stubs(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path):
        yield


@pytest.mark.parametrize("name", plugin_names(RULES))
def test_each_rule_is_documented(name: str) -> None:
    module = next(module for module in discover(RULES) if module.__name__.endswith(f".{name}"))
    rule = read_rule(module)
    assert re.fullmatch(r"a2r\d{3}_[a-z0-9_]+", name)
    assert name.startswith(f"{rule.code.lower()}_")
    assert rule.name.lower() == name.partition("_")[2].replace("_", "")
    assert rule.sentence.endswith(".")
    assert set(rule.sections) == set(SECTIONS)
    assert all(rule.sections.values())
    assert rule.cases, "a rule's CASES are its first tests"


def test_codes_are_unique() -> None:
    codes = [rule.code for rule in catalogue.catalogue()]
    assert len(set(codes)) == len(codes) == len(plugin_names(RULES))


@pytest.mark.usefixtures("stubs")
def test_a_rule_is_read_whole() -> None:
    rule = find_rule("a2r401")
    assert (rule.code, rule.name, rule.title, rule.level) == ("A2R401", "ReplaceRun", "replace a run", "fixed")
    assert rule.sentence == "The sentence of A2R401."
    assert rule.sections == {
        "What": "runs go,\nin one step.",
        "Why": 'A 404 "helps" nobody <b>here</b>.',
        "See": "https://example.com/A2R401.",
    }
    assert rule.link == "https://example.com/A2R401"
    assert [(case.before, case.after) for case in rule.cases] == [("same\n", "same\n"), ("old\n", "new\n")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One\nsentence.\n\nMore.", ("One sentence.", {})),
        ("S.\n\nKnown problems\n    a\n      b\n\nSee:\n    c", ("S.", {"Known problems": "a\n  b", "See": "c"})),
        ("S.\n\nSafety: first\n    second\n\n    third", ("S.", {"Safety": "first\nsecond\n\nthird"})),
        ("S.\n\nWhatever: no section", ("S.", {})),
    ],
)
def test_docstrings(text: str, expected: tuple[str, dict[str, str]]) -> None:
    assert read_docstring(text) == expected


@pytest.mark.usefixtures("stubs")
def test_codes_are_checked() -> None:
    assert check_codes(["a2r4", "A2R500"]) == ("A2R4", "A2R500")
    for wrong, hint in (("A2R403", "Did you mean A2R40"), ("zzz", "`assist2resp rules` lists"), ("", "lists them")):
        with pytest.raises(UsageError, match=hint):
            check_codes([wrong])
    for wrong, hint in (("a2r403", "Did you mean A2R40"), ("A2R5", "Did you mean A2R500?")):
        with pytest.raises(UsageError, match=rf"there is no rule '{wrong}'\. {hint}"):
            find_rule(wrong)


def test_a_file_holds_one_rule() -> None:
    with pytest.raises(ValueError, match=r"rules\.empty must define one rule, and defines 0"):
        read_rule(ModuleType("rules.empty"))


def test_a_rule_without_a_link_has_none() -> None:
    assert Rule("A2R401", "t", Level.FIXED, "N", "S.", {"See": "the guide"}).link == ""
