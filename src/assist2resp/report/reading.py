"""Reads JSON files whose biggest array is taken one element at a time, so that memory does not grow with the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from assist2resp.errors import InputFileError
from assist2resp.schema.versioned import without_lone_surrogates

_CHUNK = 1 << 20
_SPACE = re.compile(r"[ \t\r\n]*")
_CUT = ("", ".", "e", "E")
"""What follows a number whose rest is still to be read, or anything at the end of the piece."""
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
"""NaN and Infinity, which JSON does not have, are read as nothing."""


def opened(path: Path) -> TextIO:
    """The file as text; InputFileError where it cannot be opened."""
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputFileError(path, f"cannot be read: {reason}.") from error


def members(path: Path, file: TextIO, streamed: str) -> Iterator[tuple[str, Any]]:
    """The members of the one object in a file, in their order; those of the array `streamed` come one by one."""
    reader = _Reader(path, file)
    reader.expect("{", "a JSON object")
    if reader.took("}"):
        return
    while True:
        key = reader.value()
        if not isinstance(key, str):
            raise reader.complaint("a member's name is no text")
        reader.expect(":", "':'")
        if key == streamed and reader.took("["):
            yield from ((key, element) for element in _elements(reader))
        else:
            yield key, reader.value()
        if reader.took("}"):
            return
        reader.expect(",", "',' or '}'")


def _elements(reader: _Reader) -> Iterator[Any]:
    if reader.took("]"):
        return
    while True:
        yield reader.value()
        if reader.took("]"):
            return
        reader.expect(",", "',' or ']'")


class _Reader:
    """A place in a file of JSON, and the piece of text around it."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path, self._file = path, file
        self._text, self._at, self._lines, self._ended = "", 0, 1, False

    def took(self, sign: str) -> bool:
        """Whether the next sign is this one, which is then passed."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._at < len(self._text) or not self._more():
                break
        found = self._text.startswith(sign, self._at)
        self._at += found
        return found

    def expect(self, sign: str, what: str) -> None:
        """Pass the next sign, which must be this one."""
        if not self.took(sign):
            raise self.complaint(f"{what} is expected" if self._at < len(self._text) else "it ends too early")

    def value(self) -> Any:
        """The next value, whole."""
        self.took("\0")  # passes white space
        while True:
            problem = None
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                problem = error
            except RecursionError as error:
                raise self.complaint("it is nested too deeply") from error
            except ValueError as error:
                raise self.complaint("a number has too many digits") from error
            if problem is None and (self._ended or self._text[end : end + 1] not in _CUT):
                piece = self._text[self._at : end] if end - self._at < _CHUNK else "\\u"
                self._at = end
                return without_lone_surrogates(found) if "\\u" in piece else found
            if not self._more() and problem is not None:
                self._at = min(problem.pos, len(self._text))
                raise self.complaint(problem.msg) from problem

    def complaint(self, what: str) -> InputFileError:
        """An error at this place."""
        line = self._lines + self._text.count("\n", 0, self._at)
        return InputFileError(self._path, f"is no valid JSON: {what[0].lower()}{what[1:]}.", line=line)

    def _more(self) -> bool:
        """Read on; False where the file has ended."""
        if self._ended:
            return False
        try:
            piece = self._file.read(max(_CHUNK, len(self._text)))
        except UnicodeDecodeError as error:
            raise InputFileError(self._path, f"is no UTF-8: byte 0x{error.object[error.start]:02x}.") from error
        except OSError as error:
            raise InputFileError(self._path, f"cannot be read: {(error.strerror or str(error)).lower()}.") from error
        self._lines += self._text.count("\n", 0, self._at)
        self._text, self._at, self._ended = self._text[self._at :] + piece, 0, not piece
        return True
