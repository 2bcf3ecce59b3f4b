"""The job for GitLab CI: its script, run by sh in the example repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.ci.forge import Forge

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))


def test_the_job_runs(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(ROOT / "examples/support-bot", workspace, ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, start in (("assist2resp", "-m assist2resp "), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {start}"$@"\n')
        (programs / name).chmod(0o755)
    given = {
        "ASSIST2RESP_CASES": "cases.yaml",
        "ASSIST2RESP_CASSETTES": "cassettes",
        "ASSIST2RESP_REPLAY_OPTIONS": "--config bot:CONFIGURATION",
        "CI_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": "glpat",
    }
    script = "\n".join(["set -e", *TEMPLATE["assist2resp"]["script"]])
    with Forge() as forge:
        environment = TEMPLATE["variables"] | given | {"CI_API_V4_URL": forge.url}
        environment["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=workspace,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = workspace / TEMPLATE["assist2resp"]["artifacts"]["paths"][0]
    assert (workspace / TEMPLATE["assist2resp"]["artifacts"]["reports"]["junit"]).is_file()
    assert [each["body"] for each in forge.comments] == [(reports / "report.md").read_text(encoding="utf-8")]
