"""Annotations of a pull request, as workflow commands that GitHub Actions reads from a step's output.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from assist2resp.rewrite.formats import View
from assist2resp.rewrite.outcome import Outcome
from assist2resp.schema.findings import FileFailure, Finding, Level, Remark

_COMMANDS = {Level.FIXED: "notice", Level.REVIEW: "warning", Level.MANUAL: "error"}


def render(outcome: Outcome, view: View) -> str:
    """One command per finding and failure; what would be fixed is a warning until it is written."""
    found = outcome.findings
    lines = [*map(_failure, found.failures), *map(_remark, found.remarks), *_findings(outcome, view)]
    return "".join(line + "\n" for line in lines)


def _findings(outcome: Outcome, view: View) -> Iterator[str]:
    for finding in outcome.findings.findings:
        proposed = finding.level is Level.FIXED and not view.written
        yield _command("warning" if proposed else _COMMANDS[finding.level], _properties(finding), finding.message)


def _properties(finding: Finding) -> dict[str, str]:
    place = finding.place
    return {
        "file": place.path,
        "line": str(place.line),
        "col": str(place.column),
        "title": f"{finding.code} {finding.level}",
    }


def _failure(failure: FileFailure) -> str:
    properties = {"file": failure.path, "line": str(failure.line or 1), "title": "assist2resp failed"}
    return _command("error", properties, failure.problem)


def _remark(remark: Remark) -> str:
    place = {"file": remark.place.path, "line": str(remark.place.line), "title": "assist2resp"}
    return _command("warning", place, remark.message)


def _command(name: str, properties: dict[str, str], message: str) -> str:
    joined = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {joined}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
