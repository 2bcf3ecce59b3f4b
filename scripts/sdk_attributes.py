"""What attributes the objects of the openai package have, for the SDK's table."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import openai
import pydantic
import typing_extensions
from sdk_types import Describer, evaluated, hints_of, union_members

MODEL_METHODS = ("to_dict", "to_json", "model_dump", "model_dump_json", "model_copy", "dict", "json", "copy")
BUILTIN_TYPES: dict[str, dict[str, Any]] = {
    "AsyncIterable": {"[": ["Any"], "__aiter__": "_0"},
    "AsyncIterator": {"[": ["Any"], "__aiter__": "_0"},
    "Awaitable": {"[": ["Any"], "__await__": "_0"},
    "Iterable": {"[": ["Any"], "__iter__": "_0"},
    "Iterator": {"[": ["Any"], "__iter__": "_0"},
    "Sequence": {"[": ["Any"], "__getitem__": "_0", "__iter__": "_0"},
    "dict": {
        "[": ["Any", "Any"],
        "__getitem__": "_1",
        "__iter__": "_0",
        "get": "Callable[_1 | None]",
        "items": "Callable[Iterable[tuple[_0, _1]]]",
        "keys": "Callable[Iterable[_0]]",
        "pop": "Callable[_1]",
        "values": "Callable[Iterable[_1]]",
    },
    "list": {
        "[": ["Any"],
        "__getitem__": "_0",
        "__iter__": "_0",
        "copy": "Callable[list[_0]]",
        "pop": "Callable[_0]",
    },
}


def own_attributes(cls: type) -> Iterator[tuple[str, Any]]:
    """The properties and methods that a class of the package gives its objects."""
    seen: set[str] = set()
    for base in cls.__mro__:
        if base.__module__.startswith("openai") and base is not openai.BaseModel and base.__name__ != "GenericModel":
            yield from [(name, value) for name, value in vars(base).items() if name not in seen]
            seen |= set(vars(base))


def annotated_attributes(cls: type) -> dict[str, Any]:
    """The public attributes that a class and its bases annotate."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        function = next(filter(inspect.isfunction, vars(base).values()), None)
        public = {name: note for name, note in vars(base).get("__annotations__", {}).items() if name[0] != "_"}
        if public and function is not None:
            found |= evaluated(public, function)
    return found


PROTOCOLS = {"__iter__": 0, "__aiter__": 0, "__enter__": None, "__aenter__": None, "__await__": 2}


def attribute(describer: Describer, name: str, value: Any, variables: dict[str, str]) -> str:
    """The type expression of a property or method, empty if it is none for users."""
    function = value.fget if isinstance(value, property) else getattr(value, "func", value)
    is_public = not name.startswith("_") or name in PROTOCOLS or name == "_request_id"
    if not inspect.isfunction(function) or not is_public or name == "model_post_init":
        return ""
    is_property = function is not value
    function = inspect.unwrap(function)
    overloads = [hints_of(overload) for overload in typing_extensions.get_overloads(function)]
    hints = next((found for found in overloads if "to" not in found), hints_of(function))
    scope = {**variables, **({hints["self"].__name__: "Self"} if "self" in hints else {})}
    returns = hints.get("return", Any)
    if name in PROTOCOLS:
        position = PROTOCOLS[name]
        return describer.expression(returns if position is None else typing.get_args(returns)[position], scope)
    rendered = describer.expression(returns, scope)
    if is_property:
        return rendered
    return f"Callable[Awaitable[{rendered}]]" if inspect.iscoroutinefunction(function) else f"Callable[{rendered}]"


def type_entry(describer: Describer, cls: type) -> dict[str, Any]:
    model = cls if issubclass(cls, pydantic.BaseModel) else None
    parameters = model.__pydantic_generic_metadata__["parameters"] if model else getattr(cls, "__parameters__", ())
    variables = {variable.__name__: f"_{position}" for position, variable in enumerate(parameters)}
    entry: dict[str, Any] = {} if model else {"<": ""}
    if parameters:
        entry["["] = [describer.expression(variable, {}) for variable in parameters]
    if model:
        fields: dict[str, Any] = {name: field.annotation for name, field in model.model_fields.items()}
    else:
        fields = annotated_attributes(cls)
    entry |= {name: describer.expression(tp, variables) for name, tp in fields.items() if not name.startswith("_")}
    for name, value in own_attributes(cls):
        rendered = attribute(describer, name, value, variables)
        if rendered and name not in fields:
            entry[name] = rendered
    return entry


class Closure(NamedTuple):
    """Every type that methods lead to, and the unions among them that have a name."""

    types: dict[str, dict[str, Any]]
    aliases: dict[str, str]


def closure(describer: Describer) -> Closure:
    """Describes every class that a method returns or that an attribute of a described class leads to."""
    model = {name: attribute(describer, name, getattr(openai.BaseModel, name), {}) for name in MODEL_METHODS}
    done = Closure({"BaseModel": {"<": "", "_request_id": "str | None", **model}}, {})
    while len(done.types) + len(done.aliases) < len(done.types | describer.classes | describer.used_aliases):
        for key in sorted(set(describer.used_aliases) - set(done.aliases)):
            done.aliases[key] = describer.members(union_members(describer.used_aliases[key]))
        for key in sorted(set(describer.classes) - set(done.types)):
            done.types[key] = type_entry(describer, describer.classes[key])
    return done


def callbacks(describer: Describer) -> dict[str, list[str]]:
    handler = openai.AssistantEventHandler
    found = {}
    for name, function in inspect.getmembers(handler, inspect.isfunction):
        if name.startswith("on_"):
            hints = hints_of(function)
            found[name] = [describer.expression(hints[p]) for p in list(inspect.signature(function).parameters)[1:]]
    return found
