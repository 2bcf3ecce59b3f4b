"""Compares JSON values field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_LONGEST = 60


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Each field that differs, with both values, such as `arguments.city: "Paris", was "Rome"`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            inner = f"{place}.{name}" if place else str(name)
            if name not in new:
                yield f"{inner}: gone, was {brief(old[name])}"
            elif name not in old:
                yield f"{inner}: {brief(new[name])}, was absent"
            else:
                yield from differences(old[name], new[name], inner)
    elif isinstance(old, list) and isinstance(new, list):
        for at, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from differences(one, other, f"{place}[{at}]")
        if len(old) != len(new):
            yield f"{place or 'the list'}: {len(new)} entries, were {len(old)}"
    elif not same(old, new):
        yield f"{place or 'the value'}: {brief(new)}, was {brief(old)}"


def shares(old: Any, new: Any) -> tuple[int, int]:
    """How many leaves are equal, and how many there are in either."""
    if isinstance(old, dict) and isinstance(new, dict) and (old or new):
        pairs = [shares(old.get(name, _ABSENT), new.get(name, _ABSENT)) for name in {**old, **new}]
    elif isinstance(old, list) and isinstance(new, list) and (old or new):
        longest = max(len(old), len(new))
        padded = ([*value, *[_ABSENT] * (longest - len(value))] for value in (old, new))
        pairs = [shares(one, other) for one, other in zip(*padded, strict=True)]
    else:
        size = max(_leaves(old), _leaves(new))
        return (size if same(old, new) else 0), size
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def share(old: Any, new: Any) -> float:
    """The share of equal leaves, from 0 to 1."""
    equal, of = shares(old, new)
    return equal / of


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON; 1 is 1.0, and true is not 1."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


_ABSENT = object()


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list) and value:
        return sum(_leaves(entry) for entry in (value.values() if isinstance(value, dict) else value))
    return 1


def brief(value: Any) -> str:
    """A value in a few signs."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
