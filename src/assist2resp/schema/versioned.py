"""Reads a file of one versioned model; every failure is one sentence about that file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from assist2resp.errors import InputFileError

Model = TypeVar("Model")

_LONE = re.compile("[\ud800-\udfff]")


def read_versioned(path: Path, model: type[Model], field: str, known: int, noun: str) -> Model:
    """The file as `model`, pydantic's or a data class, unless its version, in `field`, is later than `known`; a missing file is the caller's."""
    try:
        data = path.read_bytes()
        value = without_lone_surrogates(json.loads(data)) if b"\\u" in data else json.loads(data)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error
    version = value.get(field) if isinstance(value, dict) else None
    if isinstance(version, int) and version > known:
        raise InputFileError(path, f"is of version {version}, this tool knows {known}.", hint="Upgrade it.")
    try:
        return TypeAdapter(model).validate_python(value)
    except ValidationError as error:
        raise InputFileError(path, f"is no {noun}: {first_problem(error)}.") from error


def without_lone_surrogates(value: Any) -> Any:
    r"""The value with halves of surrogate pairs, which no encoding and no model can hold, written as `\udXXX`."""
    if isinstance(value, str):
        return _LONE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    if isinstance(value, list):
        return [without_lone_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {without_lone_surrogates(key): without_lone_surrogates(each) for key, each in value.items()}
    return value


def first_problem(error: ValidationError) -> str:
    """The first of the problems that pydantic found, after the place where it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    return f"{place}: {problem}" if place else problem
