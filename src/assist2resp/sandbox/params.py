"""Checks of request bodies: small shapes that compose, and the API's own error texts when a value does not fit.

The texts and codes are those of recorded and reported answers of the real API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from assist2resp.sandbox.wire import WireError, out_of_range

Shape: TypeAlias = Callable[[Any, str], None]
"""Refuses a value (first argument) at a path (second) by raising WireError."""

_NAMES: list[tuple[type | tuple[type, ...], str]] = [
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal number"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
    (type(None), "null"),
]


def kind_of(value: object) -> str:
    """What the API calls a value's type, with its article."""
    return next(name for kinds, name in _NAMES if isinstance(value, kinds))


def wrong_type(path: str, expected: str, value: object) -> WireError:
    """The 400 of a value of another type."""
    text = f"Invalid type for '{path}': expected {expected}, but got {kind_of(value)} instead."
    return WireError(400, text, param=path, code="invalid_type")


def missing(path: str) -> WireError:
    """The 400 of a required parameter that is absent."""
    return WireError(400, f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def invalid(path: str, message: str, code: str = "invalid_value") -> WireError:
    """A 400 about the value at `path`."""
    return WireError(400, message, param=path, code=code)


def listed(values: Sequence[str]) -> str:
    """The values quoted and joined as the API writes them."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return ", ".join(quoted[:-1]) + f", and {quoted[-1]}"


def _unsupported(path: str, value: object, supported: Sequence[str]) -> WireError:
    ending = "Supported values are: " if len(supported) > 1 else "Value must be "
    return invalid(path, f"Invalid value: '{value}'. {ending}{listed(supported)}.")


def string(*, least: int = 0, most: int | None = None, pattern: str | None = None) -> Shape:
    """A string within these lengths, matching `pattern`."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if len(value) < least:
            want = f"Expected a string with minimum length {least}, but got an empty string instead."
            raise invalid(path, f"Invalid '{path}': empty string. {want}", "empty_string")
        if most is not None and len(value) > most:
            want = f"Expected a string with maximum length {most}, but got a string with length {len(value)} instead."
            raise invalid(path, f"Invalid '{path}': string too long. {want}", "string_above_max_length")
        if pattern is not None and not re.fullmatch(pattern, value):
            want = f"Expected a string that matches the pattern '^{pattern}$'."
            raise invalid(path, f"Invalid '{path}': string does not match pattern. {want}")

    return check


def prefixed(prefix: str) -> Shape:
    """An id that begins with `prefix`."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if not value.startswith(prefix):
            raise invalid(path, f"Invalid '{path}': '{value}'. Expected an ID that begins with '{prefix}'.")

    return check


def choice(*values: str) -> Shape:
    """One of these strings."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if value not in values:
            raise _unsupported(path, value, values)

    return check


def integer(least: int | None = None, most: int | None = None) -> Shape:
    """An integer within these bounds."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(path, "an integer", value)
        _bounds(value, path, least, most)

    return check


def decimal(least: float | None = None, most: float | None = None) -> Shape:
    """A number within these bounds."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong_type(path, "a decimal", value)
        _bounds(float(value), path, least, most)

    return check


def _bounds(value: float, path: str, least: float | None, most: float | None) -> None:
    if least is not None and value < least:
        raise out_of_range(path, value, least, above=False)
    if most is not None and value > most:
        raise out_of_range(path, value, most, above=True)


def boolean(value: Any, path: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong_type(path, "a boolean", value)


def array(item: Shape, *, least: int = 0, most: int | None = None) -> Shape:
    """An array of such items."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path, "an array", value)
        if len(value) < least:
            want = f"Expected an array with minimum length {least}, but got an empty array instead."
            raise invalid(path, f"Invalid '{path}': empty array. {want}", "empty_array")
        if most is not None and len(value) > most:
            want = f"Expected an array with maximum length {most}, but got an array with length {len(value)} instead."
            raise invalid(path, f"Invalid '{path}': array too long. {want}", "array_above_max_length")
        for index, element in enumerate(value):
            item(element, f"{path}[{index}]")

    return check


def fields(shapes: Mapping[str, Shape], *required: str) -> Shape:
    """An object with these fields and no others; at the root of a body the path is empty."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        prefix = f"{path}." if path else ""
        for name in required:
            if name not in value:
                raise missing(prefix + name)
        for name, element in value.items():
            if name not in shapes:
                text = f"Unknown parameter: '{prefix}{name}'."
                raise WireError(400, text, param=prefix + name, code="unknown_parameter")
            shapes[name](element, prefix + name)

    return check


def anything(_value: Any, _path: str) -> None:
    """Any JSON value."""


def mapping(value: Any, path: str) -> None:
    """An object of any fields, such as a JSON schema."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)


def nullable(shape: Shape) -> Shape:
    """The shape, or null."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            shape(value, path)

    return check


def tagged(shapes: Mapping[str, Shape], tag: str = "type") -> Shape:
    """An object whose `type` says which of these shapes it has."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        if tag not in value:
            raise missing(f"{path}.{tag}")
        choice(*shapes)(value[tag], f"{path}.{tag}")
        shapes[value[tag]](value, path)

    return check


def either(expected: str, *options: tuple[type, Shape]) -> Shape:
    """A value that has one of several JSON types, each with a shape of its own."""

    def check(value: Any, path: str) -> None:
        for kind, shape in options:
            if isinstance(value, kind):
                shape(value, path)
                return
        raise wrong_type(path, expected, value)

    return check


def metadata(value: Any, path: str) -> None:
    """Up to 16 strings, keys up to 64 characters and values up to 512."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    if len(value) > 16:
        want = f"Expected an object with at most 16 properties, but got an object with {len(value)} properties instead."
        raise invalid(path, f"Invalid '{path}': too many properties. {want}", "object_above_max_properties")
    for key, text in value.items():
        if len(key) > 64:
            want = f"Expected a string with maximum length 64, but got a string with length {len(key)} instead."
            raise invalid(path, f"Invalid key in '{path}': string too long. {want}", "string_above_max_length")
        string(most=512)(text, f"{path}.{key}")
