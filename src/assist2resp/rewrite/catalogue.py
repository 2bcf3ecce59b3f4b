"""The rules as documentation: what each file in `rules/` says of itself, read from its class and docstring.

A rule's docstring is a sentence, then sections: `What: text`, or the title on its own line and its text below it.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from assist2resp.errors import UsageError
from assist2resp.plugins import discover

if TYPE_CHECKING:
    from assist2resp.schema.findings import Level

SECTIONS = ("What", "Why", "Safety", "Known problems", "See")
RULES = "assist2resp.rewrite.rules"
_TITLE = re.compile(rf"({'|'.join(SECTIONS)})(?::\s+(.*)|:?\s*)$")


@dataclass(frozen=True)
class Case:
    """A program before and after; equal where nothing may change."""

    before: str
    after: str


@dataclass(frozen=True)
class Rule:
    """What a rule says of itself."""

    code: str
    title: str
    level: Level
    name: str
    """Its class, such as `ReplaceRunCreate`."""
    sentence: str
    sections: dict[str, str] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()

    @property
    def link(self) -> str:
        """The first address of its section `See`, or nothing."""
        found = re.search(r"https?://[^\s>)\]]+", self.sections.get("See", ""))
        return found[0].rstrip(".,;") if found else ""


@cache
def catalogue() -> tuple[Rule, ...]:
    """Every rule, by code."""
    return tuple(sorted((read_rule(module) for module in discover(RULES)), key=lambda rule: rule.code))


def find_rule(code: str) -> Rule:
    """The rule of this code, in any case; UsageError with the nearest code for one that does not exist."""
    for rule in catalogue():
        if rule.code == code.upper():
            return rule
    raise UsageError(unknown_code(code))


def check_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes or prefixes in capitals; UsageError for one that no rule has."""
    given = tuple(codes)
    for code in given:
        if not code or not any(rule.code.startswith(code.upper()) for rule in catalogue()):
            raise UsageError(unknown_code(code))
    return tuple(code.upper() for code in given)


def unknown_code(code: str) -> str:
    """What to say of a code that no rule has."""
    codes = [rule.code for rule in catalogue()]
    begun = [known for known in codes if code and known.startswith(code.upper())]
    near = begun or get_close_matches(code.upper(), codes, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`assist2resp rules` lists them."
    return f"there is no rule '{code}'. {hint}"


def read_rule(module: ModuleType) -> Rule:
    """The one rule of a module; ValueError when the module does not hold exactly one."""
    found: list[Any] = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and hasattr(member, "code") and hasattr(member, "CASES")
    ]
    if len(found) != 1:
        raise ValueError(f"{module.__name__} must define one rule, and defines {len(found)}")
    rule = found[0]
    sentence, sections = read_docstring(inspect.getdoc(rule) or "")
    cases = tuple(Case(before, after) for before, after in rule.CASES)
    return Rule(rule.code, rule.title, rule.level, rule.__name__, sentence, sections, cases)


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The first paragraph, on one line, and the sections by title."""
    lines: dict[str, list[str]] = {"": []}
    section = ""
    for line in text.splitlines():
        title = _TITLE.match(line)
        if title:
            section = title[1]
            lines[section] = [title[2]] if title[2] else []
        else:
            lines[section].append(line)
    sentence = " ".join("\n".join(lines.pop("")).strip().split("\n\n")[0].split())
    return sentence, {title: _unwrapped(body) for title, body in lines.items()}


def _unwrapped(body: list[str]) -> str:
    """A section's text without its indentation; text beside the title has none."""
    beside = body[:1] if body and not body[0].startswith(" ") else []
    return "\n".join([*beside, textwrap.dedent("\n".join(body[len(beside) :]))]).strip()
