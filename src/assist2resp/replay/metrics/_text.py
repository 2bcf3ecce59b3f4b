"""Texts as metrics see them."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_MARKS = re.compile(r"[*_`#>~]+")
_SAME = str.maketrans({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"})
"""Typographic quotes and dashes as typewriters have them; NFKC has done the rest."""
_MARKER = re.compile("【[^】]*】")


def normal(text: str) -> str:
    """A text in lower case, in one line, with plain quotes and dashes, without markup and citation markers."""
    plain = unicodedata.normalize("NFKC", _MARKER.sub("", text)).translate(_SAME)
    return _SPACE.sub(" ", _MARKS.sub("", plain)).strip().casefold()
