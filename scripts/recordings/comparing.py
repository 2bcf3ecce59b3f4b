"""Compares a recorded answer with the sandbox's: status, keys, types, telling values, order of ids, and events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from recordings.eras import (
    AZURE_ONLY,
    NOT_ON_AZURE,
    PROMISED,
    PROMISED_TYPES,
    PROMISED_VALUES,
    newer,
    older,
    retyped,
)
from recordings.streams import Event, collapsed

TELLING = frozenset({"object", "type", "role", "status", "reason", "code", "param", "deleted", "has_more", "purpose"})
"""Keys whose values are words of the wire and must be equal, not merely of one type."""


class Kind(StrEnum):
    """In what two answers differ. The first seven are allowed, and listed apart."""

    NEWER_KEY = "newer key"
    OLDER_KEY = "older key"
    NEWER_TYPE = "newer type"
    AZURE_KEY = "key of Azure's"
    PROMISED_KEY = "promised key"
    PROMISED_TYPE = "promised type"
    PROMISED_VALUE = "promised value"
    STATUS = "status"
    MISSING_KEY = "missing key"
    EXTRA_KEY = "extra key"
    TYPE = "type"
    VALUE = "value"
    LENGTH = "length"
    ORDER = "order"
    EVENTS = "events"
    BROKEN = "no comparison"


ALLOWED = frozenset(
    {
        Kind.NEWER_KEY,
        Kind.OLDER_KEY,
        Kind.NEWER_TYPE,
        Kind.AZURE_KEY,
        Kind.PROMISED_KEY,
        Kind.PROMISED_TYPE,
        Kind.PROMISED_VALUE,
    }
)


@dataclass(frozen=True)
class Difference:
    """One point in which the recorded (`was`) and the sandbox's (`now`) answers differ."""

    kind: Kind
    where: str
    was: str = ""
    now: str = ""


@dataclass(frozen=True)
class Comparer:
    """How to compare: the day whose wire the recording shows, and the recorded ids with the sandbox's for them."""

    day: date | None
    ids: Mapping[str, str]
    azure: bool = False

    def values(self, was: Any, now: Any, where: str = "", name: str = "", kind: str = "") -> Iterator[Difference]:
        """Every difference between two JSON values; `name` is the key that holds them in an object of this kind."""
        if isinstance(was, dict) and isinstance(now, dict):
            yield from self._objects(was, now, where, name)
        elif isinstance(was, list) and isinstance(now, list):
            yield from self._lists(was, now, where, name)
        elif _kind_of(was) != _kind_of(now):
            place = (kind, name, _kind_of(was), _kind_of(now))
            yield Difference(self._retyped(place), where, f"{kind}.{name} {_kind_of(was)}", _kind_of(now))
        elif name in TELLING and was != now and self.ids.get(str(was), was) != now:
            promised = (name, was, now) in PROMISED_VALUES
            yield Difference(Kind.PROMISED_VALUE if promised else Kind.VALUE, where, str(was), str(now))
        elif isinstance(was, str) and was in self.ids and self.ids[was] != now:
            yield Difference(Kind.ORDER, where, self.ids[was], str(now))

    def _objects(self, was: dict[str, Any], now: dict[str, Any], where: str, name: str) -> Iterator[Difference]:
        kind = str(now.get("object") or now.get("type") or name)
        for key in was.keys() - now.keys():
            yield Difference(self._missing(kind, key), f"{where}.{key}", f"{kind}.{key}")
        for key in now.keys() - was.keys():
            yield Difference(self._extra(kind, key), f"{where}.{key}", now=f"{kind}.{key}")
        for key in was.keys() & now.keys():
            yield from self.values(was[key], now[key], f"{where}.{key}", key, kind)

    def _retyped(self, place: tuple[str, str, str, str]) -> Kind:
        if place in PROMISED_TYPES:
            return Kind.PROMISED_TYPE
        return Kind.NEWER_TYPE if retyped(place, self.day) else Kind.TYPE

    def _missing(self, kind: str, key: str) -> Kind:
        if self.azure and (kind, key) in AZURE_ONLY:
            return Kind.AZURE_KEY
        return Kind.OLDER_KEY if older(kind, key, self.day) else Kind.MISSING_KEY

    def _extra(self, kind: str, key: str) -> Kind:
        if (kind, key) in PROMISED:
            return Kind.PROMISED_KEY
        if self.azure and (kind, key) in NOT_ON_AZURE:
            return Kind.AZURE_KEY
        return Kind.NEWER_KEY if newer(kind, key, self.day) else Kind.EXTRA_KEY

    def _lists(self, was: list[Any], now: list[Any], where: str, name: str) -> Iterator[Difference]:
        if len(was) != len(now):
            yield Difference(Kind.LENGTH, where, _kinds_in(was), _kinds_in(now))
            return
        for position, (left, right) in enumerate(zip(was, now, strict=True)):
            yield from self.values(left, right, f"{where}[{position}]", name)

    def streams(self, was: list[Event], now: list[Event]) -> Iterator[Difference]:
        """Every difference between two streams, runs of the same delta taken as one."""
        left, right = collapsed(was), collapsed(now)
        names = [event.name for event in left], [event.name for event in right]
        if names[0] != names[1]:
            first = next(place for place, pair in enumerate(itertools.zip_longest(*names)) if pair[0] != pair[1])
            yield Difference(
                Kind.EVENTS, f"event {first}", " ".join(names[0][first:][:4]), " ".join(names[1][first:][:4])
            )
        for position, (one, other) in enumerate(zip(left, right, strict=False)):
            if one.name == other.name:
                yield from self.values(one.data, other.data, f"{position}:{one.name}")


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def _kinds_in(rows: list[Any]) -> str:
    kinds = [
        str(row.get("type") or row.get("object") or "object") if isinstance(row, dict) else str(row) for row in rows
    ]
    return f"{len(rows)}: {' '.join(kinds)[:120]}"
