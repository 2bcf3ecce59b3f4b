"""The action's steps, run on this machine in the example repository: comment, summary, exit code, forks, hostile texts."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.ci.forge import Forge
from tests.ci.runner import Done, Runner, evaluated

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "support-bot"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
WORKFLOW = yaml.safe_load((EXAMPLE / ".github/workflows/assist2resp.yml").read_text(encoding="utf-8"))
PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40}")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A copy of the example repository, checked out."""
    return copied(tmp_path)


def copied(folder: Path) -> Path:
    """A copy of the example repository in a folder."""
    shutil.copytree(EXAMPLE, folder / "workspace", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "workspace"


def check(workspace: Path, forge: Forge | None = None, *, fork: bool = False, **inputs: str) -> Done:
    """Run the action of the workflow for a pull request."""
    [step] = [step for step in WORKFLOW["jobs"]["migration"]["steps"] if step["uses"].startswith("assist2resp/")]
    home = workspace.parent / "runner"
    programs = home / "assist2resp" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name in ("assist2resp", "python"):
        program = programs / name
        program.unlink(missing_ok=True)
        own = "-m assist2resp " if name == "assist2resp" else ""
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {own}"$@"\n')
        program.chmod(0o755)
    event = home / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    github = {
        "token": "t0ken",
        "event_name": "pull_request",
        "repository": "octo/bot",
        "event": {"pull_request": {"head": {"repo": {"full_name": "stranger/bot" if fork else "octo/bot"}}}},
    }
    environment = {
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "octo/bot",
        "GITHUB_API_URL": forge.url if forge else "http://127.0.0.1:9",
    }
    runner = Runner(home, workspace, ROOT, github, environment)
    return runner.run({**step["with"], **inputs}, skip=("Install",))


def test_every_action_that_is_used_is_pinned() -> None:
    steps = [*ACTION["runs"]["steps"], *WORKFLOW["jobs"]["migration"]["steps"]]
    used = [step["uses"] for step in steps if "uses" in step and not step["uses"].startswith("assist2resp/")]
    assert len(used) == 4
    assert [each for each in used if not PINNED.fullmatch(each)] == []


def test_the_workflow_asks_for_no_more_than_it_needs() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write", "security-events": "write"}
    text = (EXAMPLE / ".github/workflows/assist2resp.yml").read_text() + (ROOT / "action.yml").read_text()
    assert "secrets." not in text
    assert set(WORKFLOW[True]) == {"pull_request", "push"}


@dataclass(frozen=True)
class Passed:
    """A run of the example as it is, and the comments that it left."""

    done: Done
    comments: list[dict[str, Any]]


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Passed:
    """The workflow of the example, once."""
    folder = tmp_path_factory.mktemp("example")
    with Forge() as forge:
        return Passed(check(copied(folder), forge), forge.comments)


def test_the_example_passes_without_key_and_network(passed: Passed) -> None:
    done = passed.done
    assert not done.failed, done.log
    assert done.summary.startswith("<!-- assist2resp report -->\n\n## ")
    assert [comment["body"] for comment in passed.comments] == [done.summary]
    assert {path.name for path in done.folder.iterdir()} >= {
        *("findings.json", "findings.sarif", "run.json"),
        *("report.md", "report.html", "report.json", "report.xml"),
    }
    assert json.loads((done.folder / "run.json").read_text())["cases"][0]["new"]
    assert ET.parse(done.folder / "report.xml").getroot().tag == "testsuites"
    assert [each.partition("@")[0] for each in done.used] == [
        "actions/setup-python",
        "github/codeql-action/upload-sarif",
        "actions/upload-artifact",
    ]


def test_old_calls_fail_the_check(workspace: Path) -> None:
    (workspace / "left.py").write_text("from openai import OpenAI\n\nthread = OpenAI().beta.threads.create()\n")
    done = check(workspace, comment="false", cases="")
    assert done.failed
    assert "::error::assist2resp: code of the Assistants API is left" in done.log
    assert "Replay" not in done.steps


def test_a_changed_request_fails_the_replay_and_is_reported(workspace: Path) -> None:
    bot = workspace / "bot.py"
    bot.write_text(bot.read_text().replace("Answer in two sentences.", "Answer in one word."))
    done = check(workspace, comment="false")
    assert done.failed
    assert "::error::assist2resp: replay failed with exit code 3." in done.log
    assert "Answered −100.0 points over 8 cases" in done.summary


def test_forks_get_no_comment_and_no_code_scanning_but_the_report(workspace: Path) -> None:
    with Forge(read_only=True) as forge:
        done = check(workspace, forge, fork=True, cases="")
    assert not done.failed, done.log
    assert "No comment: the server answered 403; the report is in the summary and the artefacts." in done.log
    assert forge.comments == []
    assert "Code scanning" not in done.steps
    assert "Artefacts" in done.steps
    assert done.summary


def test_texts_of_the_pull_request_are_no_commands(workspace: Path) -> None:
    """What the tools print is between `::stop-commands::` and its end, and inputs reach scripts as variables alone."""
    name = "x ::error::pwned; touch pwned; $(touch pwned).py"
    (workspace / name).write_text("from openai import OpenAI\n\nthread = OpenAI().beta.threads.create()\n")
    done = check(
        workspace, comment="false", cases="", title='$(touch pwned) "; touch pwned; `touch pwned` ::error::pwned'
    )
    assert not list(workspace.rglob("pwned"))
    heeded, stopped = [], ""
    for line in done.log.splitlines():
        if line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif stopped and line == f"::{stopped}::":
            stopped = ""
        elif not stopped and line.startswith("::"):
            heeded.append(line)
    assert heeded == ["::error::assist2resp: code of the Assistants API is left; see the report."]


def test_the_run_of_the_base_is_compared_with(workspace: Path, passed: Passed) -> None:
    done = check(workspace, comment="false", paths="", **{"base-run": str(passed.done.folder / "run.json")})
    assert "Against the base run: 0 cases newly worse, 0 mended, of 8 in both." in done.summary


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inputs.a == 'x' && github.b.c != 'y'", True),
        ("inputs.a == 'z' || always()", True),
        ("inputs.missing", ""),
        ("inputs.flag == 'true'", True),
    ],
)
def test_expressions(expression: str, expected: object) -> None:
    assert (
        evaluated(expression, {"inputs": {"a": "x", "flag": "true"}, "github": {"b": {"c": "z"}}, "steps": {}})
        == expected
    )


def test_no_key_is_in_the_example() -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.is_file() and path.suffix != ".pyc"
    ]
    assert not re.search(r"sk-|authorization|openai-organization|set-cookie", "".join(texts), re.IGNORECASE)
