"""Runs the steps of a composite action on this machine, as a runner of GitHub Actions would: the `run` steps in bash.

What it knows of expressions is what action.yml uses: inputs, outputs and outcomes of steps, `github.…`, `always()`,
`==`, `!=`, `&&`, `||`, brackets and texts. Steps that use other actions are listed, not run.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_PATH = re.compile(r"(?<![\w'./-])(inputs|steps|github)((?:\.[\w-]+)+)")


@dataclass
class Done:
    """What became of an action."""

    failed: bool = False
    steps: list[str] = field(default_factory=list)
    """The names of the steps that ran."""
    used: list[str] = field(default_factory=list)
    """The actions that steps would have used."""
    log: str = ""
    summary: str = ""
    folder: Path = Path()


@dataclass
class Runner:
    """A machine of GitHub's: its folders, the event, and who is logged in."""

    home: Path
    workspace: Path
    action: Path
    github: dict[str, Any]
    environment: dict[str, str]

    def run(self, inputs: dict[str, str], skip: tuple[str, ...] = ()) -> Done:
        """Run the action's steps in their order; a failed step stops those that do not say `always()`."""
        action = yaml.safe_load((self.action / "action.yml").read_text(encoding="utf-8"))
        unknown = inputs.keys() - action["inputs"].keys()
        assert not unknown, unknown
        given = {name: str(entry["default"]) for name, entry in action["inputs"].items()} | inputs
        context: dict[str, Any] = {"inputs": given, "steps": {}, "github": self.github}
        context["inputs"] = {name: self._filled(value, context) for name, value in given.items()}
        done = Done(folder=self.home / "assist2resp-reports")
        for step in action["runs"]["steps"]:
            if step["name"] not in skip and self._is_due(step, context, done):
                self._step(step, context, done)
        done.summary = self._file("summary").read_text(encoding="utf-8")
        return done

    def _is_due(self, step: dict[str, Any], context: dict[str, Any], done: Done) -> bool:
        condition = _EXPRESSION.sub(lambda match: match[1], step.get("if", "true"))
        return (not done.failed or "always()" in condition) and bool(evaluated(condition, context))

    def _step(self, step: dict[str, Any], context: dict[str, Any], done: Done) -> None:
        done.steps.append(step["name"])
        if "uses" in step:
            done.used.append(step["uses"])
            return
        self._file("output").write_text("", encoding="utf-8")
        given = {name: self._filled(value, context) for name, value in step.get("env", {}).items()}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        assert not _EXPRESSION.search(step["run"]), "an expression within a script lets its text be run"
        ended = subprocess.run(
            command,
            cwd=self.workspace,
            env=self._environment() | given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        done.log += ended.stdout + ended.stderr
        done.failed |= ended.returncode != 0
        lines = self._file("output").read_text(encoding="utf-8").splitlines()
        outcome = "success" if ended.returncode == 0 else "failure"
        if "id" in step:
            context["steps"][step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines), "outcome": outcome}

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(self.home),
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_OUTPUT": str(self._file("output")),
            "GITHUB_STEP_SUMMARY": str(self._file("summary")),
            **self.environment,
        }

    def _file(self, name: str) -> Path:
        path = self.home / f"_{name}"
        path.touch()
        return path

    def _filled(self, text: Any, context: dict[str, Any]) -> str:
        return _EXPRESSION.sub(lambda match: str(evaluated(match[1], context)), str(text))


def evaluated(expression: str, context: dict[str, Any]) -> Any:
    """The value of an expression; what is not there is an empty text."""
    python = _PATH.sub(lambda match: f"at({match[1]!r}, {match[2]!r})", expression)
    python = python.replace("&&", " and ").replace("||", " or ").replace("always()", "True").replace("true", "True")
    python = re.sub(r"'True'", "'true'", python)

    def at(root: str, path: str) -> Any:
        value: Any = context[root]
        for name in path.strip(".").split("."):
            value = value.get(name, "") if isinstance(value, dict) else ""
        return value

    return eval(python, {"__builtins__": {}}, {"at": at})
