"""Reads YAML with the lines of its parts, for complaints that name them. Files are untrusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assist2resp.errors import InputFileError

_MOST_VALUES = 10_000_000
"""The size at which aliases are taken for a bomb."""


class Marked(NamedTuple):
    """A value, and the node that it was read from."""

    value: Any
    node: yaml.Node | None


def read_text(path: Path) -> str:
    """The text of a file, without a byte-order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error


def marked(path: Path, text: str) -> Marked:
    """A YAML text with its nodes; an InputFileError names the line of what is no YAML."""
    try:
        found = Marked(yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputFileError(path, f"is no YAML: {problem}.", line=mark.line + 1 if mark else None) from error
    except (RecursionError, ValueError) as error:
        raise InputFileError(path, f"is no YAML: {type(error).__name__}: {error}.") from error
    if _size(found.value, {}) > _MOST_VALUES:
        raise InputFileError(path, f"holds more than {_MOST_VALUES:,} values when its aliases are written out.")
    return found


def entries(path: Path, found: Marked, wrong: str, hint: str) -> list[Marked]:
    """The entries of a list; an InputFileError says that it is `wrong` where it is none. Nothing is an empty list."""
    if found.value is None:
        return []
    if not isinstance(found.value, list) or not isinstance(found.node, yaml.SequenceNode):
        raise InputFileError(path, wrong, line=1, hint=hint)
    return [Marked(*pair) for pair in zip(found.value, found.node.value, strict=True)]


def line_of(found: Marked, place: tuple[int | str, ...] = ()) -> int:
    """The line of a part of a value, or of what is nearest around it."""
    node = found.node
    line = node.start_mark.line + 1 if node is not None else 1
    for step in place:
        inner = None
        if isinstance(node, yaml.MappingNode):
            inner = next(((key, value) for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            inner = (node.value[step], node.value[step])
        if inner is None:
            break
        line, node = inner[0].start_mark.line + 1, inner[1]
    return line


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values a value holds when each alias is written out; those are counted, not walked."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES  # a value within itself is endless
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(entry, known) for entry in inner)
    return known[id(value)]
