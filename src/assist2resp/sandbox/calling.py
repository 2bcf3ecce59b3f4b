"""Which functions the deterministic model calls, and with what arguments."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from assist2resp.sandbox.instances import Clues, Maker
from assist2resp.sandbox.prompt import Function, FunctionCall, FunctionOutput, Prompt, Turn

COMMON = """
    a add all an and ask by call check create current delete do fetch find for from get in is list look lookup make my
    new of on query read run search send set show submit the to update up use with
"""
COMMON_WORDS = frozenset(COMMON.split())


@dataclass(frozen=True)
class LastTurn:
    """The last user turn, and the calls and outputs that came after it."""

    text: str
    calls: tuple[FunctionCall, ...]
    outputs: dict[str, str]

    @classmethod
    def of(cls, prompt: Prompt) -> LastTurn:
        """The last user turn of `prompt`; without one, all of its calls count."""
        history = prompt.history
        users = [at for at, entry in enumerate(history) if isinstance(entry, Turn) and entry.role == "user"]
        since = history[users[-1] + 1 :] if users else history
        last = history[users[-1]] if users else None
        return cls(
            last.text if isinstance(last, Turn) else "",
            tuple(entry for entry in since if isinstance(entry, FunctionCall)),
            {entry.call_id: entry.output for entry in since if isinstance(entry, FunctionOutput)},
        )


def calls(prompt: Prompt, turn: LastTurn) -> list[FunctionCall]:
    """The calls that the turn asks for or the tool choice forces, those already made left out."""
    functions = sorted((tool for tool in prompt.tools if isinstance(tool, Function)), key=lambda tool: tool.name)
    if not functions or prompt.tool_choice == "none":
        return []
    made = {call.name for call in turn.calls}
    matches = [(at, tool) for tool in functions if (at := _mention(tool.name, turn.text)) >= 0]
    chosen = sorted(matches, key=lambda match: match[0])
    if prompt.tool_choice == "required" and not chosen and not made:
        chosen = [(0, functions[0])]
    elif prompt.tool_choice not in ("auto", "required"):
        chosen = [(0, tool) for tool in functions if tool.name == prompt.tool_choice]
    chosen = [(at, tool) for at, tool in chosen if tool.name not in made]
    if not prompt.parallel_tool_calls:
        chosen = chosen[:1]
    return [
        FunctionCall(str(place), tool.name, _arguments(tool, turn.text, at)) for place, (at, tool) in enumerate(chosen)
    ]


def _mention(name: str, text: str) -> int:
    """Where `text` has the function's name or a distinctive word of it, -1 if nowhere."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+", name)
    words = [part.lower() for part in parts if part.lower() not in COMMON_WORDS and not part.isdigit()]
    alternatives = [re.escape(name), r"[\s_-]".join(map(re.escape, parts)) or re.escape(name)]
    alternatives += [rf"{re.escape(word.removesuffix('s') if len(word) > 3 else word)}(?:s|es)?" for word in words]
    found = re.search(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", text, re.IGNORECASE)
    return found.start() if found else -1


def _arguments(function: Function, text: str, at: int) -> str:
    schema = function.parameters or {}
    arguments = Maker({"type": "object", **schema}, Clues(text, function.name, at)).make()
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
