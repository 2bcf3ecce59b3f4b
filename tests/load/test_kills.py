"""SIGKILL at random instants: the same command goes on, and each item is once where the map says.

`make test-kills` kills a hundred loads.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.load.scenes import KEY, archive, check_exactly_once, id_map, loaded, new_world

SHORT, LONG, KILLS = 3, 100, 3


def start(server, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "assist2resp", "load", str(folder), "--base-url", server.url, "--concurrency", "3"]
    environment = {"OPENAI_API_KEY": KEY, "PATH": ""}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def kill_at(server, process: subprocess.Popen[bytes], requests: int) -> bool:
    """Kill a process once the server has seen so many requests more; whether it had not ended before."""
    until = len(server.requests) + requests
    while len(server.requests) < until:
        try:
            process.wait(timeout=0.0005)
        except subprocess.TimeoutExpired:
            continue
        break
    process.kill()
    process.communicate(timeout=60)
    return process.returncode == -9


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> int:
    """The number of requests of a load without a kill."""
    with new_world() as server:
        return loaded(archive(tmp_path_factory.mktemp("whole")), server).requests


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.kills] * (seed >= SHORT)) for seed in range(LONG)]
)
def test_killed_loads_write_every_item_once(seed, whole, tmp_path):
    folder, dice = archive(tmp_path), random.Random(seed)
    with new_world() as server:
        killed = sum(kill_at(server, start(server, folder), dice.randint(1, whole)) for _ in range(KILLS))
        done = start(server, folder)
        told, problems = done.communicate(timeout=60)
        assert (done.returncode, problems) == (0, b""), told
        check_exactly_once(folder, server)
        empty = len(server.world.store.table("conversations").all()) - len(
            set(id_map(folder).values()) & {row.id for row in server.world.store.table("conversations").all()}
        )
        assert empty <= killed * 3
        assert (b"creations were lost" in told) or not empty
    assert killed
