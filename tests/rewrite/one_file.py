"""A program of one file as the rewriter sees it, in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options
from assist2resp.schema.findings import Finding


@dataclass(frozen=True)
class Result:
    """What became of a program: its files by name, those that changed, and the findings."""

    files: dict[str, str]
    changed: frozenset[str]
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The program where it is one file."""
        return self.files["main.py"]

    @property
    def codes(self) -> set[str]:
        return {finding.code for finding in self.findings}


def rewritten(program: str | dict[str, str], folder: Path, options: Options | None = None) -> Result:
    """Write a program into `folder`, and rewrite it there."""
    files = {"main.py": program} if isinstance(program, str) else program
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return again(folder, options)


def again(folder: Path, options: Options | None = None) -> Result:
    """Rewrite what lies in `folder`."""
    outcome = rewrite([folder], options or Options())
    for change in outcome.changes:
        change.path.write_bytes(change.after)
    changed = frozenset(change.path.relative_to(folder).as_posix() for change in outcome.changes)
    files = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}
    return Result(files, changed, outcome.findings.findings)
