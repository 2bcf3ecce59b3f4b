"""Reads files of cases that people write: YAML, JSON or JSONL, every complaint with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.replay.marked_yaml import Marked, entries, line_of, marked, read_text
from assist2resp.replay.turns import Turn, length_of
from assist2resp.schema.cases import Said, WrittenCase
from assist2resp.schema.comparison import Answer, Citation, ToolCall
from assist2resp.schema.versioned import first_problem


class _Entry(NamedTuple):
    marked: Marked
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
    text = read_text(path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        yield from _lines(path, text)
        return
    found = marked(path, text)
    if isinstance(found.value, dict) and "cases" in found.value and isinstance(found.node, yaml.MappingNode):
        node = next(inner for key, inner in found.node.value if key.value == "cases")
        found = Marked(found.value["cases"], node)
    for entry in entries(path, found, "is no list of cases.", "Begin each case with `- question: …`."):
        yield _Entry(entry, line_of(entry))


def _lines(path: Path, text: str) -> Iterator[_Entry]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _Entry(Marked(json.loads(line), None), number)
            except (ValueError, RecursionError) as error:
                raise InputFileError(path, f"is no JSON: {error}.", line=number) from error


def _case(path: Path, entry: _Entry) -> WrittenCase:
    try:
        return WrittenCase.model_validate(entry.marked.value)
    except ValidationError as error:
        line = line_of(entry.marked, error.errors()[0]["loc"]) if entry.marked.node else entry.line
        hint = "`assist2resp schema case` says what a case may have."
        raise InputFileError(path, f"{first_problem(error)}.", line=line, hint=hint) from error


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
