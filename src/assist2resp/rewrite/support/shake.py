"""Chooses the pieces of the support module that a program uses: what it asks for, and all that these read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from assist2resp.rewrite.configurations.archived import REGISTRY
from assist2resp.rewrite.support.header import header
from assist2resp.rewrite.support.joining import imports_for, joined
from assist2resp.rewrite.support.pieces import PARTS, Method, Piece, pieces_of, with_text
from assist2resp.rewrite.support.usage import Needs, needs_of


def support_source(used: Iterable[str], *, is_async: bool, is_sync: bool, registry: str = REGISTRY) -> str:
    """The support module for these uses (see `usage.needs_of`), for synchronous clients, asynchronous ones, or both.

    `registry` is the file beside it that it keeps assistants in.
    """
    ways = frozenset(name for name, wanted in (("async", is_async), ("sync", is_sync)) if wanted)
    return _source(needs_of(used), ways, registry)


@cache
def _source(needs: Needs, ways: frozenset[str], registry: str) -> str:
    kept = _reachable(_settled(needs.features | ways), needs)
    body = joined(kept).replace(f'"{REGISTRY}"', f'"{registry}"')
    imports = imports_for(frozenset[str]().union(*(piece.read.names for piece in kept)))
    return f"{header(imports + body, registry)}\n{imports}\n{body}"


@dataclass(frozen=True)
class _Settled:
    """All pieces with some regions, in their order and by name."""

    pieces: Sequence[Piece]
    by_name: dict[str, list[Piece]]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> _Settled:
        by_name: dict[str, list[Piece]] = {}
        for piece in pieces:
            by_name.setdefault(piece.name, []).append(piece)
        return cls(pieces, by_name)


@cache
def _settled(regions: frozenset[str]) -> _Settled:
    """All pieces, with functions called that asked for something in regions which are gone, and ask for nothing now."""
    pieces = [piece for part in PARTS for piece in pieces_of(part, regions)]
    while True:
        asking_nothing = [piece.name for piece in pieces if _WORK in piece.text and not piece.read.yields]
        if not asking_nothing:
            return _Settled.of(pieces)
        called = "|".join(asking_nothing)
        inside = re.compile(rf"\(yield from ((?:{called})\(.*\))\)")
        alone = re.compile(rf"yield from ((?:{called})\()")
        settled = []
        for piece in pieces:
            text = alone.sub(r"\1", inside.sub(r"\1", piece.text)) if "yield from" in piece.text else piece.text
            text = text.replace(_WORK, ") -> Any:") if piece.name in asking_nothing else text
            settled.append(with_text(piece, text))
        pieces = settled


_WORK = ") -> _Work:"


def _reachable(settled: _Settled, needs: Needs) -> list[Piece]:
    """The pieces that are asked for, and all that these read."""
    answering = [piece for piece in settled.pieces if piece.route in needs.routes]
    names = set(needs.names.union(*(piece.read.names for piece in answering)))
    waiting = list(names)
    while waiting:
        for piece in settled.by_name.get(waiting.pop(), ()):
            new = piece.read.names - names
            names |= new
            waiting += new
    kept = [piece for piece in settled.pieces if piece.name in names or piece.route in needs.routes]
    askers = Counter([*needs.methods, *(attribute for piece in kept for attribute in piece.read.attributes)])
    return [_trimmed(piece, askers) for piece in kept]


def _trimmed(piece: Piece, askers: Counter[str]) -> Piece:
    """A class without the methods that no other piece asks for by name; `askers` counts those of each name."""
    if not piece.text.startswith("class "):
        return piece
    names = {method.name for method in piece.methods}
    return _with_methods(piece, frozenset(name for name in names if askers[name] > (name in piece.read.attributes)))


@cache
def _with_methods(piece: Piece, asked: frozenset[str]) -> Piece:
    """A class with the methods that are asked for, and those that these read."""
    used = _used(piece.methods, asked)
    lines = piece.text.splitlines()
    for method in reversed(piece.methods):
        if method.name not in used:
            first = method.first - 1
            del lines[first - (not lines[first - 1].strip()) : method.last]
    return with_text(piece, "\n".join(lines))


def _used(methods: Sequence[Method], asked: frozenset[str]) -> set[str]:
    """Names of the methods that the rest of the file or a used method of their own class reads."""
    used = {method.name for method in methods if method.name in asked or method.name in _CALLED_BY_OTHERS}
    used |= {method.name for method in methods if method.name.startswith("__")}
    while True:
        read = frozenset[str]().union(*(method.attributes for method in methods if method.name in used))
        grown = used | {method.name for method in methods if method.name in read}
        if grown == used:
            return used
        used = grown


_CALLED_BY_OTHERS = ("handle_request", "handle_async_request", "close", "aclose")
"""Methods that the HTTP library calls."""
