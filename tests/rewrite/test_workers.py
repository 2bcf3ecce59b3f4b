"""Work that is shared out is done whole and in order, whatever becomes of the processes that do it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from assist2resp.rewrite import workers
from assist2resp.rewrite.workers import can_fork, jobs_for, shared_out

param = pytest.param
pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or sys.platform == "darwin", reason="this system does not fork safely"
)

PREAMBLE = """
import os, signal, sys
from assist2resp.rewrite.workers import shared_out
here = os.getpid()
def elsewhere():
    return os.getpid() != here
"""


def run(program: str) -> str:
    """What a program prints: in a process of its own, since pytest's workers have threads beside which nothing forks."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("tasks", [0, 1, 2, 7, 2_500], ids=lambda tasks: f"{tasks} tasks")
def test_results_are_whole_and_in_order(tasks: int, jobs: int) -> None:
    assert run(f"print(shared_out(range({tasks}), lambda n: n * n, {jobs}))") == str([n * n for n in range(tasks)])


def test_other_processes_take_part_and_are_gone_at_the_end() -> None:
    program = """
import time
def work(n):
    while not elsewhere() and n < 20:
        time.sleep(0.001)
        n += 1
    return elsewhere()
print(any(shared_out(range(20), work, 2)))
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("none left")
"""
    assert run(program).split("\n") == ["True", "none left"]


@pytest.mark.parametrize(
    "failing",
    [
        param("raise ValueError", id="it raises"),
        param("os._exit(0)", id="it ends without an answer"),
        param("os.kill(os.getpid(), signal.SIGKILL)", id="it is killed"),
        param("return lambda: 1", id="its answer cannot be sent"),
    ],
)
def test_what_another_process_does_not_finish_is_done_here(failing: str) -> None:
    program = f"""
def work(n):
    if elsewhere():
        {failing}
    return n + 1
print(shared_out(range(50), work, 2))
"""
    assert run(program) == str(list(range(1, 51)))


def test_without_another_process_all_is_done_here() -> None:
    program = """
def refused():
    raise BlockingIOError(11, "Resource temporarily unavailable")
os.fork = refused
print(shared_out(range(5), lambda n: n + 1, 3))
"""
    assert run(program) == "[1, 2, 3, 4, 5]"


def test_what_fails_everywhere_fails_here() -> None:
    program = """
def work(n):
    if n == 30:
        raise ValueError(f"no {n}")
    return n
try:
    shared_out(range(50), work, 2)
except ValueError as error:
    print(error)
"""
    assert run(program) == "no 30"


@pytest.mark.parametrize(
    ("tasks", "allowed", "expected"),
    [
        param(0, None, 1, id="nothing to do"),
        param(19, None, 1, id="too little for two"),
        param(20, None, 2, id="enough for two"),
        param(1_000, None, 4, id="as many as cores"),
        param(1_000, 2, 2, id="as many as allowed"),
        param(1_000, 1, 1, id="one allowed"),
        param(1_000, 9, 9, id="more allowed than cores"),
        param(25, 9, 2, id="more allowed than pay"),
    ],
)
def test_as_many_processes_as_pay(
    tasks: int, allowed: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "can_fork", lambda: True)
    monkeypatch.setattr(workers, "cores", lambda: 4)
    assert jobs_for(tasks, allowed, 10) == expected


def test_one_process_where_the_system_cannot_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert workers.cores() >= 1
    assert not can_fork()
    assert jobs_for(1_000, 8, 10) == 1
    assert shared_out(range(5), abs, 1) == [0, 1, 2, 3, 4]
