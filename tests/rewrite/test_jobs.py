"""Several processes find and write what one does; small trees start none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.project.ahead import Ahead
from assist2resp.rewrite.project.project import open_project
from tests.rewrite.programs import PROGRAMS

forks = pytest.mark.skipif(
    not hasattr(os, "fork") or sys.platform == "darwin", reason="this system does not fork safely"
)

CALL = "from openai import OpenAI\n\nclient = OpenAI()\n{name} = client.beta.threads.create()\nprint({name}.id)\n"
RUN = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
from assist2resp.rewrite.project import ahead
from assist2resp.rewrite import engine
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.project.project import open_project

ahead._WORTHWHILE = engine._WORTHWHILE = 1
started = []
fork = os.fork
def counted():
    pid = fork()
    started.append(pid)
    return pid
os.fork = counted
folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
options = Options(jobs=jobs, models={"old-model": "new-model"})
found = engine.rewrite([folder], options)
with ahead.Ahead([folder], options) as looking:
    project = open_project(looking)
files = [
    (file.path.name, file.is_wanted, file.has_needle, file.may_pass_values, sorted(file.import_words.words),
     file.import_words.is_relative, file.writes_thread_id, file.imports_httpx)
    for file in project.files.values()
]
changes = [(str(c.path), (c.before or b"").decode(), c.after.decode()) for c in found.changes]
obstacles = {str(flow): why for flow, why in found.obstacles.items()}
told = {"changes": changes, "findings": asdict(found.findings), "obstacles": obstacles, "files": files,
        "unreadable": [str(path) for path, _ in project.unreadable]}
print(json.dumps([len(started), told]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with what is looked at, what is not, and what lies in between."""
    for number in range(8):
        (tmp_path / f"program_{number}").mkdir()
        (tmp_path / f"program_{number}" / "main.py").write_text(CALL.format(name=f"thread_{number}"))
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "clients.py").write_text("from openai import OpenAI\n\nclient = OpenAI()\n")
    (package / "calls.py").write_text("from .clients import client\n\nprint(client.beta.threads.create().id)\n")
    (package / "user.py").write_text("from . import calls\nimport httpx\n\nprint(calls, httpx)\n")
    (tmp_path / "requirements.txt").write_text("openai>=1.50\n")
    (tmp_path / "ids.py").write_text('ID = "thread_abcdefghijklmnopqrstuvwx"\n')
    (tmp_path / "model.py").write_text('MODEL = "old-model"\n')
    (tmp_path / "broken.py").write_text("client.beta.threads.create(\n")
    (tmp_path / "latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\n")
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    for name, source in (("plain.ipynb", "print(1)\n"), ("asks.ipynb", CALL.format(name="thread"))):
        cells = [{**cell, "source": source.splitlines(keepends=True)}]
        (tmp_path / name).write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    return tmp_path


def outcome(tree: Path, jobs: int) -> tuple[int, dict[str, object]]:
    """How many processes a rewrite starts, and what it decides: in a process without pytest's threads."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tree), str(jobs)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    started, told = json.loads(done.stdout)
    return started, told


@forks
def test_two_processes_decide_what_one_does(tree: Path) -> None:
    alone, by_one = outcome(tree, 1)
    together, by_two = outcome(tree, 2)
    assert by_two == by_one
    assert alone == 0
    assert together == 3  # two that read, and one that writes
    changed = {Path(path).name for path, _, _ in by_one["changes"]}  # type: ignore[attr-defined]
    assert changed >= {"main.py", "calls.py", "asks.ipynb", "requirements.txt"}
    wanted = [name for name, is_wanted, *_ in by_one["files"] if is_wanted]  # type: ignore[attr-defined]
    assert wanted == ["model.py"]


def test_a_small_tree_starts_no_process(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise AssertionError("a process was started")

    monkeypatch.setattr(os, "fork", refused, raising=False)
    monkeypatch.setattr("threading.active_count", lambda: 1)
    assert rewrite([tree], Options()).changes
    assert rewrite([tree], Options(jobs=8)).changes
    assert rewrite([PROGRAMS / "django_views" / "before"], Options(jobs=8)).findings.files_looked_at


def test_a_file_that_vanishes_after_it_was_seen_says_nothing(tree: Path) -> None:
    with Ahead([tree], Options()) as looking:
        (tree / "ids.py").unlink()
        project = open_project(looking)
    assert tree / "ids.py" not in project.files
    assert [path.name for path, _ in project.unreadable] == ["ids.py"]
