"""The tables that documents show of the rules are current."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from assist2resp.rewrite.catalogue import catalogue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "scripts" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_rules_is_current(script: ModuleType) -> None:
    text = script.MIGRATION.read_text(encoding="utf-8")
    assert script.with_tables(text) == text, "run scripts/generate_docs.py and read what changed"
    assert all(rule.code in text for rule in catalogue())


MODELS = "<!-- models -->\n<!-- /models -->\n"


def test_other_text_stays(script: ModuleType) -> None:
    made = script.with_tables(f"before\n<!-- rules -->\nold\n<!-- /rules -->\nbetween\n{MODELS}after\n")
    assert made.startswith("before\n<!-- rules -->\n| Rule | Level |")
    assert "<!-- /rules -->\nbetween\n<!-- models -->\n| last day | models | take |" in made
    assert made.endswith(" |\n<!-- /models -->\nafter\n")


@pytest.mark.parametrize(
    "text",
    ["", f"<!-- rules -->\n{MODELS}", f"{MODELS}<!-- rules -->\n<!-- /rules -->\n<!-- rules -->\n<!-- /rules -->\n"],
)
def test_a_document_without_one_place_is_refused(script: ModuleType, text: str) -> None:
    with pytest.raises(ValueError, match="not one"):
        script.with_tables(text)
