"""The terminal: what goes to which stream, in colour only where a person watches."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TextIO

import click

_PATIENCE = 0.5
"""Seconds of work that need no progress."""
_INTERVAL = 0.05


def wants_colour(stream: TextIO) -> bool:
    """Whether the stream is a terminal whose user has not turned colour off (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(text: str | bytes, stream: TextIO) -> None:
    """Write to a stream; what its encoding lacks, and odd file names, are escaped."""
    data = text.encode(stream.encoding or "utf-8", "backslashreplace") if isinstance(text, str) else text
    click.echo(data, file=stream, nl=False, color=wants_colour(stream))


def say(message: str) -> None:
    """Write a message to stderr."""
    show(f"{message}\n", sys.stderr)


def heed_sigterm() -> None:
    """Have SIGTERM end this process as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def progress(*, moves: bool = True) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar on stderr for work that takes long, or None where nobody watches.

    It moves by itself, by a thread, unless told not to: no process is forked beside a thread.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    shown = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(
        *shown, TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True, auto_refresh=moves
    )
    task = bar.add_task("", total=None)
    due = time.monotonic() + _PATIENCE

    def report(stage: str, done: int, total: int) -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        due = time.monotonic() + _INTERVAL
        bar.start()
        bar.update(task, description=stage, completed=done, total=total or None, refresh=not moves)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()
