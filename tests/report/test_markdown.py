"""The comment on a pull request: what a reviewer reads first, its size, and that no text gets out of its place."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assist2resp.report.formats.markdown import LIMIT, escaped, marker, render
from assist2resp.report.view import TITLE, Sources, View, view
from assist2resp.schema.comparison import Outcome, Run
from tests.report.hostile import TEXTS, hostile_view
from tests.report.runs import run, written

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ALLOWED = re.compile(
    r"<!-- assist2resp report[ a-z0-9-]*-->|</?(details|sub)>|<details><summary>\d\. <code>[^<]*</code>[^<]*</summary>"
)
TODAY = date(2026, 11, 25)


def shown(folder: Path, made: Run, *, base: Run | None = None, title: str = TITLE) -> str:
    before = written(base, folder, "base.json") if base is not None else None
    return "".join(render(view(Sources((written(made, folder),), base=before), title=title, today=TODAY)))


def rendered(made: View) -> str:
    return "".join(render(made))


def test_the_verdict_is_the_first_line_that_is_seen(tmp_path: Path) -> None:
    lines = shown(tmp_path, run(40, tools=0.5)).split("\n")
    assert lines[:2] == ["<!-- assist2resp report -->", ""]
    assert lines[2].startswith("## ❌ Worse: Tool calls −25.0 points over 8 cases")


@pytest.mark.parametrize(
    ("outcome", "first"),
    [
        (Outcome.WORSE, "## ❌ Worse: "),
        (Outcome.UNDECIDED, "## ⚠️ Undecided: "),
        (Outcome.SAME, "## ✅ Not worse: "),
        (Outcome.BETTER, "## ✅ Not worse: 6 metrics over 12 cases are no worse than the old API, better: "),
    ],
)
def test_verdicts(tmp_path: Path, outcome: Outcome, first: str) -> None:
    made = run(12)
    verdicts = tuple(each.model_copy(update={"outcome": outcome}) for each in made.verdicts if not each.group)
    text = shown(tmp_path, made.model_copy(update={"verdicts": verdicts}))
    assert text.split("\n")[2].startswith(first)


def test_there_is_one_table_and_what_got_worse_is_first(tmp_path: Path) -> None:
    tokens = PARSER.parse(shown(tmp_path, run(40, tools=0.5, tokens=1.3)))
    assert [token.type for token in tokens].count("table_open") == 1
    rows = re.findall(
        r"^\| (\S+ \w+) \| (?:\*\*)?([^|*]+?)(?:\*\*)? \|", shown(tmp_path, run(40, tools=0.5)), re.MULTILINE
    )
    assert rows[:2] == [("❌ worse", "Tool calls"), ("❔ undecided", "Citations")]


def test_five_cases_are_folded_with_what_differs(tmp_path: Path) -> None:
    text = shown(tmp_path, run(100, tools=0.5, tokens=1.3))
    assert text.count("<details>") == text.count("</details>") == 5
    assert "### The 5 worst cases of 100 that got worse" in text
    assert '-   "city": "Rome"\n+   "city": "Paris"' in text


def test_against_the_base(tmp_path: Path) -> None:
    text = shown(tmp_path, run(40, tools=0.5), base=run(40))
    assert re.search(r"newly worse than at the base\.$", text.split("\n")[2])
    assert "| ❌ worse | **Tool calls** | 100.0 % | 75.0 % |" in text
    assert "| same (±0.0 points) |" in text


def test_reports_of_other_titles_have_other_markers() -> None:
    titles = (TITLE, "Support bot", "Sales bot", "<!-- --> @x")
    markers = [marker(title) for title in titles]
    assert len(set(markers)) == len(markers)
    assert markers[1] == "<!-- assist2resp report support-bot -->"
    assert all(ALLOWED.fullmatch(each) for each in markers)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: run(3, tools=1, answer=200_000), id="answers of 1 MB"),
        pytest.param(lambda: run(5_000, tools=1, answer=5), id="many cases"),
        pytest.param(
            lambda: run(20, tools=1).model_copy(update={"verdicts": run(20, tools=1).verdicts * 60}),
            id="many verdicts",
        ),
    ],
)
def test_the_size_has_a_limit(tmp_path: Path, made) -> None:
    text = shown(tmp_path, made())
    assert len(text) <= LIMIT
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_stays_text(tmp_path: Path, text: str) -> None:
    assert_tame(rendered(hostile_view(text, tmp_path)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([*TEXTS.values(), "\n", "`", "<", "@", " ", "\\", "|"]) | st.text(max_size=4), max_size=6)
)
def test_mixtures_of_hostile_text_stay_text(tmp_path: Path, parts: list[str]) -> None:
    assert_tame(rendered(hostile_view("".join(parts) or "x", tmp_path)))


@given(st.text())
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    html = PARSER.renderInline(escaped(text))
    assert not re.search(r"<(?!/?$)", html), html
    assert "\n" not in html
    assert not re.search(r"@\w", html)


def assert_tame(text: str) -> None:
    """Nothing but what the format writes is markup, and nobody is mentioned."""
    assert len(text) <= LIMIT
    assert text.count("<!-- assist2resp report") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    tokens = PARSER.parse(text)
    flat = [each for token in tokens for each in [token, *(token.children or [])]]
    assert not [token for token in flat if token.type in ("link_open", "image", "s_open", "em_open")]
    markup = [token.content.strip() for token in flat if token.type in ("html_block", "html_inline")]
    assert [each for each in markup if not ALLOWED.fullmatch(each)] == []
    assert sum("<details>" in each for each in markup) == markup.count("</details>")
    spoken = "\n".join(token.content for token in flat if token.type == "text") + unescape("\n".join(markup))
    assert not re.search(r"@\w|#\w|GH-\d|https?://|www\.", spoken)
    assert sum(token.type == "heading_open" for token in tokens) <= 3
