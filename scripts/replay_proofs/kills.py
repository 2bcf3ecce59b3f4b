"""Kills a replay after a random number of answers, goes on with it, and compares the bytes with a run that was not."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def command_of(inputs: Path, cassettes: Path, out: Path, *more: str) -> list[str]:
    """A replay from cassettes as a process."""
    options = ["--cassettes", str(cassettes), "--out", str(out), "--repeats", "2", "--concurrency", "2", *more]
    return [sys.executable, "-m", "assist2resp", "replay", str(inputs), *options]


def killed_after(command: Sequence[str], journal: Path, answers: int) -> bool:
    """Whether the process could be killed once its journal had so many answers; it may have ended before."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") > answers:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    return process.returncode == -signal.SIGKILL


def kill_and_go_on(inputs: Path, cassettes: Path, folder: Path, kills: int, *, seed: int = 0) -> tuple[bytes, int]:
    """The bytes of a run that was killed that often at most, and how often it was."""
    dice = random.Random(seed)
    out = folder / "run.json"
    journal = folder / "run.json.partial"
    done = 0
    for _ in range(kills):
        have = journal.read_bytes().count(b"\n") if journal.exists() else 0
        resume = ["--resume"] if have else []
        done += killed_after(command_of(inputs, cassettes, out, *resume), journal, have + dice.randrange(4))
        if out.exists():
            break
    if not out.exists():
        subprocess.run(command_of(inputs, cassettes, out, "--resume"), check=True, capture_output=True)
    return out.read_bytes(), done
