"""The folder that the demo leaves behind: claimed only when it is new, empty, or an earlier demo's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assist2resp.errors import UsageError

MARKER = ".assist2resp-demo"

CONTENTS = {
    "before": "the bot on the Assistants API, as its author left it, with its database of customers",
    "after": "the same bot, rewritten, with the same database",
    "archive": "its assistants and threads, exported while the old API lived",
    "rewrite.diff": "the change from the one bot to the other",
    "findings.json": "every site that was found, and how it ended",
    "old.txt": "what the bot printed while the old API lived",
    "expected.txt": "what it printed there on the next day, to the same customers",
    "shut.txt": "what it said once that API was shut",
    "new.txt": "what the rewritten bot printed on that next day, on the new API alone",
    "run.json": "what the new API answered to every recorded turn, measured",
    "report.md": "what a reviewer is told of all this, as a comment on a pull request",
    "report.html": "the same as a page, with every case",
    "sandbox.sqlite": "both APIs' objects; `assist2resp sandbox --state` opens them",
}
"""What may lie in the folder, and what it is. Nothing else is ever replaced or removed."""


class DemoFolder:
    """A claimed folder. Every failure to write is a UsageError that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def part(self, name: str) -> Path:
        """The path of one of the contents."""
        assert name in CONTENTS
        return self.path / name

    def write(self, name: str, text: str | bytes) -> None:
        """Write one of the contents."""
        data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
        with _translated(self.part(name)):
            self.part(name).write_bytes(data)

    def copy(self, source: Path, name: str) -> Path:
        """Copy a folder in, without what running it leaves behind."""
        with _translated(source):
            shutil.copytree(source, self.part(name), ignore=shutil.ignore_patterns("__pycache__", "*.db"))
        return self.part(name)

    def keep(self, source: Path, name: str, place: str) -> None:
        """Copy a file, if it is there, to a place within one of the contents."""
        with _translated(source):
            if source.is_file():
                shutil.copyfile(source, self.part(name) / place)

    def contents(self) -> Iterator[tuple[str, str]]:
        """The name of each thing that lies there, and what it is."""
        return ((name, about) for name, about in CONTENTS.items() if self.part(name).exists())


def claim(path: Path) -> DemoFolder:
    """Make the folder, or empty it of what an earlier demo left; refuses one with anything else in it."""
    path = path.absolute()
    with _translated(path):
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path}: is not a folder; give --out the name of a new one.")
        if path.is_dir() and any(path.iterdir()) and not (path / MARKER).is_file():
            raise UsageError(f"{path}: holds files that are not the demo's; give --out the name of a new folder.")
        path.mkdir(parents=True, exist_ok=True)
        (path / MARKER).write_text("Made by `assist2resp demo`, which replaces what it made here.\n", encoding="utf-8")
        for name in CONTENTS:
            _remove(path / name)
        for left_over in path.glob("sandbox.sqlite-*"):
            left_over.unlink()
    return DemoFolder(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except shutil.Error as error:
        raise UsageError(f"{path}: cannot be copied; {error}") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{error.filename or path}: {reason}; give --out a folder that you may write to.") from error
