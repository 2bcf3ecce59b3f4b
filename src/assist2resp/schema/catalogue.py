"""The JSON Schemas of every file that is written or read: each module of this package that has FILES."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from assist2resp.plugins import discover

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of what it describes."""
    return {name: json_schema(model) for name, model in sorted(_models().items())}


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a model as it is written."""
    return {"$schema": DIALECT, **model.model_json_schema(mode="serialization")}


def _models() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for module in discover(__package__):
        if module.__name__ != __name__:
            found |= getattr(module, "FILES", {})
    return found
