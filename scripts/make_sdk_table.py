"""Writes src/assist2resp/rewrite/sdk_table.json: what the methods of the newest openai package take and return.

Everything is read from the package by reflection; what older versions had comes from sdk_history.toml.
Usage: python scripts/make_sdk_table.py [--check]
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import json
import pkgutil
import re
import sys
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import openai
import openai.lib.streaming._assistants as assistant_streams
import openai.lib.streaming.responses as response_streams
import openai.types
import pydantic
import typing_extensions
from openai import _base_client, _legacy_response, _response, _streaming, _types, pagination

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "src" / "assist2resp" / "rewrite" / "sdk_table.json"
HISTORY = Path(__file__).with_name("sdk_history.toml")

DESCRIBED = (
    "beta.assistants",
    "beta.threads",
    "chat",
    "containers",
    "conversations",
    "embeddings",
    "files",
    "models",
    "responses",
    "uploads",
    "vector_stores",
)
UNDESCRIBED = {"connect"}  # WebSockets
REQUEST_OPTIONS = ("extra_headers", "extra_query", "extra_body", "timeout")
PLAIN_MODULES = (pagination, _base_client, _streaming, _response, _legacy_response, assistant_streams)
MODEL_METHODS = ("to_dict", "to_json", "model_dump", "model_dump_json", "model_copy", "dict", "json", "copy")
RESULT_TYPES = (
    "APIResponse",
    "AsyncAPIResponse",
    "AsyncAssistantEventHandler",
    "AsyncAssistantStreamManager",
    "AsyncResponseContextManager",
    "AsyncStreamedBinaryAPIResponse",
    "LegacyAPIResponse",
    "ResponseContextManager",
    "StreamedBinaryAPIResponse",
)
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


class Signature(NamedTuple):
    """What one method of one resource class takes and returns."""

    positional: list[str]
    keywords: dict[str, str]
    returns: str
    stream_returns: str
    is_coroutine: bool


def signature_of(describer: Describer, method: Any) -> Signature:
    function = inspect.unwrap(method)
    hints = hints_of(function)
    parameters = [p for p in list(inspect.signature(function).parameters.values())[1:] if p.kind is not p.VAR_KEYWORD]
    keywords = {p.name: describer.expression(hints.get(p.name, Any)) for p in parameters}
    overloads = [hints_of(overload) for overload in typing_extensions.get_overloads(function)]
    streaming = [hints for hints in overloads if hints.get("stream") == Literal[True]]
    plain = [hints for hints in overloads if hints not in streaming and "event_handler" not in hints]
    returns = (plain or [hints])[0].get("return", Any)
    return Signature(
        positional=[p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD],
        keywords=keywords,
        returns=describer.expression(returns),
        stream_returns=describer.expression(streaming[0]["return"]) if streaming else "",
        is_coroutine=inspect.iscoroutinefunction(function),
    )


def merged(sync: Signature, asynchronous: Signature, *, is_helper: bool) -> dict[str, Any]:
    """One line of the table out of the two signatures of a method."""
    keywords = {**asynchronous.keywords, **sync.keywords}
    entry: dict[str, Any] = {}
    if sync.positional:
        entry["pos"] = sync.positional
    if all(option in keywords for option in REQUEST_OPTIONS):
        keywords = {name: tp for name, tp in keywords.items() if name not in REQUEST_OPTIONS}
    else:
        entry["bare"] = True
    entry |= {"kw": keywords, "ret": sync.returns}
    if asynchronous.returns != sync.returns:
        entry["async"] = asynchronous.returns
    if sync.stream_returns:
        entry |= {"stream": sync.stream_returns, "async_stream": asynchronous.stream_returns}
    if not asynchronous.is_coroutine:
        entry["plain"] = True
    if is_helper:
        entry["helper"] = True
    return entry


class Resource(NamedTuple):
    """A resource of a client, in its synchronous and asynchronous form."""

    path: str
    sync: Any
    asynchronous: Any


def resources(path: str, sync: Any, asynchronous: Any) -> Iterator[Resource]:
    for name, value in sorted(vars(type(sync)).items()):
        if name.startswith(("_", "with_")) or not hasattr(value, "func"):
            continue
        below = Resource(f"{path}.{name}".lstrip("."), getattr(sync, name), getattr(asynchronous, name))
        yield below
        yield from resources(*below)


def methods_of(describer: Describer, resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    raw = vars(resource.sync.with_raw_response) if hasattr(resource.sync, "with_raw_response") else {}
    for name, value in inspect.getmembers(type(resource.sync), inspect.isfunction):
        if not name.startswith("_") and name not in UNDESCRIBED:
            sync = signature_of(describer, value)
            asynchronous = signature_of(describer, getattr(type(resource.asynchronous), name))
            yield f"{resource.path}.{name}", merged(sync, asynchronous, is_helper=name not in raw)


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


def import_names(describer: Describer, keys: set[str]) -> dict[str, str]:
    """The import paths whose key does not follow from the path itself."""
    found: dict[str, str] = {}
    for qualified, value in exports():
        if isinstance(value, type):
            key = key_of(value) if value.__module__.startswith("openai") else ""
        else:
            key = describer.aliases.get(value, "") if typing.get_origin(value) is not None else ""
        head, _, name = without_prefix(qualified).rpartition(".")
        guesses = [without_prefix(qualified), f"{head.rpartition('.')[0]}.{name}".lstrip(".")]
        if key in keys and next((guess for guess in guesses if guess in keys), "") != key:
            found[qualified] = key
    return found


def build() -> dict[str, Any]:
    """The whole table."""
    describer = Describer()
    for name in RESULT_TYPES:
        describer.classes[name] = next(vars(module)[name] for module in PLAIN_MODULES if name in vars(module))
    with openai.OpenAI(api_key="-") as sync:
        found = list(resources("", sync, openai.AsyncOpenAI(api_key="-")))
    methods: dict[str, Any] = {}
    for resource in found:
        if resource.path.startswith(DESCRIBED):
            methods.update(methods_of(describer, resource))
    history = tomllib.loads(HISTORY.read_text())
    handlers = callbacks(describer)
    types_, aliases = closure(describer)
    for key, former in history["keywords"].items():
        methods[key]["former"] = former
    for key, former in history["attributes"].items():
        types_[key] = former | types_[key]
    keys = set(types_) | set(aliases) | describer.dicts
    return {
        "openai": openai.__version__,
        "resources": sorted(resource.path for resource in found),
        "moved": history["moved"],
        "methods": methods | history["methods"],
        "types": types_ | history["types"],
        "builtins": {key: {"<": "", **entry} for key, entry in BUILTIN_TYPES.items()},
        "aliases": aliases,
        "dicts": sorted(describer.dicts),
        "callbacks": handlers,
        "names": import_names(describer, keys) | history["names"],
    }


def text_of(table: dict[str, Any]) -> str:
    """The table as JSON, one line for each method, type or name."""
    lines = []
    for section, content in table.items():
        if isinstance(content, str):
            lines.append(f"{json.dumps(section)}: {json.dumps(content)}")
        elif isinstance(content, list):
            lines.append(f"{json.dumps(section)}: [\n" + ",\n".join(json.dumps(row) for row in sorted(content)) + "\n]")
        else:
            rows = [f"{json.dumps(key)}:{json.dumps(content[key], separators=(',', ':'))}" for key in sorted(content)]
            lines.append(f"{json.dumps(section)}: {{\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Writes the table, or with --check says whether it is current."""
    text = text_of(build())
    if "--check" in sys.argv[1:]:
        return 0 if TABLE.read_text() == text else 1
    TABLE.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
