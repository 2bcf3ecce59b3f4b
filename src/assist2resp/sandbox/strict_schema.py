"""JSON schemas in strict mode: which may be, and what the API makes of one that can be closed.

A function without `strict` becomes strict if every property is required; objects are then closed. Observed in recorded
answers, which show `additionalProperties: false` and `strict: true` that the request did not have.
"""

from __future__ import annotations

from typing import Any


def closed(schema: Any) -> Any:
    """The schema with every object closed to further properties."""
    if isinstance(schema, list):
        return [closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if _is_object(schema):
        result.setdefault("additionalProperties", False)
    return result


def problem(schema: Any, context: str = "()") -> str | None:
    """Why a schema cannot be strict, in the API's words; None if it can."""
    if isinstance(schema, list):
        return next((found for entry in schema if (found := problem(entry, context))), None)
    if not isinstance(schema, dict):
        return None
    if _is_object(schema):
        if schema.get("additionalProperties") is not False:
            return f"In context={context}, 'additionalProperties' is required to be supplied and to be false."
        required = schema.get("required")
        for name in _named(schema, "properties"):
            if not isinstance(required, list) or name not in required:
                return (
                    f"In context={context}, 'required' is required to be supplied and to be an array including every "
                    f"key in properties. Missing '{name}'."
                )
    return next((found for value in _inner(schema) if (found := problem(value, context))), None)


def _inner(schema: dict[str, Any]) -> list[Any]:
    named = [value for key in ("properties", "$defs", "definitions") for value in _named(schema, key).values()]
    return [*named, *(schema[key] for key in ("items", "anyOf", "oneOf", "allOf") if key in schema)]


def _named(schema: dict[str, Any], key: str) -> dict[str, Any]:
    value = schema.get(key)
    return value if isinstance(value, dict) else {}


def _is_object(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return (
        kind == "object" or (isinstance(kind, list) and "object" in kind) or isinstance(schema.get("properties"), dict)
    )
