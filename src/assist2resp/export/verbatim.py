"""JSON cut into pieces as it was written: numbers, escapes and unknown fields of an object stay as they came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

_SPACES = " \t\r\n"
_SPACE = re.compile(f"[{_SPACES}]*")
_LONG_NUMBER = 4000


class Piece(NamedTuple):
    """A JSON value and its own characters, in one line."""

    value: Any
    raw: str


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONG_NUMBER else float(digits)


_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)
_DIGITS = b"0" * 18
_NUMBER = b":" + _DIGITS
_SIGNS = bytes(48 if sign in b"0123456789" else 58 if sign in b" \t\r\n\v\f:,[-" else 120 for sign in range(256))
"""Each byte as a digit, as what may stand before a number, or as anything else."""
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
    return read_value(text).value


class Read(NamedTuple):
    """A value that was read."""

    value: Any
    is_whole: bool
    """Whether no text within holds half of a surrogate pair, which orjson refuses."""


def read_value(text: str) -> Read:
    """The value of a text; a ValueError says what is wrong with it."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return Read(piece_of(text).value, is_whole=False)
    if _may_be_large(text) and orjson.dumps(value).decode() != text:
        value = piece_of(text).value
    return Read(value, is_whole=True)


def read_values(texts: Sequence[str]) -> list[Read]:
    """The values of texts that are JSON each: all at once where that is as good, which takes half the time."""
    together = f"[{','.join(texts)}]"
    try:
        values = orjson.loads(together)
    except ValueError:
        values = []
    if len(values) != len(texts) or _may_be_large(together):
        return [read_value(text) for text in texts]
    return [Read(value, is_whole=True) for value in values]


def _may_be_large(text: str) -> bool:
    """Whether there is a number that orjson may read as a float, or a string that looks like one.

    The regular expression alone takes as long as all else that is done with a message.
    """
    signs = text.encode("utf-8", "surrogatepass").translate(_SIGNS)
    return _DIGITS in signs and _NUMBER in signs


def members_of(text: str) -> Iterator[tuple[str, Piece]]:
    """The members of an object in the order of the text."""
    for key, start in _members(text):
        value, end = _decode(text, start.place)
        yield key, Piece(value, text[start.place : end])
        start.place = end


def listing_of(text: str) -> tuple[list[Piece] | None, dict[str, Any]]:
    """The elements of an object's array `data`, None if it has none, and its other members."""
    found = _listing_as_we_write(text)
    return found if found is not None else _listing_by_cutting(text)


def _listing_as_we_write(text: str) -> tuple[list[Piece], dict[str, Any]] | None:
    """The same for a text that is, byte for byte, what we would write: then so are its pieces, and none need be cut."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        return None
    option = orjson.OPT_INDENT_2 if "\n" in text else None
    if orjson.dumps(value, option=option) != text.strip(_SPACES).encode():
        return None
    elements = value.pop("data")
    raws = [orjson.dumps(element, option=option).decode() for element in elements]
    if option is not None:
        raws = [one_line(raw) for raw in raws]
    return list(map(Piece, elements, raws)), value


def _listing_by_cutting(text: str) -> tuple[list[Piece] | None, dict[str, Any]]:
    data: list[Piece] | None = None
    others: dict[str, Any] = {}
    for key, start in _members(text):
        if key == "data" and text.startswith("[", start.place):
            data = list(_elements(text, start))
        else:
            others[key], start.place = _decode(text, start.place)
    return data, others


def elements_of(text: str) -> Iterator[Piece]:
    """The elements of an array."""
    return _elements(text, _Cursor(_skip(text, 0)))


@dataclass
class _Cursor:
    """A place in a text, which whoever reads there moves on."""

    place: int


def _members(text: str) -> Iterator[tuple[str, _Cursor]]:
    """The names of an object's members, each with the place of its value, to be moved behind it."""
    place = _expect(text, _skip(text, 0), "{")
    while not text.startswith("}", place):
        key, place = _decode(text, place)
        if not isinstance(key, str):
            raise ValueError("the name of a member is no string")  # noqa: TRY004 - the data are wrong
        cursor = _Cursor(_expect(text, _skip(text, place), ":"))
        yield key, cursor
        place = _separator(text, cursor.place, "}")


def _elements(text: str, cursor: _Cursor) -> Iterator[Piece]:
    place = _expect(text, cursor.place, "[")
    while not text.startswith("]", place):
        value, end = _decode(text, place)
        yield Piece(value, one_line(text[place:end]))
        place = _separator(text, end, "]")
    cursor.place = place + 1


def one_line(raw: str) -> str:
    """The text without its line breaks and the indentation around them, which are never within a string."""
    if "\n" not in raw and "\r" not in raw:
        return raw
    return "".join([line.strip(_SPACES) for line in raw.replace("\r", "\n").split("\n")])


def dumped(value: Any) -> str:
    """A value of our own as JSON: readable, unless UTF-8 cannot hold it."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def _skip(text: str, place: int) -> int:
    if text[place : place + 1] not in _SPACES:
        return place
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
