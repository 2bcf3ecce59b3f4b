"""SIGKILL at random instants: the same command goes on, and the archive has the bytes of one that was never killed."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time

import pytest

from tests.export.scenes import KEY, THREADS, old_world, snapshot

FOLDERS, KILLS = 5, 4


@pytest.fixture(scope="module")
def server(state):
    with old_world(state) as running:
        yield running


def start(server, tmp_path, out):
    ids = tmp_path / "threads.txt"
    ids.write_text("\n".join(THREADS))
    command = [sys.executable, "-m", "assist2resp", "export", "--out", str(out), "--base-url", server.url]
    command += ["--threads", str(ids), "--format", "json", "--concurrency", "3"]
    environment = {"OPENAI_API_KEY": KEY, "PATH": ""}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def finish(process):
    told, problems = process.communicate(timeout=60)
    assert (process.returncode, problems) == (0, b"")
    return told.splitlines()


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory):
    """The number of events of an export without a kill, and its archive."""
    folder = tmp_path_factory.mktemp("whole")
    return len(finish(start(server, folder, folder / "archive"))), snapshot(folder / "archive")


@pytest.mark.parametrize("seed", range(FOLDERS))
def test_kills_leave_no_trace(seed, server, whole, tmp_path):
    events, expected = whole
    dice = random.Random(seed)
    killed = 0
    for _ in range(KILLS):
        process = start(server, tmp_path, tmp_path / "killed")
        for _ in range(dice.randrange(events)):
            process.stdout.readline()
        process.kill()
        process.communicate(timeout=60)
        killed += process.returncode != 0
    finish(start(server, tmp_path, tmp_path / "killed"))
    assert killed
    assert snapshot(tmp_path / "killed") == expected


@pytest.mark.kills
@pytest.mark.parametrize("seed", range(100))
def test_a_kill_at_any_moment_leaves_no_trace(seed, server, whole, duration, tmp_path):
    process = start(server, tmp_path, tmp_path / "killed")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=random.Random(seed).uniform(0, duration))
    process.kill()
    process.communicate(timeout=60)
    finish(start(server, tmp_path, tmp_path / "killed"))
    assert snapshot(tmp_path / "killed") == whole[1]


@pytest.fixture(scope="module")
def duration(server, tmp_path_factory):
    """The seconds that an export takes without a kill."""
    folder, started = tmp_path_factory.mktemp("timed"), time.monotonic()
    finish(start(server, folder, folder / "archive"))
    return time.monotonic() - started
