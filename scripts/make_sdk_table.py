"""Writes src/assist2resp/rewrite/values/sdk_table.json: what the methods of the newest openai package take and return.

Everything is read from the package by reflection; what older versions had comes from sdk_history.toml.
Usage: python scripts/make_sdk_table.py [--check]
"""

from __future__ import annotations

import inspect
import json
import sys
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import openai
import typing_extensions
from sdk_attributes import BUILTIN_TYPES, callbacks, closure
from sdk_types import PLAIN_MODULES, Describer, exports, hints_of, key_of, without_prefix

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "src" / "assist2resp" / "rewrite" / "values" / "sdk_table.json"
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
