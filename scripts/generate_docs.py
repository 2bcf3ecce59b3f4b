"""Writes the tables of MIGRATION.md between their markers: the rules as they describe themselves, the ends of models.

python scripts/generate_docs.py        writes; tests/rewrite/test_rule_tables.py tells when that is due
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

from assist2resp.rewrite.catalogue import Rule, catalogue
from assist2resp.schema.shutdowns import SHUTDOWNS, Shutdown

MIGRATION = Path(__file__).parents[1] / "MIGRATION.md"


def with_tables(text: str) -> str:
    """The document with its tables as they are now; ValueError where markers are not found once."""
    for name, lines in (("rules", _rules()), ("models", _models())):
        text = _filled(text, name, "".join(f"{line}\n" for line in lines))
    return text


def _filled(text: str, name: str, table: str) -> str:
    place = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    made, count = place.subn(lambda _: table, text)
    if count != 1:
        raise ValueError(f"MIGRATION.md has {count} places between <!-- {name} --> and <!-- /{name} -->, not one")
    return made


def _models() -> Iterator[str]:
    """The models by their last day and what is recommended in their place."""
    yield "| last day | models | take |"
    yield "|---|---|---|"
    groups = groupby(sorted(SHUTDOWNS.values(), key=_end), key=_end)
    for (day, replacement), models in groups:
        names = ", ".join(f"`{each.model}`" for each in models)
        yield f"| {day.isoformat()} | {names} | {_cell_of_model(replacement)} |"


def _end(shutdown: Shutdown) -> tuple[date, str]:
    return shutdown.on, shutdown.replacement


def _cell_of_model(replacement: str) -> str:
    """A model with what else it says, as OpenAI's table has it."""
    model, space, rest = replacement.partition(" ")
    return f"`{model}`{space}{rest}" if model else ""


def _rules() -> Iterator[str]:
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
    MIGRATION.write_text(with_tables(MIGRATION.read_text(encoding="utf-8")), encoding="utf-8")
