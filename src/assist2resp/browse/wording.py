"""What of an item is read and searched, and what a question asks for in the terms of SQLite's FTS5.

https://www.sqlite.org/fts5.html: words are runs of letters and digits, without regard to case and accents. Chinese and
Japanese do not part words, so there every character is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNPARTED = re.compile("([\u2e80-\u2fff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])")
_TERM = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
_DEEPEST = 40
_AROUND = 90
"""Characters that an excerpt shows on each side of what was found."""


def searchable(text: str) -> str:
    """A text as the index takes it."""
    if text.isascii():
        return text
    return _UNPARTED.sub(r" \1 ", text.encode("utf-8", "replace").decode())


def text_of_item(item: Mapping[str, Any]) -> str:
    """The words of an item: what was said, or a call's name and arguments, or its output."""
    kind = item.get("type")
    if kind == "message":
        parts = item.get("content")
        if isinstance(parts, str):
            return parts
        said = [part.get("text") or part.get("refusal") for part in parts or () if isinstance(part, dict)]
        return said[0] if len(said) == 1 and isinstance(said[0], str) else "\n".join(str(text) for text in said if text)
    if kind == "function_call":
        return f"{item.get('name')}\n{item.get('arguments')}"
    output = item.get("output")
    return output if isinstance(output, str) else "\n".join(texts_within(item))


def texts_within(value: Any, depth: int = 0) -> Iterator[str]:
    """Every string of a value, the names of its members aside."""
    if isinstance(value, str):
        yield value
    elif depth > _DEEPEST:
        return
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from texts_within(entry, depth + 1)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from texts_within(entry, depth + 1)


@dataclass(frozen=True)
class Question:
    """What is searched for."""

    expression: str
    """In FTS5's language; empty if there is no word in it."""
    terms: tuple[str, ...]
    """The wanted words and phrases."""


def question_of(asked: str) -> Question:
    """Every word must occur; `"…"` is a phrase, `word*` a beginning, `-word` must not occur."""
    wanted: list[str] = []
    unwanted: list[str] = []
    terms: list[str] = []
    for minus, phrase, word in _TERM.findall(asked.replace("\0", " ")):
        begins = word.endswith("*")
        term = (phrase or word).strip("*").strip()
        if not re.search(r"\w", term):
            continue
        quoted = '"' + searchable(term).replace('"', " ") + '"' + (" *" if begins else "")
        (unwanted if minus else wanted).append(quoted)
        terms += [] if minus else [term]
    expression = " AND ".join(wanted)
    if expression and unwanted:
        expression = f"({expression}) NOT ({' OR '.join(unwanted)})"
    return Question(expression, tuple(terms))


@dataclass(frozen=True)
class Excerpt:
    """A piece of a text; every second part of it is what was searched for."""

    parts: tuple[str, ...]


def excerpt_of(text: str, terms: tuple[str, ...]) -> Excerpt:
    """The text around the first of the terms in it, or its beginning."""
    pattern = re.compile("|".join(f"({re.escape(term)})" for term in terms) or "(?!)", re.IGNORECASE)
    found = pattern.search(text)
    middle = found.start() if found else 0
    start, end = max(0, middle - _AROUND), middle + 2 * _AROUND
    piece = " ".join(text[start:end].split())
    parts, last = [], 0
    for hit in pattern.finditer(piece):
        parts += [piece[last : hit.start()], hit.group()]
        last = hit.end()
    parts.append(piece[last:])
    if start:
        parts[0] = f"… {parts[0]}"
    if end < len(text):
        parts[-1] += " …"
    return Excerpt(tuple(parts))
