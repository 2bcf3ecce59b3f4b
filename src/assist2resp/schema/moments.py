"""Times as servers write them: seconds, milliseconds or ISO texts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_MILLISECONDS = 10**11
"""From here on a number cannot be seconds: that would be the year 5138."""


def seconds_of(value: Any) -> float | None:
    """A time in seconds since 1970, or None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        number = value / 1000 if abs(value) >= _MILLISECONDS else float(value)
        return number if 0 < number < _MILLISECONDS else None
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None


def shown(value: Any) -> str:
    """A time in UTC, to the minute; empty for what is none."""
    seconds = seconds_of(value)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M") if seconds is not None else ""
