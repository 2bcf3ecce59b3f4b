"""Files that put something of their own in the place of a client: mocks of tests, and classes with a `beta` of their own."""

from __future__ import annotations

import re
from functools import lru_cache

from assist2resp.rewrite.project.project import SourceFile

_LIBRARY = re.compile(
    rb"\bunittest\.mock\b|\bfrom[ \t]+unittest[ \t]+import\b.*\bmock\b|\b(?:import|from)[ \t]+mock\b|\bmocker\b|\bmonkeypatch\b"
)
_MOCK = re.compile(
    rb"\b(?:Magic|Async)?Mock\(|(?<![\w.])patch(?:\.\w+)?\(|\bmock(?:er)?\.patch(?:\.\w+)?\(|\bmonkeypatch\b|\bmocker\b"
)
_DOUBLE = re.compile(
    rb"^[ \t]+(?:self\.)?beta\b[ \t]*(?::[^=\n]*)?(?:=(?!=)(?!.*\.beta\b)|$)|\bdef[ \t]+beta\b|[(,][ \t]*beta=(?!.*\.beta\b)",
    re.MULTILINE,
)
"""A class or a namespace with a `beta` of its own, which may stand for a client; an alias of a client's is none."""
_TYPES = re.compile(rb"\bopenai\.types\.beta\b")


def stands_in(file: SourceFile) -> bool:
    """Whether a file puts something else in the place of a client."""
    return b"beta" in file.data and _replaces(file.data)


@lru_cache(maxsize=1_000)
def _replaces(data: bytes) -> bool:
    mocks = _LIBRARY.search(data) and _MOCK.search(data)
    return bool((mocks and b"beta" in _TYPES.sub(b"", data)) or _DOUBLE.search(data))
