"""Comments that keep the rewriter away: from a statement, or from a whole file.

    run = client.beta.threads.runs.create(...)  # assist2resp: ignore[A2R401]

`ignore` without codes means every rule, a code may be a prefix (`A2R4`). The comment covers the statement that it stands
in, or, alone on its line, the statement below it. `# assist2resp: ignore-file` anywhere covers the file.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"#\s*assist2resp:\s*(?P<verb>[\w-]+)(?P<codes>\[[^\]]*\]?)?", re.IGNORECASE)
_CODE = re.compile(r"A2R\d{0,3}")
_EVERY = ("",)
_NO_STATEMENT = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})


@dataclass(frozen=True)
class Ignore:
    """One comment: the lines that it covers, from 1, and prefixes of the codes; no lines means the file."""

    codes: tuple[str, ...]
    lines: range | None


@dataclass(frozen=True)
class Mistake:
    """A comment that was meant for us and says nothing we know."""

    line: int
    problem: str


@dataclass(frozen=True)
class Ignores:
    """All the comments of a file."""

    ignores: tuple[Ignore, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def covers(self, line: int, code: str) -> bool:
        """Whether a finding of this code on this line is to be left out."""
        return any(
            code.startswith(ignore.codes) for ignore in self.ignores if ignore.lines is None or line in ignore.lines
        )


def ignored(data: bytes) -> Ignores:
    """The comments of a file, as far as it can be read."""
    if b"assist2resp:" not in data.lower():
        return Ignores()
    ignores: list[Ignore] = []
    mistakes: list[Mistake] = []
    for comment in _comments(data):
        found = _read(comment)
        if isinstance(found, Ignore):
            ignores.append(found)
        elif found is not None:
            mistakes.append(found)
    return Ignores(tuple(ignores), tuple(mistakes))


@dataclass(frozen=True)
class _Comment:
    text: str
    line: int
    statement: range


def _comments(data: bytes) -> Iterator[_Comment]:
    """Every comment with the lines of the statement that it belongs to."""
    waiting: list[tuple[str, int]] = []
    first: int | None = None
    for token in _tokens(data):
        if token.type == tokenize.COMMENT:
            waiting.append((token.string, token.start[0]))
        elif token.type == tokenize.NEWLINE:
            statement = range(first or token.start[0], token.start[0] + 1)
            yield from (_Comment(text, line, statement) for text, line in waiting)
            waiting, first = [], None
        elif first is None and token.type not in _NO_STATEMENT:
            first = token.start[0]
    yield from (_Comment(text, line, range(line, line + 1)) for text, line in waiting)


def _tokens(data: bytes) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the first that cannot be read."""
    try:
        yield from tokenize.tokenize(io.BytesIO(data).readline)
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return


def _read(comment: _Comment) -> Ignore | Mistake | None:
    match = _COMMENT.search(comment.text)
    if match is None:
        return None
    verb = match["verb"].lower()
    if verb not in ("ignore", "ignore-file"):
        return Mistake(comment.line, f"'assist2resp: {match['verb']}' is no known comment; write ignore or ignore-file")
    codes = _codes(match["codes"])
    if not codes:
        return Mistake(comment.line, f"'{match[0]}' names no rule; write it like ignore[A2R401] or ignore")
    return Ignore(codes, None if verb == "ignore-file" else comment.statement)


def _codes(brackets: str | None) -> tuple[str, ...]:
    """The codes between brackets; every code without brackets, none where one is malformed."""
    if brackets is None:
        return _EVERY
    codes = tuple(code.strip().upper() for code in brackets.strip("[]").split(","))
    return codes if brackets.endswith("]") and all(_CODE.fullmatch(code) for code in codes) else ()
