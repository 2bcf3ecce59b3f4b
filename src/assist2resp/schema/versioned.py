"""Reads a file of one versioned model; every failure is one sentence about that file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assist2resp.errors import InputFileError

Model = TypeVar("Model", bound=BaseModel)


def read_versioned(path: Path, model: type[Model], field: str, known: int, noun: str) -> Model:
    """The file as `model`, unless its version, in `field`, is later than `known`; a missing file is the caller's."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error
    version = value.get(field) if isinstance(value, dict) else None
    if isinstance(version, int) and version > known:
        raise InputFileError(path, f"is of version {version}, this tool knows {known}.", hint="Upgrade it.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InputFileError(path, f"is no {noun}: {first_problem(error)}.") from error


def first_problem(error: ValidationError) -> str:
    """The first of the problems that pydantic found, after the place where it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    return f"{place}: {problem}" if place else problem
