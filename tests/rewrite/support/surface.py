"""The old surface as programs reach it: the SDK's own on the old API, and the support module's without it."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import openai
from openai import BaseModel, Stream
from openai._base_client import BaseSyncPage

from assist2resp.rewrite.support.shake import support_source
from assist2resp.sandbox import Sandbox, sandbox
from assist2resp.sandbox.app import Settings

EVERYTHING = (
    "*", "conversation_id", "request_arguments", "with_thread_files", "input_message", "file_content", "file_object",
)  # fmt: skip
ID = re.compile(r"\b(?:asst|thread|conv|msg|run|resp|step|call|ci|fs|c?file|vs|cntr)[_-][A-Za-z0-9_]{8,}\b")
TIMES = re.compile(r"^(?:\w+_at|expires_after)$")
UNSEEN = {"thread.run": ("tool_resources",), "thread.run.step": ("expires_at",)}
"""Fields beyond the SDK's types whose values no program was meant to read."""
QUICK: dict[str, Any] = {"queued_seconds": 0, "step_seconds": 0, "poll_after_ms": 1}


def support_module(folder: Path, *used: str, is_async: bool = True, is_sync: bool = True) -> ModuleType:
    """A support module of a program of its own, with what these uses need, by default everything."""
    source = support_source(used or EVERYTHING, is_async=is_async, is_sync=is_sync)
    path = folder / "assistants_compat.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("assistants_compat", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Surface:
    """Calls of `client.beta`, or of `beta(client)` when a support module is given, synchronous or not."""

    def __init__(self, server: Sandbox, mode: str, support: ModuleType | None = None) -> None:
        self.runner = asyncio.Runner() if mode == "async" else None
        self.client: Any = server.async_client() if self.runner else server.client()
        self.support = support
        self.beta = support.beta(self.client) if support else self.client.beta

    def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """The result of a method by its dotted path below `beta`; streams and pages of an iteration come as lists."""
        return self.do(_target(self.beta, method), *args, **kwargs)

    def plain(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """The result of a method of the client itself."""
        return self.do(_target(self.client, method), *args, **kwargs)

    def do(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call, and wait for what comes if that has to be awaited."""
        made = method(*args, **kwargs)
        if self.runner is None:
            return list(made) if isinstance(made, Stream) else made
        return self.runner.run(_arrived(made))

    def all(self, method: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Every object that iterating over a list gives, over all its pages."""
        made = _target(self.beta, method)(*args, **kwargs)
        return list(made) if self.runner is None else self.runner.run(_listed(made))

    def stream(self, method: str, **kwargs: Any) -> list[Any]:
        """The events of a streaming helper, and what it has at the end."""
        manager = _target(self.beta, method)(**kwargs)
        return _heard(manager) if self.runner is None else self.runner.run(_heard_later(manager))

    def refused(self, method: str, *args: Any, **kwargs: Any) -> list[Any]:
        """The status and text of the error that a call gets."""
        try:
            self(method, *args, **kwargs)
        except openai.APIStatusError as error:
            return [type(error).__name__, error.status_code, error.body]
        raise AssertionError(f"{method} was not refused")

    def close(self) -> None:
        if self.runner is None:
            self.client.close()
        else:
            self.runner.run(self.client.close())
            self.runner.close()


def _target(start: Any, method: str) -> Any:
    for name in method.split("."):
        start = getattr(start, name)
    return start


async def _arrived(made: Any) -> Any:
    if inspect.isawaitable(made):
        made = await made
    return [event async for event in made] if isinstance(made, openai.AsyncStream) else made


async def _listed(made: Any) -> list[Any]:
    return [entry async for entry in made]


def _heard(manager: Any) -> list[Any]:
    with manager as stream:
        return [*stream, stream.get_final_run()]


async def _heard_later(manager: Any) -> list[Any]:
    async with manager as stream:
        return [*[event async for event in stream], await stream.get_final_run()]


@contextmanager
def surface(mode: str, folder: Path | None = None, **settings: Any) -> Iterator[Surface]:
    """The old API, or the support module in a folder over a world without the old API."""
    chosen = Settings(sunset=folder is not None, **{**QUICK, **settings})
    with sandbox(settings=chosen, in_process=True) as server:
        made = Surface(server, mode, support_module(folder) if folder else None)
        try:
            yield made
        finally:
            made.close()
        assert server.failures == []


def seen(value: Any) -> Any:
    """A value as a program sees it, without times, and with ids numbered in the order in which they are met."""
    numbers: dict[str, str] = {}

    def shown(part: Any) -> Any:
        if isinstance(part, BaseModel):
            return shown(part.to_dict())
        if isinstance(part, BaseSyncPage) or hasattr(part, "get_next_page"):
            return {"data": shown(part.data), "has_more": part.has_more}
        if isinstance(part, dict):
            part = {name: inner for name, inner in part.items() if name not in UNSEEN.get(part.get("object", ""), ())}
            return {name: (inner is not None) if TIMES.match(name) else shown(inner) for name, inner in part.items()}
        if isinstance(part, list | tuple):
            return [shown(inner) for inner in part]
        if isinstance(part, str):
            return ID.sub(lambda match: numbers.setdefault(match.group(), f"<{len(numbers)}>"), part)
        return part

    return shown(value)
