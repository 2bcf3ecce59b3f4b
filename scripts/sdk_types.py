"""How the SDK's table names the classes of the openai package and renders its types as expressions."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import openai
import openai.lib.streaming._assistants as assistant_streams
import openai.lib.streaming.responses as response_streams
import openai.types
import pydantic
import typing_extensions
from openai import _base_client, _legacy_response, _response, _streaming, _types, pagination

PLAIN_MODULES = (pagination, _base_client, _streaming, _response, _legacy_response, assistant_streams)
PARAMETRISED_UNION = re.compile(r"\b(\w+StreamEvent)\[\w+\]")  # the members ignore the parameter, so typing refuses it
MOST_LITERALS = 24
FEWEST_PLAIN_ALIASED = 3  # `str | list[str]` reads better than one of its names
UNTYPED = (object, inspect.Parameter.empty)
ABSENT = (_types.Omit, _types.NotGiven)
ORIGIN_NAMES = {
    "AsyncGenerator": "AsyncIterator",
    "Mapping": "dict",
    "Coroutine": "Awaitable",
    "SequenceNotStr": "Sequence",
}


class Export(NamedTuple):
    """One place from which a name of the package can be imported."""

    qualified: str
    value: Any


def modules() -> Iterator[types.ModuleType]:
    """Every module of openai.types, and those whose classes methods return."""
    yield from (openai, openai.lib.streaming, response_streams, *PLAIN_MODULES, openai.types)
    for found in pkgutil.walk_packages(openai.types.__path__, "openai.types."):
        yield importlib.import_module(found.name)


def exports() -> Iterator[Export]:
    """What packages export, and what plain modules define."""
    for module in modules():
        is_package = hasattr(module, "__path__")
        names = getattr(module, "__all__", None) if module in {openai, openai.lib.streaming} else vars(module)
        for name in names or ():
            value = getattr(module, name)
            if (is_package or getattr(value, "__module__", "typing") in {module.__name__, "typing"}) and name[0] != "_":
                yield Export(f"{module.__name__}.{name}", value)


def without_prefix(qualified: str) -> str:
    return qualified.removeprefix("openai.types.").removeprefix("openai.")


def key_of(cls: type) -> str:
    """The class's name in the table: by package where the package exports it, otherwise by module."""
    if cls.__module__ in {module.__name__ for module in PLAIN_MODULES} or cls.__module__ == "openai":
        return cls.__name__
    parts = [part for part in cls.__module__.split(".") if not part.startswith("_")]
    package = ".".join(parts[:-1]) if parts == cls.__module__.split(".") else ".".join(parts)
    home = package if getattr(sys.modules.get(package), cls.__name__, None) is cls else ".".join(parts)
    return without_prefix(f"{home}.{cls.__name__}")


def union_members(tp: Any) -> tuple[Any, ...]:
    while typing.get_origin(tp) is typing.Annotated:
        tp = typing.get_args(tp)[0]
    return typing.get_args(tp) if typing.get_origin(tp) in (typing.Union, types.UnionType) else ()


def find_aliases() -> dict[Any, str]:
    """The unions that the package names, each with its shortest name."""
    found: dict[Any, str] = {_types.FileTypes: "FileTypes"}
    for qualified, value in exports():
        key = without_prefix(qualified)
        members = [member for member in union_members(value) if member is not type(None)]
        is_plain = any(getattr(member, "__module__", "builtins") == "builtins" for member in members)
        if len(members) >= (FEWEST_PLAIN_ALIASED if is_plain else 2) and typing.TypeVar not in map(type, members):
            found[value] = min(found.get(value, key), key, key=lambda name: (name.count("."), len(name), name))
    return found


