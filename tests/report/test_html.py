"""The page without a browser: its policy, its shape whatever it holds, and the cases that it carries."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assist2resp.report import embedding
from assist2resp.report.charts import HEIGHT, WIDTH, distribution, interval
from assist2resp.report.formats.html import render
from assist2resp.report.view import Sources, View, view
from assist2resp.schema.comparison import Case, Outcome, Run
from assist2resp.schema.report import Histogram, MetricRow
from tests.report.hostile import TEXTS, hostile_view
from tests.report.runs import run, written

TODAY = date(2026, 11, 25)


class Shape(HTMLParser):
    """The tags of a page with their attributes, and the text of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str]] = []
        self.sources: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in ("script", "style"):
            self.sources.append((self.cdata_elem, data))
        else:
            self.words.append(data)


def seen(folder: Path, *made: Run) -> View:
    paths = tuple(written(each, folder, f"run{number}.json") for number, each in enumerate(made))
    return view(Sources(paths), today=TODAY)


def page_of(made: View) -> str:
    return "".join(render(made))


def carried(page: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the page's script finds: how cases are to be read, and the cases."""
    coded = re.search(r'id="cases">([A-Za-z0-9+/=]*)</script>', page)
    assert coded is not None
    first, *lines = gzip.decompress(base64.b64decode(coded[1])).decode().rstrip("\n").split("\n")
    return json.loads(first), [json.loads(line) for line in lines]


def test_the_policy_allows_its_own_script_and_style_and_nothing_else(tmp_path: Path) -> None:
    shape = Shape(page_of(seen(tmp_path, run(5))))
    [policy] = [value for _, value in shape.attributes if value.startswith("default-src")]
    hashes = {
        kind: "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for kind, text in shape.sources
        if not re.fullmatch(r"[A-Za-z0-9+/=]*", text)
    }
    assert policy == (
        f"default-src 'none'; style-src {hashes['style']}; script-src {hashes['script']}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert [tag for tag, _ in shape.tags].count("script") == 2
    links = [value for name, value in shape.attributes if name in ("href", "src", "action", "data", "xlink:href")]
    assert {link for link in links if not link.startswith("#")} == {"data:,"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_does_not_change_the_shape(tmp_path: Path, text: str) -> None:
    same_shape(tmp_path, text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*TEXTS.values(), "<", "'", '"', "&"]) | st.text(max_size=4), min_size=1, max_size=5))
def test_mixtures_do_not_change_the_shape(tmp_path: Path, parts: list[str]) -> None:
    same_shape(tmp_path, "x" + "".join(parts))


def same_shape(folder: Path, text: str) -> None:
    page = page_of(hostile_view(text, folder))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    hostile, tame = Shape(page), Shape(page_of(hostile_view("x", folder)))
    assert hostile.tags == tame.tags
    assert not [name for name, _ in hostile.attributes if name.startswith("on") or name == "style"]
    assert [kind for kind, _ in hostile.sources] == [kind for kind, _ in tame.sources]
    assert [entry["state"] for entry in carried(page)[1]] == ["worse"] * 6


def test_the_cases_are_those_of_the_run(tmp_path: Path) -> None:
    first, second = run(20, tools=0.5), run(8, seed=2)
    about, entries = carried(page_of(seen(tmp_path, first, second)))
    assert about["runs"] == ["run0", "run1"]
    assert about["left_out"] == 0
    assert [Case.model_validate(entry["case"]) for entry in entries] == [*first.cases, *second.cases]
    wrong = {case.id for case in first.cases if case.scores["tool_calls"].note}
    assert {entry["case"]["id"] for entry in entries if "tool_calls" in entry["worse"]} == wrong


def test_the_worst_are_kept_where_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "LIMIT", 20_000)
    made = seen(tmp_path, run(400, tools=0.1))
    page = page_of(made)
    about, entries = carried(page)
    assert 20 < len(entries) < 400
    assert about["left_out"] == 400 - len(entries)
    assert f"{400 - len(entries)} cases of the least severe have no room" in " ".join(Shape(page).words)
    worse = made.digests[0].states["worse"]
    assert sum(entry["state"] == "worse" for entry in entries) == worse > 0


def test_answers_of_1_mb_are_cut(tmp_path: Path) -> None:
    page = page_of(seen(tmp_path, run(3, answer=200_000)))
    assert len(page) < 1_000_000
    text = carried(page)[1][0]["case"]["old"]["text"]
    assert re.search(r"… \[[\d,]+ more characters in the run's file\]$", text)


def test_without_runs_there_is_no_list(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    found.write_text(
        '{"tool_version": "1", "files_looked_at": 1, "files_parsed": 1, "files_changed": [], "findings": []}'
    )
    page = page_of(view(Sources(findings=found), today=TODAY))
    assert 'id="list"' not in page.partition("<script")[0]
    assert "Nothing left to do" in page


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=2, max_size=40))
def test_bars_stay_in_their_picture(counts: list[tuple[int, int]]) -> None:
    made = Histogram(
        metric="m",
        title="M",
        unit="",
        better="lower",
        low=-1,
        high=2,
        beside="old",
        new=tuple(each for each, _ in counts),
        reference=tuple(each for _, each in counts),
        new_middle=5.0,
        reference_middle=None,
    )
    shape = distribution(made)
    assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.1 for bar in shape.bars)
    assert all(bar.y >= 0 and abs(bar.y + bar.height - HEIGHT) < 0.1 for bar in shape.bars)
    assert (shape.new_middle, shape.reference_middle) == (WIDTH, None)


@pytest.mark.parametrize(
    ("low", "at", "high", "margin", "expected"),
    [
        (-0.1, 0.0, 0.1, 0.05, (6.52, 93.48, 50.0, 21.74)),
        (-0.2, -0.1, 0.0, None, (6.52, 50.0, 28.26, 0.0)),
        (0.0, 0.0, 0.0, None, (50.0, 51.0, 50.0, 0.0)),
        (None, 0.0, 0.1, None, None),
    ],
)
def test_intervals_lie_around_the_middle(low, at, high, margin, expected) -> None:
    shape = interval(
        MetricRow(
            run="r",
            metric="m",
            title="M",
            unit="share",
            better="higher",
            outcome=Outcome.SAME,
            low=low,
            difference=at,
            high=high,
            margin=margin,
        )
    )
    assert (shape and (shape.low, shape.high, shape.at, shape.margin)) == expected
