"""Nested dicts of the old API that are flat in the new one: `{"type": …, "function": {…}}` and its like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst

from assist2resp.rewrite.literals.bodies import dict_body, expression
from assist2resp.rewrite.literals.layout import Body
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.syntax.nodes import is_none

_EMPTY_SCHEMA = '{"type": "object", "properties": {}}'


@dataclass(frozen=True)
class Flat:
    """A dict with another one spread into it, and the values that are then known, by key."""

    body: Body
    known: dict[str, cst.BaseExpression]


def flattened(body: Body, key: str, allowed: set[str], look: Lookup) -> Flat | None:
    """The body with the dict under `key` spread into it: its entries, or `**name` for a name that stands for one."""
    value = body.get(key)
    inner = dict_body(look.value(value) if isinstance(value, cst.Name) else value)
    if value is None or inner is None or not set(inner.keys) <= allowed:
        return None
    known = {item.key: item.value for item in inner}
    if not isinstance(value, cst.Name):
        return Flat(body.spliced(key, inner), known)
    spread = cst.StarredDictElement(value)
    items = (replace(item, key="**", element=spread) if item.key == key else item for item in body)
    return Flat(replace(body, items=tuple(items)), known)


def function_tool(body: Body, look: Lookup) -> cst.BaseExpression | None:
    """The flat form of a function tool; its arguments are checked no more strictly than before."""
    if set(body.keys) != {"type", "function"}:
        return None
    flat = flattened(body, "function", {"name", "description", "parameters", "strict"}, look)
    if flat is None or "name" not in flat.known:
        return None
    quote, new = body.quote, flat.body
    strict = flat.known.get("strict")
    if "parameters" not in flat.known:
        new = new.adding(parameters=expression(_EMPTY_SCHEMA, quote))
    if strict is None:
        return new.adding(strict=cst.Name("False")).build()
    if not is_none(strict):
        return new.build()
    if "strict" not in new.keys:
        return new.adding(strict=cst.Name("False")).build()
    return new.mapping(lambda item: item.with_value(cst.Name("False")) if item.key == "strict" else item).build()
