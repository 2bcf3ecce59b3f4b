"""JSON and YAML files of the user's, read so that a problem can be told with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from assist2resp.errors import InputFileError

Place: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Input:
    """A file's value, and the line of each part of it by the keys and indices that lead there."""

    path: Path
    value: Any
    lines: dict[Place, int]

    def problem(self, place: Place, text: str, hint: str = "") -> InputFileError:
        """The error of the part at `place`, or of what encloses it."""
        shown = place
        while shown not in self.lines and shown:
            shown = shown[:-1]
        return InputFileError(self.path, text, line=self.lines.get(shown), hint=hint)


@dataclass(frozen=True)
class Part:
    """One part of an input, with what is needed to complain about it."""

    source: Input
    place: Place
    value: Any

    def problem(self, text: str, hint: str = "") -> InputFileError:
        """The error of this part."""
        shown = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.place).lstrip(".")
        return self.source.problem(self.place, f"{shown}: {text}" if shown else text, hint)

    def mapping(self, *allowed: str, required: str = "") -> dict[str, Part]:
        """The parts of a mapping that may have these keys (any, if none are given) and must have `required`."""
        if not isinstance(self.value, dict):
            raise self.problem(f"must be a mapping, not {kind_of(self.value)}.")
        parts = {str(key): Part(self.source, (*self.place, str(key)), value) for key, value in self.value.items()}
        for key, part in parts.items():
            if allowed and key not in allowed:
                raise part.problem(f"is not a known key; the keys are {', '.join(allowed)}.")
        if required and required not in parts:
            raise self.problem(f"must have the key '{required}'.")
        return parts

    def sequence(self) -> list[Part]:
        """The parts of a list."""
        if not isinstance(self.value, list | tuple):
            raise self.problem(f"must be a list, not {kind_of(self.value)}.")
        return [Part(self.source, (*self.place, index), value) for index, value in enumerate(self.value)]

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise self.problem(f"must be a string, not {kind_of(self.value)}.")
        return self.value

    def whole(self, least: int = 0) -> int:
        """An integer."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.problem(f"must be a whole number of at least {least}, not {self.value!r}.")
        return self.value

    def number(self) -> float:
        """A number."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self.problem(f"must be a number, not {kind_of(self.value)}.")
        return float(self.value)


def kind_of(value: object) -> str:
    """What YAML calls the type of a value."""
    kinds = {dict: "a mapping", list: "a list", str: "a string", bool: "true or false", type(None): "nothing"}
    return kinds.get(type(value), "a number" if isinstance(value, int | float) else f"a {type(value).__name__}")


def part_of(source: Path | object, name: str) -> Part:
    """The whole of a file, or of a value given from Python under this name."""
    found = read_input(source) if isinstance(source, Path) else Input(Path(name), source, {})
    return Part(found, (), found.value)


def read_text(path: Path) -> str:
    """The text of a user's file; an InputFileError if that cannot be had."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputFileError(path, f"cannot be read ({error.strerror}).", hint="Name a readable file.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputFileError(path, "is not UTF-8 text.", line=line, hint="Save it as UTF-8.") from error


def read_input(path: Path) -> Input:
    """The value of a `.json` file, or of any other as YAML."""
    text = read_text(path)
    try:
        value = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
        node = yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader)
    except json.JSONDecodeError as error:
        raise InputFileError(path, f"is not JSON: {error.msg} (column {error.colno}).", line=error.lineno) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (column {mark.column + 1})" if mark else ""
        line = mark.line + 1 if mark else None
        raise InputFileError(path, f"is not YAML: {error.problem or error.context}{where}.", line=line) from error
    except (yaml.YAMLError, ValueError) as error:
        raise InputFileError(path, f"is not YAML: {' '.join(str(error).split())}.") from error
    except RecursionError as error:
        raise InputFileError(path, "is nested too deeply.") from error
    return Input(path, value, dict(_lines(node, ())))


def _lines(node: Any, place: Place) -> Iterator[tuple[Place, int]]:
    if node is None:
        return
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*place, str(key.value)))
            yield (*place, str(key.value)), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*place, index))
