"""Joins pieces into the text of a support module: parts under their titles, below the imports of what they read."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache

from assist2resp.rewrite.support.pieces import PARTS, Piece, imports_of, part_source


def joined(kept: Sequence[Piece]) -> str:
    """The pieces as one text, each part under a comment that says what it is for."""
    texts: list[str] = []
    before: Piece | None = None
    for piece in kept:
        if before is not None:
            texts.append("\n" if before.is_stub and piece.name == before.name else _gap(before, piece))
        if before is None or piece.part != before.part:
            texts.append(_title(piece.part) + ("\n\n" if piece.is_def else "\n"))
        texts.append(piece.text)
        before = piece
    return "".join(texts) + "\n"


def _gap(before: Piece, after: Piece) -> str:
    return "\n\n\n" if before.is_def or after.is_def or before.part != after.part else "\n"


@cache
def _title(part: str) -> str:
    return f"# {part_source(part).partition(chr(10))[0].strip(chr(34))}\n"


def imports_for(names: frozenset[str]) -> str:
    """The imports of these names, sorted as isort sorts them."""
    whole: set[str] = set()
    parts: dict[str, set[str]] = {}
    for node in (node for part in PARTS for node in imports_of(part)):
        used = {alias.name for alias in node.names if alias.name in names}
        if isinstance(node, ast.Import):
            whole |= used
        elif used:
            parts.setdefault(node.module or "", set()).update(used)
    parts.pop("__future__", None)
    own = [*(f"import {name}" for name in sorted(whole)), *(_import_from(name, parts[name]) for name in sorted(parts))]
    standard = [line for line in own if not line.split()[1].startswith("openai")]
    third = [line for line in own if line.split()[1].startswith("openai")]
    groups = ["from __future__ import annotations", "\n".join(standard), "\n".join(third)]
    return "\n\n".join(group for group in groups if group) + "\n"


def _import_from(module: str, names: set[str]) -> str:
    return f"from {module} import {', '.join(sorted(names))}"
