"""Which files a run looks at, and what it says of those that it does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assist2resp.rewrite.outcome import Outcome
from assist2resp.rewrite.output.checkout import uncommitted
from assist2resp.rewrite.project.listing import listed
from assist2resp.rewrite.unseen import with_unseen
from assist2resp.schema.findings import Findings

GIT = ("git", "-c", "user.name=n", "-c", "user.email=e@example.com")


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    return folder


def checkout(folder: Path, *names: str) -> Path:
    tree(folder, *names)
    subprocess.run([*GIT, "init", "-q", str(folder)], check=True)
    return folder


def names(folder: Path, *patterns: str) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in listed(folder, patterns or ("*.py",))]


def test_plain_folder(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b/c.py", "b/d.txt", ".venv/e.py", "node_modules/f.py", "b/__pycache__/g.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert names(tmp_path) == ["a.py", "b/c.py"]
    assert names(tmp_path, "*.py", "*.txt") == ["a.py", "b/c.py", "b/d.txt"]


def test_checkout_follows_gitignore(tmp_path: Path) -> None:
    checkout(tmp_path, "a.py", "made/b.py", "c d/é.py", "gone.py")
    (tmp_path / ".gitignore").write_text("made/\n")
    subprocess.run([*GIT, "-C", str(tmp_path), "add", "."], check=True)
    (tmp_path / "gone.py").unlink()
    tree(tmp_path, "new.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    assert names(tmp_path) == ["a.py", "c d/é.py", "new.py"]


def test_an_ignored_folder_that_is_named_is_listed(tmp_path: Path) -> None:
    checkout(tmp_path, "a.py", "made/b.py")
    (tmp_path / ".gitignore").write_text("made/\n")
    assert names(tmp_path / "made") == ["b.py"]


def test_a_closed_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.py", "closed/b.py")
    import os

    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    told: list[OSError] = []
    assert [path.name for path in listed(tmp_path, ("*.py",), told.append)] == ["a.py"]
    assert [error.filename for error in told] == [str(tmp_path / "closed")]


def test_what_was_not_looked_at(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "old/b.py", "n.ipynb", "m/o.ipynb", "web/p.tsx", "q.go", "notes.txt")
    nothing = Findings(tool_version="0", files_looked_at=1, files_parsed=0, files_changed=(), findings=())
    told = with_unseen(Outcome((), nothing), [tmp_path, tmp_path / "a.py"], ["old/*"])
    assert [(skipped.count, skipped.what) for skipped in told.findings.not_looked_at] == [
        (1, "JavaScript and TypeScript files"),
        (1, "Python files and notebooks"),
        (1, "files of other languages"),
    ]


def test_uncommitted(tmp_path: Path) -> None:
    assert uncommitted([tree(tmp_path / "plain", "a.py")]) == 0
    repository = checkout(tmp_path / "repository", "a.py", "b/c.py")
    subprocess.run([*GIT, "-C", str(repository), "add", "."], check=True)
    subprocess.run([*GIT, "-C", str(repository), "commit", "-q", "-m", "m"], check=True)
    assert uncommitted([repository]) == 0
    (repository / "b" / "c.py").write_text("x = 2\n")
    tree(repository, "new.py")
    assert uncommitted([repository]) == 2
    assert uncommitted([repository / "b", repository / "a.py"]) == 1
