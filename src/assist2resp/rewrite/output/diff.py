"""An outcome as a unified diff that `git apply` and `patch -p1` take, byte for byte, and in colours for a person."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from rich.text import Text

from assist2resp.rewrite.outcome import FileChange

_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_STYLES = (("--- ", "bold"), ("+++ ", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"), ("\\", "dim"))


def unified(changes: Iterable[FileChange], root: Path) -> bytes:
    """The diff of every change, with paths as seen from `root`."""
    return b"".join(_file_diff(change, root) for change in changes)


def painted(diff: str) -> Text:
    """The diff with a style for each line."""
    text = Text()
    for line in diff.splitlines(keepends=True):
        style = next((style for prefix, style in _STYLES if line.startswith(prefix)), "")
        text.append(line, style)
    return text


def shown_path(path: Path, root: Path) -> str:
    """The path as seen from `root` where it lies below, else whole; with slashes."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _file_diff(change: FileChange, root: Path) -> bytes:
    name = os.fsencode(shown_path(change.path, root).lstrip("/"))
    tab = b"\t" if b" " in name else b""
    old = b"/dev/null" if change.before is None else b"a/" + name + tab
    lines = difflib.diff_bytes(
        difflib.unified_diff, _lines(change.before or b""), _lines(change.after), old, b"b/" + name + tab
    )
    return b"".join(line if line.endswith(b"\n") else line + _NO_NEWLINE for line in lines)


def _lines(data: bytes) -> list[bytes]:
    """Lines as diff tools count them: only a line feed ends one."""
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + (
        [data.rpartition(b"\n")[2]] if data[-1:] != b"\n" and data else []
    )
