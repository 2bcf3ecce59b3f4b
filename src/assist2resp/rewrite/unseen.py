"""What a run does not look at, counted, so that nobody takes silence for a clean bill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from assist2resp.rewrite.outcome import Outcome, absolute
from assist2resp.rewrite.project.listing import is_excluded, listed
from assist2resp.schema.findings import Skipped

_KINDS = {
    "JavaScript and TypeScript files": ((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx"), "only Python is rewritten"),
    "files of other languages": (
        (".go", ".java", ".kt", ".cs", ".rb", ".php", ".rs", ".swift"),
        "only Python is rewritten",
    ),
}
_EXCLUDED = ("Python files and notebooks", "excluded")


def with_unseen(outcome: Outcome, paths: Iterable[Path], exclude: Iterable[str]) -> Outcome:
    """The outcome, with what lies below the paths and was not looked at."""
    globs = tuple(exclude)
    counts = Counter(kind for path in paths for kind in _unseen(absolute(path), globs))
    skipped = tuple(Skipped(what=what, count=count, reason=reason) for (what, reason), count in sorted(counts.items()))
    told = replace(outcome.findings, not_looked_at=(*outcome.findings.not_looked_at, *skipped))
    return replace(outcome, findings=told)


def _unseen(path: Path, globs: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not path.is_dir():
        return
    kinds = {suffix: (what, reason) for what, (suffixes, reason) in _KINDS.items() for suffix in suffixes}
    patterns = [f"*{suffix}" for suffix in kinds] + (["*.py", "*.ipynb"] if globs else [])
    for file in listed(path, patterns):
        if file.suffix not in {".py", ".ipynb"}:
            yield kinds[file.suffix]
        elif is_excluded(file, path, globs):
            yield _EXCLUDED
