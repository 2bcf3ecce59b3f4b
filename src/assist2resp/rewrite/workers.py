"""Work that is shared out among processes: forked here, so that each has all that was found out and only results return.

The trees of a project are far too large to be sent to another process. A fork has them for nothing, and what it gives
back is bytes and findings. Where the system cannot fork safely, one process does all.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, NoReturn, Self, TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def cores() -> int:
    """How many cores this process may use. How busy they are is not asked: a load average tells of the last minute."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_fork() -> bool:
    """Whether a copy of this process is safe: not on Windows, nor on macOS (bpo-33725), nor beside running threads."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


def jobs_for(tasks: int, allowed: int | None, least: int) -> int:
    """How many processes so many tasks are worth, with at least so many for each: at most `allowed`, or the cores."""
    return max(1, min(allowed or cores(), tasks // least)) if can_fork() else 1


def shared_out(tasks: Sequence[_Task], work: Callable[[_Task], _Result], jobs: int) -> list[_Result]:
    """The result of `work` for each task, in order, by so many processes."""
    with Shared(tasks, work, jobs) as shared:
        return shared.results()


class Shared(Generic[_Task, _Result]):
    """Tasks that other processes begin at once, and this one too when it asks for the results.

    `work` may change nothing that others read. What a process that failed had taken is done here, so that what it
    raises is raised here.
    """

    def __init__(self, tasks: Sequence[_Task], work: Callable[[_Task], _Result], jobs: int) -> None:
        self._tasks, self._work = tasks, work
        self._step = 1 + len(tasks) // _MOST
        self._queue, writing = os.pipe()
        os.write(writing, b"".join(map(_FIRST.pack, range(0, len(tasks), self._step))))
        os.close(writing)
        self._children: list[_Child] = []
        with suppress(OSError):  # a system that has no more processes to give: this one does the rest
            for _ in range(jobs - 1):
                self._children.append(_Child(self._share))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        os.close(self._queue)
        for child in self._children:
            child.end()

    def results(self) -> list[_Result]:
        """The result for each task, in their order."""
        done = self._share()
        for child in self._children:
            done |= child.answer() or {}
        return [done[place] if place in done else self._work(task) for place, task in enumerate(self._tasks)]

    def _share(self) -> dict[int, _Result]:
        """What this process does: the next tasks that nobody has taken, until there are none."""
        done: dict[int, _Result] = {}
        while taken := os.read(self._queue, _FIRST.size):
            (first,) = _FIRST.unpack(taken)
            done |= {place: self._work(self._tasks[place]) for place in self._places(first)}
        return done

    def _places(self, first: int) -> range:
        return range(first, min(first + self._step, len(self._tasks)))


_FIRST = struct.Struct("=I")
_MOST = 1_000
"""Times that tasks are taken from the queue, a pipe that must hold them all."""


class _Child:
    """A forked process that works something out, and sends it back once all of it is done."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._reading, writing = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:
            os.close(self._reading)
            os.close(writing)
            raise
        if self._pid == 0:
            _work_and_leave(work, writing)
        os.close(writing)

    def answer(self) -> Any | None:
        """What the process worked out; None where it failed."""
        with os.fdopen(self._reading, "rb", closefd=False) as stream:
            data = stream.read()
        pid, self._pid = self._pid, 0
        _, status = os.waitpid(pid, 0)
        return pickle.loads(data) if data and status == 0 else None  # noqa: S301 - from our own fork

    def end(self) -> None:
        """Let the process go, whether it is done or not."""
        os.close(self._reading)
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _work_and_leave(work: Callable[[], Any], writing: int) -> NoReturn:
    """What the forked process does: nothing of the program that it is a copy of may go on, so it leaves at once."""
    status = 1
    try:
        gc.disable()  # a collection would touch, and so copy, every object
        with os.fdopen(writing, "wb") as stream:
            pickle.dump(work(), stream, pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)
