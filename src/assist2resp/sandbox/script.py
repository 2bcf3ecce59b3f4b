"""Scripted answers for a test: `--script FILE`, or the same from Python.

A script is a list of entries. Each time the model is asked, the first entry that is not used up and whose `when` holds
gives the answer; if there is none, the deterministic model does.

    - when: {contains: weather}            # also: matches (a regular expression), model, instructions, tool, output_of
      answer:
        - call: get_weather
          arguments: {city: Paris}
    - when: {output_of: get_weather}
      times: 2                             # or always; default 1
      answer: It is sunny.
    - answer:
        parts:
          - search: [return policy]        # results are searched in the documents unless `results` gives them
          - text: Thirty days.
            citations: [{file: policy.md, quote: Returns within 30 days., at: 12}]
        usage: {input: 10, output: 4}
    - answer: [{interpreter: print(1), logs: "1", image: chart.png}]
    - answer: {refusal: I cannot help with that.}
    - answer: {error: rate_limit_exceeded, message: Slow down.}
    - answer: {text: Half an ans, stop: length}

`contains`, `matches` look at the last user turn, `instructions` at a part of the instructions, `tool` at what is
offered, `output_of` at a function whose output has just come back. Paths are relative to the script's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from assist2resp.sandbox.inputs import Part, part_of
from assist2resp.sandbox.prompt import (
    Answer,
    CodeInterpreter,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    Prompt,
    Turn,
    Usage,
)
from assist2resp.sandbox.script_answers import Make, answer_of

Source: TypeAlias = str | Path | Sequence[Any] | Callable[[Prompt], Answer | None]
ALWAYS = 10**9
_CONDITIONS = ("contains", "matches", "model", "instructions", "tool", "output_of")


@dataclass
class Entry:
    """One scripted answer, when it is given, and how often yet."""

    make: Make
    conditions: dict[str, str] = field(default_factory=dict)
    left: int = 1

    def fits(self, prompt: Prompt) -> bool:
        """Whether this entry answers this prompt."""
        return self.left > 0 and all(_holds(name, value, prompt) for name, value in self.conditions.items())


class Script:
    """The entries in order; called with a prompt it gives the next answer that fits."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)

    @property
    def unused(self) -> list[Entry]:
        """The entries that still wait (never those that answer always)."""
        return [entry for entry in self.entries if 0 < entry.left < ALWAYS // 2]

    def __call__(self, prompt: Prompt) -> Answer | None:
        entry = next((entry for entry in self.entries if entry.fits(prompt)), None)
        if entry is None:
            return None
        entry.left -= 1
        try:
            return entry.make(prompt)
        except LookupError as error:
            return Answer((), Usage(0, 0), "error", ("server_error", f"The script cannot be followed: {error.args[0]}"))


def read_script(source: Source) -> Callable[[Prompt], Answer | None]:
    """The script in a file, in a list of the same entries (or of strings and answers), or a function that is one."""
    if callable(source):
        return source
    root = part_of(Path(source) if isinstance(source, str) else source, "script")
    return Script([_entry(part) for part in root.sequence()])


def _entry(part: Part) -> Entry:
    if isinstance(part.value, Answer):
        answer = part.value
        return Entry(lambda _prompt: answer)
    if isinstance(part.value, str):
        return Entry(answer_of(part))
    keys = part.mapping("when", "times", "answer", required="answer")
    conditions = keys["when"].mapping(*_CONDITIONS) if "when" in keys else {}
    if "matches" in conditions:
        _check_pattern(conditions["matches"])
    checked = {name: condition.text() for name, condition in conditions.items()}
    return Entry(answer_of(keys["answer"]), checked, _times(keys["times"]) if "times" in keys else 1)


def _times(part: Part) -> int:
    return ALWAYS if part.value == "always" else part.whole(least=1)


def _check_pattern(part: Part) -> None:
    try:
        re.compile(part.text())
    except re.error as error:
        raise part.problem(f"is not a regular expression ({error}).") from error


def _holds(name: str, value: str, prompt: Prompt) -> bool:
    match name:
        case "model":
            return prompt.model == value
        case "instructions":
            return value in prompt.instructions
        case "tool":
            return value in _offered(prompt)
        case "output_of":
            return value in _answered(prompt)
        case "matches":
            return re.search(value, _last_turn(prompt)) is not None
        case _:
            return value.lower() in _last_turn(prompt).lower()


def _offered(prompt: Prompt) -> Iterator[str]:
    for tool in prompt.tools:
        match tool:
            case Function():
                yield tool.name
            case FileSearch():
                yield "file_search"
            case CodeInterpreter():
                yield "code_interpreter"


def _answered(prompt: Prompt) -> set[str]:
    """The functions whose outputs end the history."""
    names = {entry.call_id: entry.name for entry in prompt.history if isinstance(entry, FunctionCall)}
    answered: set[str] = set()
    for entry in reversed(prompt.history):
        if not isinstance(entry, FunctionOutput):
            break
        answered.add(names.get(entry.call_id, ""))
    return answered


def _last_turn(prompt: Prompt) -> str:
    turns = (entry.text for entry in reversed(prompt.history) if isinstance(entry, Turn) and entry.role == "user")
    return next(turns, "")
