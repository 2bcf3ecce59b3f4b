"""Text as it may be shown: what cannot be seen, or turns the text around it, is written out."""

from __future__ import annotations

import re
from math import isfinite

LONGEST = 20_000
"""Characters of one text that a report shows; the run's file has it whole."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    r"""The text with control characters, marks of direction and invisible ones as `\uXXXX`; newlines and tabs stay."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text.replace("\r\n", "\n"))


def one_line(text: str, longest: int = 200) -> str:
    """The visible text on one line, cut."""
    line = " ".join(visible(text[: longest * 4]).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def shortened(text: str, longest: int = LONGEST) -> str:
    """The beginning of a long text, and how much is missing."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… [{len(text) - longest:,} more characters in the run's file]"


def listed(parts: list[str], most: int = 3) -> str:
    """`a, b and c`, or `a, b and 3 more`."""
    if len(parts) > most:
        parts = [*parts[: most - 1], f"{len(parts) - most + 1} more"]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def quantity(value: float | None, unit: str) -> str:
    """A value with its unit: `98.2 %`, `1.31 s`, `$0.0042`."""
    if value is None or not isfinite(value):
        return "–"
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "USD":
        return f"${_figures(value)}"
    short = {"seconds": " s", "": ""}.get(unit, f" {unit}")
    return f"{_figures(value)}{short}"


def change(value: float | None, unit: str) -> str:
    """A difference with its sign: `−6.1 points`, `+31.0 tokens`."""
    if value is None or not isfinite(value):
        return "–"
    sign = "−" if value < 0 else "+" if value > 0 else "±"
    if unit == "share":
        return f"{sign}{100 * abs(value):.1f} points"
    return f"{sign}{quantity(abs(value), unit)}"


def _figures(value: float) -> str:
    """About three figures, and no exponent."""
    size = abs(value)
    if size >= 100 or size == int(size):
        return f"{value:,.0f}"
    decimals = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.01 else 6
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")
