"""Why a file is no Python that this interpreter knows, in the words of the interpreter, for a person to act on."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import NamedTuple

_NO_BRACKET = re.compile(rb"[^()\[\]{}]+")
_STEP = dict.fromkeys(b"([{", 1) | dict.fromkeys(b")]}", -1)
_MAX_DEPTH = 200
"""The limit of CPython's tokenizer."""
_SHALLOW = 2_000
"""Bytes of a file that nothing but brackets can nest too deeply in: a level takes one, and both parsers go deeper."""
_FRAMES = 10_000


@contextmanager
def deep_recursion(times: int = 1) -> Iterator[None]:
    """Room for passes over trees as deep as Python's own parser takes them; they cost frames, not stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, times * _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class Complaint(NamedTuple):
    """A clause that follows the file's name, and the line where it shows, from 1."""

    problem: str
    line: int


def nests_too_deeply(data: bytes) -> bool:
    """Whether brackets or chains nest deeper than Python allows; LibCST's parser overflows the stack on such a file.

    Brackets in strings count too: what is wrongly suspected is no Python that people write.
    """
    brackets = _NO_BRACKET.sub(b"", data)
    if len(brackets) > _MAX_DEPTH and max(accumulate(map(_STEP.__getitem__, brackets))) > _MAX_DEPTH:
        return True
    if len(data) <= _SHALLOW:
        return False
    try:
        _parse(data)
    except (RecursionError, MemoryError):
        return True
    except (SyntaxError, ValueError):
        return False
    return False


def why_unparsable(data: bytes) -> Complaint | None:
    """The first thing that is wrong with a file, or None if this interpreter reads it."""
    return _decoding(data) or _syntax(data)


def _decoding(data: bytes) -> Complaint | None:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        encoding, declared = "utf-8", str(error)
        if declared.startswith("unknown encoding"):
            return Complaint(f"cannot be decoded: {declared}; mend its coding comment", 1)
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        return Complaint(f"cannot be decoded: byte 0x{byte:02x} is not {error.encoding}; save it as UTF-8", line)
    return None


def _syntax(data: bytes) -> Complaint | None:
    if b"\0" in data:
        return Complaint("does not parse: it holds a NUL byte", data.count(b"\n", 0, data.index(b"\0")) + 1)
    try:
        _parse(data)
    except SyntaxError as error:
        return Complaint(f"does not parse: {error.msg}", error.lineno or 1)
    except (RecursionError, MemoryError):
        return Complaint("does not parse: nested too deeply", 1)
    return None


def _parse(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(data)
