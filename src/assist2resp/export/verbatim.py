"""JSON cut into pieces as it was written: numbers, escapes and unknown fields of an object stay as they came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_BREAK = re.compile(r"[ \t]*[\r\n]\s*")
_SPACE = re.compile(r"[ \t\r\n]*")
_LONG_NUMBER = 4000


class Piece(NamedTuple):
    """A JSON value and its own characters, in one line."""

    value: Any
    raw: str


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONG_NUMBER else float(digits)


_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)
_PATIENT = json.JSONDecoder(parse_constant=lambda _name: None, parse_int=_whole_number)
"""For numbers of more digits than Python reads."""


def piece_of(text: str) -> Piece:
    """A whole text; a ValueError says what is wrong with it."""
    start = _skip(text, 0)
    value, end = _decode(text, start)
    if _skip(text, end) != len(text):
        raise ValueError("there is more after the JSON value")
    return Piece(value, one_line(text[start:end]))


def value_of(text: str) -> Any:
    """The value of a text; a ValueError says what is wrong with it."""
    return piece_of(text).value


def members_of(text: str) -> Iterator[tuple[str, Piece]]:
    """The members of an object in the order of the text."""
    place = _expect(text, _skip(text, 0), "{")
    while not text.startswith("}", place):
        key, place = _decode(text, place)
        if not isinstance(key, str):
            raise ValueError("the name of a member is no string")  # noqa: TRY004 - the data are wrong
        start = _expect(text, _skip(text, place), ":")
        value, end = _decode(text, start)
        yield key, Piece(value, text[start:end])
        place = _separator(text, end, "}")


def elements_of(text: str) -> Iterator[Piece]:
    """The elements of an array."""
    place = _expect(text, _skip(text, 0), "[")
    while not text.startswith("]", place):
        value, end = _decode(text, place)
        yield Piece(value, one_line(text[place:end]))
        place = _separator(text, end, "]")


def one_line(raw: str) -> str:
    """The text without its line breaks and the indentation around them, which are never within a string."""
    return _BREAK.sub("", raw) if "\n" in raw or "\r" in raw else raw


def dumped(value: Any) -> str:
    """A value of our own as JSON: readable, unless UTF-8 cannot hold it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if _is_utf8(text) else json.dumps(value, separators=(",", ":"))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _expect(text: str, place: int, sign: str) -> int:
    if not text.startswith(sign, place):
        raise ValueError(f"expected {sign} at character {place}")
    return _skip(text, place + 1)


def _separator(text: str, place: int, end: str) -> int:
    place = _skip(text, place)
    if text.startswith(end, place):
        return place
    return _expect(text, place, ",")


def _decode(text: str, place: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        return _PATIENT.raw_decode(text, place)
