"""Shapes that several requests about vector stores share."""

from __future__ import annotations

from typing import Any

from assist2resp.sandbox.params import (
    array,
    boolean,
    decimal,
    either,
    fields,
    integer,
    invalid,
    nullable,
    prefixed,
    string,
    tagged,
    wrong_type,
)

_SIZES = fields(
    {"max_chunk_size_tokens": integer(100, 4096), "chunk_overlap_tokens": integer(0)},
    "max_chunk_size_tokens",
    "chunk_overlap_tokens",
)


def _static(value: Any, path: str) -> None:
    fields({"type": string(), "static": _SIZES}, "static")(value, path)
    if value["static"]["chunk_overlap_tokens"] * 2 > value["static"]["max_chunk_size_tokens"]:
        text = "chunk_overlap_tokens must be less than or equal to half of max_chunk_size_tokens."
        raise invalid(f"{path}.static.chunk_overlap_tokens", text)


chunking_strategy = tagged({"auto": fields({"type": string()}), "static": _static})


def attributes(value: Any, path: str) -> None:
    """Up to 16 strings, numbers and booleans."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    if len(value) > 16:
        text = f"Invalid '{path}': too many properties. Expected an object with at most 16 properties, but got an "
        text += f"object with {len(value)} properties instead."
        raise invalid(path, text, "object_above_max_properties")
    single = either(
        "a string, number or boolean", (bool, boolean), (int, decimal()), (float, decimal()), (str, string(most=512))
    )
    for key, entry in value.items():
        string(most=64)(key, f"{path}.{key}")
        single(entry, f"{path}.{key}")


FILE_FIELDS = {
    "file_id": prefixed("file"),
    "attributes": nullable(attributes),
    "chunking_strategy": nullable(chunking_strategy),
}
CREATE_FILE = fields(FILE_FIELDS, "file_id")
UPDATE_FILE = fields({"attributes": nullable(attributes)}, "attributes")
CREATE_BATCH = fields(
    {
        "file_ids": array(prefixed("file"), least=1, most=2000),
        "files": array(CREATE_FILE, least=1, most=2000),
        "attributes": nullable(attributes),
        "chunking_strategy": nullable(chunking_strategy),
    }
)
