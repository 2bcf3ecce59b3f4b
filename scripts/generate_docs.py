"""Writes what MIGRATION.md shows of the rules, between its markers, from what the rules say of themselves.

python scripts/generate_docs.py        writes; tests/rewrite/test_rule_tables.py tells when that is due
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assist2resp.rewrite.catalogue import Rule, catalogue

MIGRATION = Path(__file__).parents[1] / "MIGRATION.md"
_TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def with_rules(text: str) -> str:
    """The document with the current table of rules; ValueError where its markers are not found once."""
    table = "".join(f"{line}\n" for line in _lines())
    made, count = _TABLE.subn(lambda _: table, text)
    if count != 1:
        raise ValueError(f"MIGRATION.md has {count} places between <!-- rules --> and <!-- /rules -->, and needs one")
    return made


def _lines() -> Iterator[str]:
    yield "| Rule | Level | What it does | What to know |"
    yield "|---|---|---|---|"
    for rule in catalogue():
        known = _cell(rule.sections.get("Known problems", ""))
        yield f"| {_code(rule)} | {rule.level} | {_cell(rule.sentence)} | {'' if known == 'None.' else known} |"


def _code(rule: Rule) -> str:
    return f"[{rule.code}]({rule.link})" if rule.link else rule.code


def _cell(text: str) -> str:
    """A text as one cell: one line, its bars escaped, its first letter large."""
    line = " ".join(text.split()).replace("|", "\\|")
    return line[:1].upper() + line[1:]


if __name__ == "__main__":
    MIGRATION.write_text(with_rules(MIGRATION.read_text(encoding="utf-8")), encoding="utf-8")
