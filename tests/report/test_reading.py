"""Runs are read case by case, wherever the pieces of the file end, and every fault is named with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assist2resp.errors import InputFileError
from assist2resp.report import reading
from assist2resp.report.reading import members, opened
from assist2resp.report.runs import RunFile
from tests.report.runs import run, written

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.dictionaries(st.text(), JSON, max_size=3),
    cases=st.lists(JSON, max_size=6),
    indent=st.sampled_from([None, 1]),
    chunk=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_any_object_is_read_as_json_reads_it(
    tmp_path: Path, before: dict[str, object], cases: list[object], indent: int | None, chunk: int, ascii_only: bool
) -> None:
    before.pop("cases", None)
    path = tmp_path / "x.json"
    text = json.dumps({**before, "cases": cases, "after": 1}, indent=indent, ensure_ascii=ascii_only)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patch, opened(path) as file:
        patch.setattr(reading, "_CHUNK", chunk)
        found = list(members(path, file, "cases"))
    assert [value for key, value in found if key == "cases"] == cases
    assert {key: value for key, value in found if key not in ("cases", "after")} == {
        key: value for key, value in before.items() if key != "after"
    }


def test_a_run_is_what_was_written(tmp_path: Path) -> None:
    made = run(30, tools=0.3)
    file = RunFile(written(made, tmp_path))
    assert tuple(file.cases()) == made.cases
    assert file.head == made.model_copy(update={"cases": ()})
    assert tuple(file.cases()) == made.cases


def test_the_order_of_members_does_not_matter(tmp_path: Path) -> None:
    made = run(10, tools=0.5)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(dict(reversed(made.model_dump(mode="json").items())), indent=2))
    file = RunFile(path)
    assert file.head.verdicts == made.verdicts
    assert tuple(file.cases()) == made.cases


def test_half_surrogates_are_written_out(tmp_path: Path) -> None:
    path = written(run(2), tmp_path)
    path.write_text(path.read_text().replace("Where is my order 0?", "odd \\ud83d text"))
    assert next(RunFile(path).cases()).question == "odd \\ud83d text"


FAULTS = {
    "empty": ("", "x.json:1: is no valid JSON: it ends too early."),
    "no object": ("[1]", "x.json:1: is no valid JSON: a JSON object is expected."),
    "cut": ('{\n"run_version": 1,\n"cases": [{"id": "a"', "x.json:3: is no valid JSON: expecting ',' delimiter."),
    "cut between": ('{"run_version": 1,\n', "x.json:2: is no valid JSON: expecting value."),
    "wrong sign": ('{"run_version": 1,\n"seed" 3}', "x.json:2: is no valid JSON: ':' is expected."),
    "no JSON": ("run_version: 1", "x.json:1: is no valid JSON: a JSON object is expected."),
    "deep": ('{"run_version": 1, "settings": ' + "[" * 100_000, "x.json:1: is no valid JSON: it is nested too deeply."),
    "a huge number": ('{"run_version": 1,\n"cost": ' + "9" * 400 + "}", "x.json: is no run: "),
    "an endless number": (
        '{"run_version": 1,\n"cost": ' + "9" * 9000 + "}",
        "x.json:2: is no valid JSON: a number has too",
    ),
    "newer": ('{"run_version": 2}', "x.json: is of run version 2, this tool knows 1. Upgrade assist2resp."),
    "newer, other cases": ('{"cases": [7], "run_version": 2}', "x.json: is of run version 2, this tool knows 1."),
    "findings": ('{"findings_version": 1}', "x.json: is no run but findings of `rewrite`: give it to --findings."),
    "a manifest": ('{"archive_version": 1}', "x.json: is no run but a manifest: give its folder to --archive."),
    "a report": ('{"report_version": 1}', "x.json: is no run but a report."),
    "another file": ("{}", "x.json: is no run. Give the file that `assist2resp replay --out` wrote."),
    "a missing member": ('{"run_version": 1, "source": "a"}', "x.json: is no run: tool_version: field required"),
    "an unknown member": (
        '{"run_version": 1, "source": "a", "tool_version": "1", "x": 1}',
        "x.json: is no run: x: Extra inputs are not permitted",
    ),
    "a bad case": (
        '{"run_version": 1, "source": "a", "tool_version": "1", "cases": [{"id": "a", "old": {}}, {"id": 3}]}',
        "x.json: its case 2 cannot be read: id: Input should be a valid string.",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.json").write_text(text)
    with pytest.raises(InputFileError) as caught:
        list(RunFile(Path("x.json")).cases())
    assert message.casefold() in str(caught.value).casefold()


def test_other_encodings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes('{"source": "é"}'.encode("latin-1"))
    with pytest.raises(InputFileError, match="is no UTF-8: byte 0xe9"):
        RunFile(path)
