"""The JSON Schemas of the archive, for those who may not look into `schema` themselves."""

from __future__ import annotations

from typing import Any

from assist2resp.schema.archive import FILES, json_schema


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of what it describes."""
    return {name: json_schema(name) for name in FILES}
