"""The dependency files around a rewritten program, and what its new code needs of the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assist2resp.rewrite.dependencies.declared import Declaration, declarations, dependency_files
from assist2resp.rewrite.project.listing import is_excluded
from assist2resp.rewrite.rules._base import Rewritten

CONVERSATIONS = "1.103.0"
"""The first SDK whose streaming helpers take `conversation`; https://github.com/openai/openai-python/releases."""
RESPONSES = "1.66.0"
"""The first SDK with Responses, and with vector stores out of beta."""


def needed_version(rewritten: Rewritten) -> str:
    """The lowest SDK that the rewritten code runs on, or nothing where no flow was rewritten."""
    files = {change.file.path for plan in rewritten.plans for change in plan.changes}
    texts = [change.after for change in rewritten.changes if change.path in files or change.before is None]
    if not texts:
        return ""
    return CONVERSATIONS if any(b"conversation" in text for text in texts) else RESPONSES


def surrounding_files(rewritten: Rewritten) -> Iterator[tuple[Path, str]]:
    """The dependency files in the folders of the changed files and above, up to the given paths, with their texts."""
    files = {change.file.path for plan in rewritten.plans for change in plan.changes}
    changed = {change.path for change in rewritten.changes} & files
    folders = {folder for path in changed for folder in rewritten.project.folders_above(path)}
    for folder in sorted(folders):
        for path in dependency_files(folder):
            if not is_excluded(path, folder, rewritten.options.exclude):
                try:
                    yield path, path.read_bytes().decode("utf-8")
                except (OSError, UnicodeDecodeError):
                    continue


def declared(rewritten: Rewritten, package: str) -> Iterator[tuple[str, Declaration]]:
    """Each place around the rewritten program that bounds a package, with its file's text."""
    for path, text in surrounding_files(rewritten):
        for declaration in declarations(path, text, package):
            yield text, declaration
