"""SARIF 2.1.0 for code scanning: findings, the pages of their rules, and the changes as replacements.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
A fix is the whole of what belongs together: a flow is rewritten whole or not at all, so its replacements, in all the files
that it connects, stand once, at the first finding among them. Only what is not yet written has a fix.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assist2resp.rewrite.catalogue import SECTIONS, Rule, catalogue
from assist2resp.rewrite.formats import View
from assist2resp.rewrite.outcome import FileChange, Outcome, absolute
from assist2resp.rewrite.output.diff import shown_path
from assist2resp.rewrite.output.writing import groups
from assist2resp.rewrite.syntax.replacements import Replacement, decoded, replacements
from assist2resp.schema.findings import Finding, Findings, Level, Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.FIXED: "warning", Level.REVIEW: "warning", Level.MANUAL: "error"}


def render(outcome: Outcome, view: View) -> str:
    """One run as a SARIF log."""
    rules = catalogue()
    found = outcome.findings.findings
    fixes = {} if view.written else _fixes(outcome, view)
    results = []
    for index, (finding, fingerprint) in enumerate(zip(found, _fingerprints(found, view), strict=True)):
        result = _result(finding, rules, view) | {"partialFingerprints": {"assist2resp/v1": fingerprint}}
        results.append(result | ({"fixes": [fixes[index]]} if index in fixes else {}))
    run = {
        "tool": {"driver": _driver(rules, outcome.findings.tool_version)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome.findings, view)],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver(rules: Iterable[Rule], version: str) -> dict[str, Any]:
    return {"name": "assist2resp", "semanticVersion": version, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> dict[str, Any]:
    sections = [(title, rule.sections[title]) for title in SECTIONS if title in rule.sections]
    plain = "\n\n".join([rule.sentence, *(f"{title}\n{text}" for title, text in sections)])
    marked = "\n\n".join([rule.sentence, *(f"## {title}\n\n{text}" for title, text in sections)])
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.sentence or rule.title},
        "help": {"text": plain or rule.title, "markdown": marked or rule.title},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {"tags": ["migration", "openai"], "precision": "very-high"},
    } | ({"helpUri": rule.link} if rule.link else {})


def _result(finding: Finding, rules: Sequence[Rule], view: View) -> dict[str, Any]:
    index = next((index for index, rule in enumerate(rules) if rule.code == finding.code), None)
    done = finding.level is Level.FIXED and view.written
    blocker = finding.blocked_by
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "kind": "informational" if done else "fail",
        "level": "none" if done else _LEVELS[finding.level],
        "message": {"text": finding.message},
        "locations": [_location(finding.place, view)],
        "properties": {"level": finding.level.value, "symbol": finding.symbol, "flow": finding.flow},
    }
    if index is not None:
        result["ruleIndex"] = index
    if blocker is not None and blocker != finding.place:
        result["relatedLocations"] = [_location(blocker, view) | {"message": {"text": "What keeps it back"}}]
    return result


def _location(place: Place, view: View) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": _artifact(absolute(place.path), view), "region": region}}


def _artifact(path: Path, view: View) -> dict[str, str]:
    if not path.is_relative_to(view.root):
        return {"uri": path.as_uri()}
    return {"uri": quote(shown_path(path, view.root), errors="surrogateescape"), "uriBaseId": "%SRCROOT%"}


def _fingerprints(findings: Iterable[Finding], view: View) -> list[str]:
    """One per finding, the same for a site that only moved within its file."""
    seen: Counter[str] = Counter()
    prints = []
    for finding in findings:
        path = shown_path(absolute(finding.place.path), view.root)
        site = f"{finding.code}\0{path}\0{finding.symbol}\0{finding.message}"
        prints.append(hashlib.sha256(f"{site}\0{seen[site]}".encode(errors="surrogateescape")).hexdigest()[:32])
        seen[site] += 1
    return prints


def _invocation(found: Findings, view: View) -> dict[str, Any]:
    notes = [_note("error", Place(path=fail.path, line=fail.line or 1), fail.problem, view) for fail in found.failures]
    notes += [_note("warning", remark.place, remark.message, view) for remark in found.remarks]
    return {"executionSuccessful": not found.failures, "toolExecutionNotifications": notes}


def _note(level: str, place: Place, message: str, view: View) -> dict[str, Any]:
    return {"level": level, "message": {"text": message}, "locations": [_location(place, view)]}


def _fixes(outcome: Outcome, view: View) -> dict[int, dict[str, Any]]:
    """The fix of each group of files, by the index of the finding that carries it."""
    carriers: dict[Path, int] = {}
    for index, finding in enumerate(outcome.findings.findings):
        if finding.level is not Level.MANUAL:
            carriers.setdefault(absolute(finding.place.path), index)
    fixes = {}
    for group in groups(outcome):
        indices = [carriers[change.path] for change in group if change.path in carriers]
        if indices:
            fixes[min(indices)] = _fix(group, view)
    return fixes


def _fix(group: Sequence[FileChange], view: View) -> dict[str, Any]:
    files = "this file" if len(group) == 1 else f"{len(group)} files together"
    changes = [
        {
            "artifactLocation": _artifact(change.path, view),
            "replacements": [
                _replacement(part) for part in replacements(decoded(change.before), decoded(change.after))
            ],
        }
        for change in group
    ]
    return {"description": {"text": f"Move {files} to the Responses API"}, "artifactChanges": changes}


def _replacement(part: Replacement) -> dict[str, Any]:
    region = {"startLine": part.start, "startColumn": 1, "endLine": part.end, "endColumn": part.end_column}
    return {"deletedRegion": region} | ({"insertedContent": {"text": part.text}} if part.text else {})
