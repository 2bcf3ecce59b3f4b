"""Answers the calls of functions: with what the program gave back when it was recorded, or with the user's own code."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from assist2resp.errors import UsageError
from assist2resp.replay.fields import differences, share
from assist2resp.schema.comparison import ToolCall


class NoOutputError(Exception):
    """A call that nothing answers; the text says why."""


class Outputs(Protocol):
    """What answers the calls of one answer."""

    async def output(self, name: str, arguments: str) -> str:
        """The output of a call; a NoOutputError if there is none."""
        ...


class Recorded:
    """The outputs of a recorded turn, each given once, the last of equal calls as often as it is asked for."""

    def __init__(self, calls: Sequence[ToolCall]) -> None:
        self._calls = [call for call in calls if call.output is not None]
        self._given: dict[tuple[str, str], int] = {}

    async def output(self, name: str, arguments: str) -> str:
        """The recorded output of a call of the same name and arguments."""
        wanted = (name, _canonical(arguments))
        same = [call for call in self._calls if (call.name, _canonical(call.arguments)) == wanted]
        if not same:
            raise NoOutputError(self._nearest(name, arguments))
        number = self._given.get(wanted, 0)
        self._given[wanted] = number + 1
        return str(same[min(number, len(same) - 1)].output)

    def _nearest(self, name: str, arguments: str) -> str:
        said = f"no output is recorded for {name}({arguments})"
        if not self._calls:
            return f"{said}; this turn called nothing"
        value = _value(arguments)
        best = max(self._calls, key=lambda call: (call.name == name, share(_value(call.arguments), value)))
        if best.name != name:
            return f"{said}; the nearest is {best.name}({best.arguments})"
        return f"{said}; the nearest differs in {'; '.join(list(differences(_value(best.arguments), value))[:3])}"


class Own:
    """The user's function, called with the name and the arguments of each call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    async def output(self, name: str, arguments: str) -> str:
        """What the function returns: a string, or a value that becomes JSON."""
        given = _value(arguments)
        if inspect.iscoroutinefunction(self._function):
            made = await self._function(name, given)
        else:
            made = await asyncio.to_thread(self._function, name, given)
        return made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)


def attribute_of(text: str, option: str) -> Any:
    """What `module:attribute` names, modules of the working folder included."""
    module, colon, attribute = text.partition(":")
    if not colon or not module or not attribute:
        raise UsageError(f"{option} {text}: write MODULE:ATTRIBUTE, such as bot.tools:call.")
    if os.getcwd() not in sys.path:  # noqa: PTH109 - compared with what sys.path holds
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        found = importlib.import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise UsageError(f"{option} {text}: {error}.") from error
    return found


def own(text: str) -> Own:
    """The user's function by `module:function`."""
    found = attribute_of(text, "--tools")
    if not callable(found):
        raise UsageError(f"--tools {text}: that is no function; it is called with a name and the arguments.")
    return Own(found)


def _value(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments


def _canonical(arguments: str) -> str:
    return json.dumps(_value(arguments), sort_keys=True)
