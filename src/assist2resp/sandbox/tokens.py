"""How the sandbox counts tokens: each word and each mark is one, on both wires."""

from __future__ import annotations

import re

from assist2resp.sandbox.digest import canonical
from assist2resp.sandbox.prompt import (
    CodeInterpreter,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    InterpreterCall,
    Item,
    Prompt,
    Refusal,
    SearchCall,
    Text,
    Tool,
    Turn,
)

TOKEN = re.compile(r"\w+|[^\w\s]")
IMAGE_TOKENS = 85
FILE_TOKENS = 100


def count(text: str) -> int:
    """The tokens of `text`."""
    return sum(1 for _ in TOKEN.finditer(text))


def cut(text: str, most: int) -> str:
    """The beginning of `text` that has at most this many tokens."""
    end = 0
    for number, match in enumerate(TOKEN.finditer(text), start=1):
        if number > most:
            return text[:end]
        end = match.end()
    return text


def of_prompt(prompt: Prompt) -> int:
    """The tokens that the model reads."""
    return count(prompt.instructions) + sum(map(of_entry, prompt.history)) + sum(map(_of_tool, prompt.tools))


def of_entry(entry: Turn | FunctionCall | FunctionOutput) -> int:
    """The tokens of one entry of the history, with three for its frame."""
    match entry:
        case Turn():
            return 3 + count(entry.text) + IMAGE_TOKENS * len(entry.images) + FILE_TOKENS * len(entry.files)
        case FunctionCall():
            return 3 + count(entry.name) + count(entry.arguments)
        case FunctionOutput():
            return 3 + count(entry.output)


def of_part(part: SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item) -> int:
    """Tokens that the model wrote for a part of its answer; what the server does for it costs none."""
    match part:
        case Text() | Refusal():
            return count(part.text)
        case FunctionCall():
            return count(part.name) + count(part.arguments)
        case _:
            return 0


def _of_tool(tool: Tool) -> int:
    match tool:
        case Function():
            return count(tool.name) + count(tool.description) + count(canonical(tool.parameters or {}))
        case FileSearch() | CodeInterpreter():
            return 10
