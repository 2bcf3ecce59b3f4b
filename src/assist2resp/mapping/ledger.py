"""Keeps the account of one object's fields while it is converted: every field that says something must be stated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from assist2resp.schema.archive import Losses

UNKNOWN = "no known place in the new API"
REPLACED = "halves of surrogate pairs, which UTF-8 cannot hold, became U+FFFD"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Ledger:
    """The fields of one old object, and what became of each."""

    def __init__(self, old: Mapping[str, Any]) -> None:
        self._said = said_by(old)
        self._kept: set[str] = set()
        self._changed: dict[str, str] = {}
        self._lost: dict[str, str] = {}

    def keep(self, *names: str) -> None:
        """These fields mean the same in the new object."""
        self._kept.update(names)

    def change(self, how: str, *names: str) -> None:
        """These fields are said in another form or place."""
        self._changed.update(dict.fromkeys(names, how))

    def lose(self, why: str, *names: str) -> None:
        """These fields are said by nothing new."""
        self._lost.update(dict.fromkeys(names, why))

    def close(self) -> Losses:
        """The account, in the object's own order; what nobody stated is lost. A name with a dot is a part of a field."""
        names = [*self._said, *(name for name in (*self._changed, *self._lost) if "." in name)]
        lost = {name: self._lost[name] for name in names if name in self._lost}
        changed = {name: self._changed[name] for name in names if name in self._changed and name not in lost}
        kept = tuple(name for name in names if name in self._kept and name not in {*lost, *changed})
        stated = {*kept, *changed, *lost}
        lost |= {name: UNKNOWN for name in names if name not in stated}
        return Losses(kept=kept, changed=changed, lost=lost)


def said_by(old: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields that say something: not null and not empty."""
    return tuple([name for name, value in old.items() if value or value == 0])


def whole(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair; the value itself if it has none."""
    if value is None or (isinstance(value, str) and value.isascii()):
        return value
    try:
        orjson.dumps(value)
    except TypeError:
        return _mended(value)
    return value


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value) if _SURROGATE.search(value) else value
    if isinstance(value, dict):
        mended = [(_mended(name), _mended(entry)) for name, entry in value.items()]
        pairs = zip(mended, value.items(), strict=True)
        return dict(mended) if any(new[0] is not old[0] or new[1] is not old[1] for new, old in pairs) else value
    if isinstance(value, list):
        entries = [_mended(entry) for entry in value]
        return entries if any(new is not old for new, old in zip(entries, value, strict=True)) else value
    return value
