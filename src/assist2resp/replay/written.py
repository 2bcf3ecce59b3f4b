"""Reads files of cases that people write: YAML, JSON or JSONL, every complaint with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.replay.turns import Turn, length_of
from assist2resp.schema.cases import Said, WrittenCase
from assist2resp.schema.comparison import Answer, Citation, ToolCall
from assist2resp.schema.versioned import first_problem

_MOST_VALUES = 10_000_000
"""The size at which aliases are taken for a bomb."""


class _Entry(NamedTuple):
    value: Any
    node: yaml.Node | None
    line: int


def read_written(path: Path) -> Iterator[Turn]:
    """The cases of a file; an InputFileError names the line of the first that cannot be used."""
    seen: dict[str, int] = {}
    number = 0
    for number, entry in enumerate(_entries(path), start=1):
        turn = _turn(_case(path, entry), number, path)
        if turn.id in seen:
            raise InputFileError(path, f"the id {turn.id!r} is taken by line {seen[turn.id]}.", line=entry.line)
        seen[turn.id] = entry.line
        yield turn
    if not number:
        raise InputFileError(path, "holds no case.", hint="`assist2resp schema case` says what one looks like.")


def _entries(path: Path) -> Iterator[_Entry]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        yield from _lines(path, text)
        return
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputFileError(path, f"is no YAML: {problem}.", line=mark.line + 1 if mark else None) from error
    except (RecursionError, ValueError) as error:
        raise InputFileError(path, f"is no YAML: {type(error).__name__}: {error}.") from error
    if _size(value, {}) > _MOST_VALUES:
        raise InputFileError(path, f"holds more than {_MOST_VALUES:,} values when its aliases are written out.")
    if isinstance(value, dict) and isinstance(value.get("cases"), list) and isinstance(node, yaml.MappingNode):
        node = next(inner for key, inner in node.value if key.value == "cases")
        value = value["cases"]
    if value is None:
        return
    if not isinstance(value, list) or not isinstance(node, yaml.SequenceNode):
        raise InputFileError(path, "is no list of cases.", line=1, hint="Begin each case with `- question: …`.")
    for entry, inner in zip(value, node.value, strict=True):
        yield _Entry(entry, inner, inner.start_mark.line + 1)


def _lines(path: Path, text: str) -> Iterator[_Entry]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _Entry(json.loads(line), None, number)
            except (ValueError, RecursionError) as error:
                raise InputFileError(path, f"is no JSON: {error}.", line=number) from error


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values a value holds when each alias is written out; those are counted, not walked."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES  # a value within itself is endless
        known[id(value)] = 1 + sum(
            _size(entry, known) for entry in (value.values() if isinstance(value, dict) else value)
        )
    return known[id(value)]


def _case(path: Path, entry: _Entry) -> WrittenCase:
    try:
        return WrittenCase.model_validate(entry.value)
    except ValidationError as error:
        line = _line(entry, error.errors()[0]["loc"])
        hint = "`assist2resp schema case` says what a case may have."
        raise InputFileError(path, f"{first_problem(error)}.", line=line, hint=hint) from error


def _line(entry: _Entry, place: tuple[int | str, ...]) -> int:
    """The line of a part of a case, or of what is nearest around it."""
    line, node = entry.line, entry.node
    for step in place:
        inner = None
        if isinstance(node, yaml.MappingNode):
            inner = next(((key, value) for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            inner = (node.value[step], node.value[step])
        if inner is None:
            break
        line, node = inner[0].start_mark.line + 1, inner[1]
    return line


def _turn(case: WrittenCase, number: int, path: Path) -> Turn:
    name = case.id or f"{path.stem}#{number}"
    history = tuple(entry.model_dump() if isinstance(entry, Said) else entry for entry in case.history)
    asked = case.input or ({"role": "user", "content": case.question or ""},)
    return Turn(
        id=name,
        thread=case.thread or name,
        input=asked,
        question=case.question or json.dumps(asked, ensure_ascii=False),
        old=_answer(case),
        history=history,
        assistant=case.assistant,
        arguments=case.arguments,
        groups={
            "assistant": case.assistant or "none",
            "length": length_of(len(history)),
            "tools": "function" if case.tools else "none",
            **case.groups,
        },
    )


def _answer(case: WrittenCase) -> Answer:
    calls = [
        ToolCall(
            name=tool.name,
            arguments=tool.arguments if isinstance(tool.arguments, str) else json.dumps(tool.arguments),
            output=tool.output,
        )
        for tool in case.tools
    ]
    return Answer(
        text=case.reply or "",
        refusal=case.refusal,
        tool_calls=tuple(calls),
        citations=tuple(Citation(file=cited.file, index=cited.index) for cited in case.citations),
        model=case.model,
        usage=case.usage,
        latency=case.latency,
        error=None if case.reply or case.refusal or case.tools else "the case gives no reply",
    )
