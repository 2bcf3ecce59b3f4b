"""Errors of types that a rewrite brings into a program: pyright's, before and after, file by file.

https://github.com/microsoft/pyright/blob/main/docs/command-line.md
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

Errors: TypeAlias = Mapping[str, Counter[str]]
"""Per file: how often each error is reported, whatever its line."""

_CONFIG = "pyrightconfig.json"
_LIMIT = 900
_FORGOTTEN = re.compile(
    r'attribute "vector_stores" for class "(?:Async)?Beta"|attribute "files" for class "(?:Async)?Assistants"'
    r'|No parameter named "file_ids"'
)
"""Old calls that the SDK has no more: what they take and give is only known, and complained of, since it is others."""
_UNKNOWN = re.compile(r"\bUnknown \| | \| Unknown\b")
_NO_TEXT = re.compile(
    r'for class "(?:(?:ImageFile|ImageURL|Refusal)ContentBlock'
    r'|ResponseOutputRefusal|ResponseInput(?:Image|File)|ComputerScreenshotContent)"'
)
"""What the types say, once for each other kind of part, of code that takes every part of a message for text."""
_TEXT_TAKEN = "a part of a message is taken for text"
_ARGUMENT = re.compile(r'cannot be assigned to parameter "[^"]*" of type (.*?) in function "[^"]*"')
"""What differs where the same value goes to another function of the same type."""


def errors(pyright: Path, root: Path, files: Iterable[Path]) -> Errors:
    """What pyright reports of some files of a tree, with the packages of this interpreter."""
    names = [path.relative_to(root).as_posix() for path in files if path.suffix == ".py" and path.exists()]
    config = root / _CONFIG
    kept = config.read_bytes() if config.exists() else None
    settings = {"include": names, "typeCheckingMode": "standard", "reportMissingModuleSource": "none"}
    config.write_text(json.dumps(settings), encoding="utf-8")
    try:
        return _reported(pyright, root) if names else {}
    finally:
        if kept is None:
            config.unlink()
        else:
            config.write_bytes(kept)


def _reported(pyright: Path, root: Path) -> Errors:
    command = [str(pyright), "--outputjson", "--pythonpath", sys.executable, "--project", str(root / _CONFIG)]
    told = subprocess.run(command, capture_output=True, check=False, timeout=_LIMIT)
    found: dict[str, Counter[str]] = {}
    taken: set[tuple[str, str]] = set()
    for item in json.loads(told.stdout)["generalDiagnostics"]:
        if item["severity"] == "error":
            name = Path(item["file"]).relative_to(root.resolve()).as_posix()
            if _NO_TEXT.search(item["message"]):
                taken.add((name, json.dumps(item["range"])))
                continue
            message = _ARGUMENT.sub(r"is given for \1", _UNKNOWN.sub("", " ".join(item["message"].split())))
            text = f"{item.get('rule', '')} {message}"
            found.setdefault(name, Counter())[text] += 1
    for name, _ in taken:
        found.setdefault(name, Counter())[_TEXT_TAKEN] += 1
    return found


def new_errors(before: Errors, after: Errors) -> Iterator[str]:
    """What is reported only after, with its file; not of files whose old calls the SDK's types had forgotten already."""
    for name, found in after.items():
        if any(_FORGOTTEN.search(text) for text in before.get(name, ())):
            continue
        for text, count in (found - before.get(name, Counter())).items():
            yield f"{name}: {text}" + (f" ({count} times)" if count > 1 else "")
