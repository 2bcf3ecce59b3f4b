"""What the methods and objects of the openai package take and return, looked up in a table made from the package itself.

The table is `sdk_table.json`, written by scripts/make_sdk_table.py, so no lookup needs the user's environment.
A type is named by its import path below `openai.types`: `beta.Assistant`, `beta.threads.Run`, `responses.Response`,
`VectorStore`; a class that no package exports by its module's: `beta.threads.run.RequiredAction`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from assist2resp.rewrite.values.type_expr import ANY, TypeExpr, parse, substituted, union

_CLIENTS = {"OpenAI": "openai._client", "Client": "openai._client", "AzureOpenAI": "openai.lib.azure"}
_WRAPPERS = ("with_raw_response", "with_streaming_response")
_CLIENT_COPIES = ("with_options", "copy")
_REQUEST_OPTIONS = ("extra_headers", "extra_query", "extra_body", "timeout")
_ELEMENT = ("__iter__", "__aiter__")
_ENTERED = ("__enter__", "__aenter__")


@dataclass(frozen=True, slots=True)
class ClientClass:
    """A class of clients of the openai package."""

    name: str
    is_async: bool
    is_azure: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A method below a client: what it takes, and what a synchronous and an asynchronous client return.

    Given an `event_handler`, a stream manager's first argument is that handler's class instead.
    """

    path: str
    positional: tuple[str, ...]
    """The parameters that can be given by position, in order."""
    keywords: Mapping[str, TypeExpr]
    returns: TypeExpr
    async_returns: TypeExpr
    """After `await`, where the call is awaitable."""
    stream_returns: TypeExpr | None = None
    async_stream_returns: TypeExpr | None = None
    awaitable: bool = True
    """Whether the asynchronous client's method is a coroutine: `list` and the `stream` helpers are not."""
    is_helper: bool = False
    """Whether it is more than one request, and so absent from raw responses: `create_and_poll`, `stream`."""
    until: str = ""
    """The last version of the package that had it under this path; empty if the newest one has."""
    former_keywords: Mapping[str, TypeExpr] = field(default_factory=dict)
    """Parameters that only old versions took."""

    def result(self, *, is_async: bool, streaming: bool = False) -> TypeExpr:
        """What the call gives, after `await` where that is needed."""
        if streaming and self.stream_returns is not None and self.async_stream_returns is not None:
            return self.async_stream_returns if is_async else self.stream_returns
        return self.async_returns if is_async else self.returns


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("sdk_table.json").read_bytes())
    table["resources"] = frozenset(table["resources"])
    return table


def sdk_version() -> str:
    """The version of the openai package that the table was made from."""
    return str(_table()["openai"])


def client_class(qualified: str) -> ClientClass | None:
    """The client class with this import path, `openai.AsyncOpenAI` or `openai.lib.azure.AzureOpenAI`."""
    module, _, name = qualified.rpartition(".")
    kind = name.removeprefix("Async")
    if module not in {"openai", _CLIENTS.get(kind)} or kind not in _CLIENTS:
        return None
    return ClientClass(name, is_async=name != kind, is_azure=kind == "AzureOpenAI")


@cache
def resource(path: str) -> bool:
    """Whether a chain of attributes from a client leads to a resource: `beta.threads`, `files.with_raw_response`."""
    parts = path.split(".")
    while parts and parts[0] in _CLIENT_COPIES:
        parts = parts[1:]
    plain = ".".join(part for part in parts if part not in _WRAPPERS)
    return not plain or _present_path(plain) in _table()["resources"] or _former_resource(plain)


def _former_resource(path: str) -> bool:
    return any(name.startswith(f"{path}.") and "until" in entry for name, entry in _table()["methods"].items())


def _present_path(path: str) -> str:
    """Where the newest version has what an old one had at `path`."""
    for old, moved in _table()["moved"].items():
        if path == old or path.startswith(f"{old}."):
            return str(moved["to"]) + path.removeprefix(old)
    return path


@cache
def method(path: str) -> Method | None:
    """The method at a dotted path below a client, `beta.threads.runs.create` or `files.with_raw_response.content`."""
    parts = path.split(".")
    if len(parts) == 1 and path in _CLIENT_COPIES:
        return Method(path, (), {}, TypeExpr("OpenAI"), TypeExpr("AsyncOpenAI"), awaitable=False)
    while parts[0] in _CLIENT_COPIES:
        parts = parts[1:]
    wrappers = [part for part in parts if part in _WRAPPERS]
    found = _plain_method(".".join(part for part in parts if part not in _WRAPPERS))
    if found is None or not wrappers:
        return found
    if len(wrappers) > 1 or found.is_helper:
        return None
    return _raw(found, path) if wrappers == ["with_raw_response"] else _streamed(found, path)


def _plain_method(path: str) -> Method | None:
    for old, moved in _table()["moved"].items():
        name = path.removeprefix(f"{old}.")
        if name != path:
            found = None if name in moved["never"] else _plain_method(f"{moved['to']}.{name}")
            return found and replace(found, path=path, until=moved["until"])
    entry = _table()["methods"].get(path)
    return None if entry is None else _method_of(path, entry)


def _method_of(path: str, entry: dict[str, Any]) -> Method:
    keywords = {name: parse(text) for name, text in entry["kw"].items()}
    if "bare" not in entry:
        keywords |= dict.fromkeys(_REQUEST_OPTIONS, ANY)
    return Method(
        path=path,
        positional=tuple(entry.get("pos", ())),
        keywords=MappingProxyType(keywords),
        returns=parse(entry["ret"]),
        async_returns=parse(entry.get("async", entry["ret"])),
        stream_returns=parse(entry["stream"]) if "stream" in entry else None,
        async_stream_returns=parse(entry["async_stream"]) if "stream" in entry else None,
        awaitable="plain" not in entry,
        is_helper="helper" in entry,
        until=entry.get("until", ""),
        former_keywords=MappingProxyType({name: parse(text) for name, text in entry.get("former", {}).items()}),
    )


