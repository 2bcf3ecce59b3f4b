"""JSON, JUnit and text: each says the whole view in the syntax of its readers, whatever texts the files hold."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from assist2resp.plugins import plugin_names
from assist2resp.report.formats import find_format
from assist2resp.report.view import Sources, View, view
from assist2resp.schema.catalogue import schemas
from assist2resp.schema.comparison import Answer, Run
from assist2resp.schema.report import Report
from tests.report.hostile import TEXTS, hostile_view
from tests.report.runs import run, written

ROOT = Path(__file__).parents[2]
JUNIT = xmlschema.XMLSchema(ROOT / "src/assist2resp/report/templates/junit.xsd")
FORMATS = plugin_names("assist2resp.report.formats")
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def seen(folder: Path, made: Run, **more: Path) -> View:
    return view(Sources((written(made, folder),), **more), today=date(2026, 11, 25))


def text_of(form: str, made: View) -> str:
    return "".join(find_format(form).render(made))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_format_takes_any_text(tmp_path: Path, form: str, text: str) -> None:
    made = text_of(form, hostile_view(text, tmp_path))
    made.encode("utf-8")
    assert made.endswith("\n")
    if form not in ("json", "html"):
        assert not UNSEEN.search(made)
    if form == "junit":
        JUNIT.validate(made)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_the_same_twice(tmp_path: Path, form: str) -> None:
    first, second = (text_of(form, seen(tmp_path, run(30, tools=0.4))) for _ in range(2))
    assert first == second


def test_json_fits_its_schema_and_is_the_model(tmp_path: Path) -> None:
    made = seen(tmp_path, run(30, tools=0.4))
    value = json.loads(text_of("json", made))
    jsonschema.Draft202012Validator(schemas()["report"]).validate(value)
    assert Report.model_validate(value) == made.report
    assert (value["report_version"], value["headline"]["advice"]) == (1, "stop")


def test_junit_counts_and_says_what_differs(tmp_path: Path) -> None:
    whole = run(30, tools=0.4)
    lost = whole.cases[3].model_copy(update={"new": (Answer(error="429 after 5 tries"),)})
    text = text_of(
        "junit", seen(tmp_path, whole.model_copy(update={"cases": (*whole.cases[:3], lost, *whole.cases[4:])}))
    )
    JUNIT.validate(text)
    suites = ET.fromstring(text).findall("testsuite")
    for suite in suites:
        counted = {tag: len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error", "skipped")}
        stated = {
            tag: int(suite.attrib[name]) for tag, name in zip(counted, ("failures", "errors", "skipped"), strict=True)
        }
        assert counted == stated
        assert len(suite.findall("testcase")) == int(suite.attrib["tests"])
    [error] = suites[1].findall("testcase/error")
    assert error.attrib["message"] == "no answer: 429 after 5 tries"
    failures = {case.attrib["name"]: case.find("failure") for case in suites[1] if case.find("failure") is not None}
    wrong = {case.id for case in whole.cases if case.scores["tool_calls"].note}
    assert failures.keys() == wrong
    assert all('-   "city": "Rome"' in (failure.text or "") for failure in failures.values())


def test_text_tells_verdict_table_and_cases(tmp_path: Path) -> None:
    lines = text_of("text", seen(tmp_path, run(40, tools=0.5))).splitlines()
    assert lines[0].startswith("Worse: Tool calls −25.0 points over 8 cases")
    assert re.match(r"  worse      Tool calls +100.0 % +75.0 % +−25.0 points", lines[3])
    assert any(line.startswith("1. thread_") for line in lines)


def test_text_is_coloured_only_when_asked(tmp_path: Path) -> None:
    made = seen(tmp_path, run(40, tools=0.5))
    assert "\x1b[" not in text_of("text", made)
    assert "\x1b[1;31mWorse" in text_of("text", View(made.report, made.digests, made.files, colour=True))


def test_two_runs_are_told_apart(tmp_path: Path) -> None:
    paths = (written(run(20, tools=0.5), tmp_path, "sol.json"), written(run(20), tmp_path, "luna.json"))
    made = view(Sources(paths), today=date(2026, 11, 25))
    assert {row.run for row in made.report.metrics} == {"sol", "luna"}
    assert "sol: Tool calls" in text_of("text", made)
    assert "| run | verdict |" in text_of("markdown", made)
    assert len(ET.fromstring(text_of("junit", made)).findall("testsuite")) == 4
