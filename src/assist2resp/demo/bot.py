"""The demo's program, a support bot: where it lies, how it is run, and what its run showed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assist2resp.errors import PartialFailureError

ENTRY = "main.py"
DATABASE = "support.db"
THREADS = "SELECT thread_id FROM threads ORDER BY thread_id"
"""What asks the bot's own database for the threads of its customers."""
PATIENCE = 120
"""Seconds after which a run is given up; it takes ten."""

_HERE = Path(__file__).parent
_PLACES = (_HERE / "support_bot", _HERE.parents[2] / "fixtures" / "programs" / "support_bot" / "before")
_ID = re.compile(r"\b(?:asst|thread|conv|msg|run|step|resp|call|fc|file|vs|vsfb)[_-][A-Za-z0-9]{12,}\b")


@dataclass(frozen=True)
class Shown:
    """What one run of the bot showed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line, with every object's id as `<id>`."""
        return _ID.sub("<id>", self.stdout).splitlines()

    @property
    def error(self) -> str:
        """The last line of what it said on stderr."""
        return (self.stderr.strip().splitlines() or ["it said nothing"])[-1]

    def last_call(self, folder: Path) -> list[str]:
        """The place in `folder` where its traceback left the bot's own code: the file and line, and the code there."""
        lines = self.stderr.splitlines()
        inside = [number for number, line in enumerate(lines) if line.startswith(f'  File "{folder}{os.sep}')]
        return [line.replace(f"{folder}{os.sep}", "") for line in lines[inside[-1] : inside[-1] + 2]] if inside else []


def source() -> Path:
    """The folder of the bot: part of the installed package, or of the checkout that this file lies in."""
    return next((place for place in _PLACES if (place / ENTRY).is_file()), _PLACES[0])


def run(folder: Path, base_url: str) -> Shown:
    """Run the bot that lies in `folder` in a process of its own, which never outlives this call."""
    with ExitStack() as stack:
        with _signals_held():
            process = stack.enter_context(_start(folder, base_url))
            stack.callback(process.kill)
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise PartialFailureError(f"{folder}: the bot had not ended after {PATIENCE} seconds; try again.") from None
    return Shown(process.returncode, stdout, stderr)


def _start(folder: Path, base_url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program, under this interpreter
        [sys.executable, ENTRY],
        cwd=folder,
        env=_environment(base_url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
        start_new_session=True,
    )


@contextmanager
def _signals_held() -> Iterator[None]:
    """Deliver Ctrl-C and SIGTERM after the block, so that a process is never started and then not known."""
    held: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda got, _: held.append(got)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        for got in held[:1]:
            signal.raise_signal(got)


def _environment(base_url: str) -> dict[str, str]:
    """The user's environment, without their keys, organisations and proxies."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("OPENAI_")}
    hosts = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    ours = {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
    return {**kept, **hosts, **ours, "OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "sk-demo"}
