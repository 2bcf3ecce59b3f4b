"""What the rewriter makes of a program of fixtures/programs, and the files that record it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options
from assist2resp.schema.findings import Finding
from tests.rewrite.programs import Program

SUPPORT = "assistants_compat.py"


@dataclass(frozen=True)
class Rewritten:
    """The changed files by their path in the program, and the findings in the form that is recorded."""

    changed: dict[str, bytes]
    findings: list[dict[str, object]]

    @property
    def level(self) -> str:
        """The level of the whole: the worst of its findings, or `untouched`."""
        levels = {finding["level"] for finding in self.findings}
        return next((level for level in ("manual", "review", "fixed") if level in levels), "untouched")

    @property
    def recorded_files(self) -> dict[str, bytes]:
        """The changed files without the support module, which has tests of its own."""
        return {name: data for name, data in self.changed.items() if not name.endswith(SUPPORT)}


def rewrite_copy(program: Program, folder: Path) -> Rewritten:
    """Copy a program to `folder`, which must not exist, and rewrite it there."""
    shutil.copytree(program.folder / "before", folder)
    outcome = rewrite([folder], options(program))
    for change in outcome.changes:
        change.path.write_bytes(change.after)
        if change.path.name == SUPPORT and program.id_map:
            write_id_map(change.path.with_name("id_map.sqlite"), program.id_map)
    changed = {change.path.relative_to(folder).as_posix(): change.after for change in outcome.changes}
    return Rewritten(changed, [_recorded(finding, folder) for finding in outcome.findings.findings])


def write_id_map(path: Path, ids: dict[str, str]) -> None:
    """Write the table that a load leaves."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT)")
        database.executemany("INSERT INTO ids VALUES (?, ?)", ids.items())


def options(program: Program) -> Options:
    """The options that a program is rewritten with; models die with time, and have tests of their own."""
    archive = program.folder / program.archive if program.archive else None
    return Options(ignore=("A2R901",), archive=archive)


def _recorded(finding: Finding, folder: Path) -> dict[str, object]:
    path = Path(finding.place.path).resolve().relative_to(folder.resolve()).as_posix()
    kept = {"code": finding.code, "level": str(finding.level), "place": f"{path}:{finding.place.line}"}
    return {**kept, "symbol": finding.symbol, "plain": finding.plain}


def record(program: Program, rewritten: Rewritten) -> dict[Path, bytes]:
    """The files that fixtures hold of a rewrite: `after/` with what changed, and findings.json."""
    lines = ",\n".join(json.dumps(finding) for finding in rewritten.findings)
    found = {program.folder / "findings.json": f"[\n{lines}\n]\n".encode() if lines else b"[]\n"}
    return found | {program.folder / "after" / name: data for name, data in rewritten.recorded_files.items()}


def recorded(program: Program) -> dict[Path, bytes]:
    """The files that fixtures hold now."""
    after = program.folder / "after"
    paths = [path for path in after.rglob("*") if path.is_file()] if after.is_dir() else []
    findings = program.folder / "findings.json"
    return {path: path.read_bytes() for path in [*paths, *([findings] if findings.exists() else [])]}