class Describer:
    """Renders types as expressions and remembers every class and alias that it met."""

    def __init__(self) -> None:
        self.aliases = find_aliases()
        self.used_aliases: dict[str, Any] = {}
        self.classes: dict[str, type] = {}
        self.dicts: set[str] = set()
        self._variables: dict[str, str] = {}

    def expression(self, tp: Any, variables: dict[str, str] | None = None) -> str:
        """The type expression of `tp`; `variables` says what stands for its type variables, by their names."""
        before, self._variables = self._variables, self._variables if variables is None else variables
        try:
            return self._expression(tp)
        finally:
            self._variables = before

    def _expression(self, tp: Any) -> str:
        if tp is None or tp is type(None):
            return "None"
        if tp is Any or tp in UNTYPED:
            return "Any"
        if isinstance(tp, (typing.TypeVar, typing_extensions.TypeVar)):
            return self._variable(tp)
        if tp is typing_extensions.Self:
            return "Self"
        alias = self._alias(tp)
        if alias:
            return alias
        members = union_members(tp)
        if members:
            return self._union(members)
        return self._constructed(tp)

    def _alias(self, tp: Any) -> str:
        key = self.aliases.get(tp, "") if typing.get_origin(tp) is not None else ""
        if key:
            self.used_aliases[key] = tp
        return key

    def _variable(self, variable: Any) -> str:
        if variable.__name__ in self._variables:
            return self._variables[variable.__name__]
        is_known = isinstance(variable.__bound__, type)
        return self.expression(variable.__bound__) if is_known else "Any"

    def _union(self, members: tuple[Any, ...]) -> str:
        present = [member for member in members if member is not type(None) and member not in ABSENT]
        alias = self._alias(typing.Union[tuple(present)]) if len(present) > 1 else ""  # noqa: UP007
        if not alias:
            return self.members(members)
        return f"{alias} | None" if type(None) in members else alias

    def members(self, members: tuple[Any, ...]) -> str:
        """The type expression of a union, member by member."""
        present = [member for member in members if member is not type(None) and member not in ABSENT]
        optional = ["None"] if type(None) in members else []
        return " | ".join(dict.fromkeys([*map(self._expression, present), *optional]))

    def _constructed(self, tp: Any) -> str:
        origin = typing.get_origin(tp)
        args = typing.get_args(tp)
        if origin is typing.Annotated or origin in (typing_extensions.Required, typing_extensions.NotRequired):
            return self._expression(args[0])
        if origin in (Literal, typing_extensions.Literal):
            return self._literal(args)
        if isinstance(tp, type) and issubclass(tp, pydantic.BaseModel):
            generic = tp.__pydantic_generic_metadata__
            origin, args = generic["origin"] or tp, generic["args"]
        if origin is type or getattr(origin, "__name__", "") == "Callable":
            return "type[Any]" if origin is type else "Callable[Any]"
        name = self._class_name(origin or tp)
        return f"{name}[{', '.join(self._expression(arg) for arg in args)}]" if args else name

    def _literal(self, values: tuple[Any, ...]) -> str:
        if len(values) > MOST_LITERALS or isinstance(values[0], bool):
            return type(values[0]).__name__
        return f"Literal[{', '.join(repr(value) for value in values)}]"

    def _class_name(self, cls: Any) -> str:
        name = getattr(cls, "__name__", str(cls))
        if not isinstance(cls, type) or cls.__module__.partition(".")[0] != "openai":
            root = getattr(cls, "__module__", "").partition(".")[0].rstrip("2")
            is_bare = root in {"builtins", "typing", "typing_extensions", "collections"}
            return ORIGIN_NAMES.get(name, name if is_bare else f"{root}.{name}")
        if name in ORIGIN_NAMES:
            return ORIGIN_NAMES[name]
        key = key_of(cls)
        if typing_extensions.is_typeddict(cls):
            self.dicts.add(key)
        elif self.classes.setdefault(key, cls) is not cls:
            raise SystemExit(f"{cls} and {self.classes[key]} share the key {key}")
        return key


@functools.cache
def names_for_type_checkers(module: str) -> dict[str, Any]:
    """What a module imports in its `if TYPE_CHECKING:` blocks; what is not installed is untyped."""
    found: dict[str, Any] = {}
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    for node in (statement for block in blocks for statement in block.body):
        if isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            package = module if hasattr(sys.modules[module], "__path__") else module.rpartition(".")[0]
            try:
                source: Any = importlib.import_module(name, package if node.level else None)
            except ModuleNotFoundError:
                source = None
            found |= {alias.asname or alias.name: getattr(source, alias.name, Any) for alias in node.names}
    return found


def evaluated(annotations: dict[str, Any], function: Any) -> dict[str, Any]:
    """The types that annotations mean in the module of a function."""
    scope = names_for_type_checkers(function.__globals__["__name__"]) | function.__globals__
    notes = {
        name: PARAMETRISED_UNION.sub(r"\1", note) if isinstance(note, str) else note
        for name, note in annotations.items()
    }
    annotated = types.SimpleNamespace(__annotations__=notes)
    return typing_extensions.get_type_hints(annotated, globalns=scope, include_extras=True)


def hints_of(function: Any) -> dict[str, Any]:
    function = inspect.unwrap(function)
    return evaluated(function.__annotations__, function)