def _raw(plain: Method, path: str) -> Method:
    return replace(
        plain,
        path=path,
        returns=_response("LegacyAPIResponse", plain.returns),
        async_returns=_response("LegacyAPIResponse", plain.async_returns),
        stream_returns=plain.stream_returns and _response("LegacyAPIResponse", plain.stream_returns),
        async_stream_returns=plain.async_stream_returns and _response("LegacyAPIResponse", plain.async_stream_returns),
        awaitable=True,
    )


def _streamed(plain: Method, path: str) -> Method:
    def entered_later(prefix: str, result: TypeExpr) -> TypeExpr:
        if result.name == "HttpxBinaryResponseContent":
            response = TypeExpr(f"{prefix}StreamedBinaryAPIResponse")
        else:
            response = _response(f"{prefix}APIResponse", result)
        return TypeExpr(f"{prefix}ResponseContextManager", (response,))

    return replace(
        plain,
        path=path,
        returns=entered_later("", plain.returns),
        async_returns=entered_later("Async", plain.async_returns),
        stream_returns=plain.stream_returns and entered_later("", plain.stream_returns),
        async_stream_returns=plain.async_stream_returns and entered_later("Async", plain.async_stream_returns),
        awaitable=False,
    )


def _response(name: str, result: TypeExpr) -> TypeExpr:
    """A raw response of `result`; a paginator is parsed to its page."""
    return TypeExpr(name, (result.args[1] if result.name == "AsyncPaginator" else result,))


def attribute(owner: TypeExpr | str, name: str) -> TypeExpr | None:
    """The type of an attribute; of a union, the types that the members with this attribute give it."""
    found = _member(owner, name)
    return None if found is None or found.name == "Callable" else found


def method_result(owner: TypeExpr | str, name: str) -> TypeExpr | None:
    """What calling a method of an object gives (`Awaitable[…]` for a coroutine); None if it is no method."""
    found = _member(owner, name)
    return found.args[0] if found is not None and found.name == "Callable" else None


def iterated(owner: TypeExpr | str) -> TypeExpr | None:
    """What `for` or `async for` gives."""
    return _first_member(owner, _ELEMENT)


def entered(owner: TypeExpr | str) -> TypeExpr | None:
    """What `with` or `async with` binds."""
    return _first_member(owner, _ENTERED)


def awaited(owner: TypeExpr | str) -> TypeExpr | None:
    """What `await` gives."""
    return _member(owner, "__await__")


def subscripted(owner: TypeExpr | str) -> TypeExpr | None:
    """What an index or a key gives; a page has none."""
    return _member(owner, "__getitem__")


def _first_member(owner: TypeExpr | str, names: tuple[str, ...]) -> TypeExpr | None:
    return next((found for name in names if (found := _member(owner, name)) is not None), None)


@cache
def _member(owner: TypeExpr | str, name: str) -> TypeExpr | None:
    found = [tp for member in members(owner) if (tp := _declared(member, name)) is not None]
    return union(found) if found else None


def _declared(owner: TypeExpr, name: str) -> TypeExpr | None:
    table = _table()
    entry = table["types"].get(owner.name) or table["builtins"].get(owner.name)
    if entry is None or name in {"<", "["}:
        return None
    text = entry.get(name) or ("<" not in entry and table["types"]["BaseModel"].get(name)) or ""
    if not text:
        return None
    defaults = [parse(default) for default in entry.get("[", ())]
    given = owner.args + tuple(defaults[len(owner.args) :])
    scope = {f"_{position}": argument for position, argument in enumerate(given)}
    return substituted(parse(text), {**scope, "Self": replace(owner, optional=False)})


def members(owner: TypeExpr | str) -> tuple[TypeExpr, ...]:
    """The types that a value of this type can be, named unions taken apart, without None."""
    tp = parse(owner) if isinstance(owner, str) else owner
    if tp.members:
        return tuple(found for member in tp.members for found in members(member))
    alias = _table()["aliases"].get(tp.name)
    return members(parse(alias)) if alias is not None else (replace(tp, optional=False),)


def narrowed(owner: TypeExpr | str, name: str, literal: str) -> TypeExpr | None:
    """The members of a union left once attribute `name` equals `literal`, as in `event.event == "thread.created"`."""
    left = [
        member
        for member in members(owner)
        if (tp := _declared(member, name)) is not None and (not tp.literals or literal in tp.literals)
    ]
    return union(left) if left else None


@cache
def handler_callbacks() -> Mapping[str, tuple[TypeExpr, ...]]:
    """The callbacks of an event handler, each with the types of its parameters after `self`."""
    return MappingProxyType({name: tuple(map(parse, types)) for name, types in _table()["callbacks"].items()})


def handler_type(*, is_async: bool = False) -> TypeExpr:
    """The event handler that users subclass."""
    return TypeExpr("AsyncAssistantEventHandler" if is_async else "AssistantEventHandler")


def type_name(qualified: str) -> str | None:
    """The table's name of an imported type, `beta.threads.Run` for `openai.types.beta.threads.run.Run`."""
    if not qualified.startswith("openai."):
        return None
    table = _table()
    head, _, name = qualified.rpartition(".")
    known = (table["types"], table["aliases"], table["dicts"])
    for path in (qualified, f"{head.rpartition('.')[0]}.{name}"):
        key = path.removeprefix("openai.types.").removeprefix("openai.")
        found = table["names"].get(path) or next((key for names in known if key in names), None)
        if found is not None:
            return str(found)
    return None
