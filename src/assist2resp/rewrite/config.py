"""`[tool.assist2resp]` of the user's pyproject.toml: strict keys and types, each complaint with its line.

[tool.assist2resp]
select = ["A2R4"]                  # only these rules, as codes or their prefixes
ignore = ["A2R701"]
exclude = ["legacy/*"]             # globs
support-module = "assistants_compat"
archive = "assistants-archive"     # a folder that `assist2resp export` made, beside this file
load-on-demand = true              # the support module loads threads of an archive at their first use
models = { "gpt-4o" = "gpt-5.1" }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from keyword import iskeyword
from pathlib import Path
from typing import Any

from assist2resp.errors import InputFileError, UsageError
from assist2resp.rewrite.catalogue import check_codes
from assist2resp.rewrite.outcome import Options, absolute

TABLE = "tool.assist2resp"


@dataclass(frozen=True)
class Given:
    """What the command line says; None where it is silent."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    support_module: str | None = None
    archive: Path | None = None
    models: tuple[str, ...] = ()
    load_on_demand: bool = False
    support_tests: bool = False


def read_options(paths: Iterable[Path], given: Given) -> Options:
    """The options of a run: the nearest configuration, with what the command line says on top.

    `--select` takes the place of the configured one; what is ignored, excluded or mapped adds up.
    """
    file = nearest_config(paths)
    configured = read_config(file) if file is not None else Options()
    archive = given.archive or configured.archive
    return replace(
        configured,
        select=check_codes(given.select) or configured.select,
        ignore=(*configured.ignore, *check_codes(given.ignore)),
        exclude=(*configured.exclude, *given.exclude),
        support_module=checked_module(given.support_module or configured.support_module),
        archive=checked_archive(archive) if archive else None,
        models={**configured.models, **read_models(given.models)},
        load_on_demand=given.load_on_demand or configured.load_on_demand,
        support_tests=given.support_tests or configured.support_tests,
    )


def nearest_config(paths: Iterable[Path]) -> Path | None:
    """The first pyproject.toml with our table, in the folder of the first path or above it."""
    for path in paths:
        start = absolute(path)
        for folder in (start, *start.parents):
            file = folder / "pyproject.toml"
            if file.is_file() and b"assist2resp" in _bytes(file) and _table(file, _text(file)) is not None:
                return file
        return None
    return None


def read_config(file: Path) -> Options:
    """The options that a pyproject.toml sets; InputFileError for a wrong key, type or value."""
    text = _text(file)
    table = _table(file, text) or {}
    reader = _Reader(file, text, table)
    options = Options(
        select=reader.codes("select"),
        ignore=reader.codes("ignore"),
        exclude=reader.strings("exclude"),
        models=reader.mapping("models"),
        archive=file.parent / table["archive"] if reader.string("archive") else None,
        load_on_demand=reader.flag("load-on-demand"),
        support_tests=reader.flag("support-tests"),
        support_module=reader.string("support-module") or Options.support_module,
    )
    reader.refuse_unknown()
    return options


def read_models(pairs: Iterable[str]) -> dict[str, str]:
    """`OLD=NEW` pairs as a mapping."""
    models = {}
    for pair in pairs:
        old, equals, new = (part.strip() for part in pair.partition("="))
        if not (old and equals and new):
            raise UsageError(f"--model '{pair}' is not OLD=NEW; write it like --model gpt-4o=gpt-5.1")
        models[old] = new
    return models


def checked_module(name: str) -> str:
    """A name that Python can import."""
    if not name.isidentifier() or iskeyword(name):
        raise UsageError(f"the support module cannot be named '{name}'; give a Python name such as assistants_compat")
    return name


def checked_archive(folder: Path) -> Path:
    """A folder that holds exported prompts."""
    if not folder.is_dir():
        raise InputFileError(folder, "is no folder.", hint="Give the folder that `assist2resp export` made.")
    if not (folder / "prompts").is_dir():
        raise InputFileError(folder, "is no archive: it has no folder 'prompts'.", hint="Export once more.")
    return folder


class _Reader:
    """Takes values out of the table by key and type."""

    def __init__(self, file: Path, text: str, table: Mapping[str, Any]) -> None:
        self.file, self.text, self.table = file, text, table
        self.known: list[str] = []

    def string(self, key: str) -> str:
        value = self._value(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "a string")
        return value

    def flag(self, key: str) -> bool:
        value = self._value(key, default=False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        value = self._value(key, [])
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self._wrong(key, "a list of strings")
        return tuple(value)

    def codes(self, key: str) -> tuple[str, ...]:
        codes = self.strings(key)
        try:
            return check_codes(codes)
        except UsageError as error:
            raise InputFileError(self.file, f"{key}: {error}", line=self._line(key)) from None

    def mapping(self, key: str) -> dict[str, str]:
        value = self._value(key, {})
        if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
            raise self._wrong(key, 'a table of strings, such as { "gpt-4o" = "gpt-5.1" }')
        return dict(value)

    def refuse_unknown(self) -> None:
        for key in self.table:
            if key not in self.known:
                near = get_close_matches(key.replace("_", "-"), self.known, n=1)
                hint = f"Did you mean '{near[0]}'?" if near else f"Known keys: {', '.join(sorted(self.known))}."
                raise InputFileError(self.file, f"unknown key '{key}' in [{TABLE}].", line=self._line(key), hint=hint)

    def _value(self, key: str, default: Any) -> Any:
        self.known.append(key)
        return self.table.get(key, default)

    def _wrong(self, key: str, expected: str) -> InputFileError:
        found = type(self.table[key]).__name__
        return InputFileError(self.file, f"'{key}' must be {expected}, and is {found}.", line=self._line(key))

    def _line(self, key: str) -> int | None:
        """The line of a key of the table, or of the table itself."""
        header = re.search(rf"^\s*\[\s*{re.escape(TABLE)}\b", self.text, re.MULTILINE)
        start = header.start() if header else 0
        name = re.compile(rf"^\s*(?:\[\s*{re.escape(TABLE)}\.)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]", re.MULTILINE)
        found = name.search(self.text, start)
        offset = found.end() if found else header.end() if header else None
        return None if offset is None else self.text.count("\n", 0, offset) + 1


def _table(file: Path, text: str) -> Mapping[str, Any] | None:
    """Our table, or None where the file has none."""
    try:
        tool = tomllib.loads(text).get("tool")
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else len(text.splitlines())
        raise InputFileError(file, f"is no valid TOML: {error}.", line=number) from None
    table = tool.get("assist2resp") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise InputFileError(file, f"[{TABLE}] must be a table.")
    return table


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputFileError(file, f"cannot be read: {(error.strerror or str(error)).lower()}.") from error


def _text(file: Path) -> str:
    try:
        return _bytes(file).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputFileError(file, "is not UTF-8, as TOML must be.", line=line) from None
