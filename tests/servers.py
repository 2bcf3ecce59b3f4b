"""Servers that others wrote, for the tests that are marked `servers`: each installed into a folder of its own, once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / ".venv-servers"
_PATIENCE = 60


def python_of(name: str, *packages: str) -> Path:
    """The interpreter of an environment with these packages; the test is skipped where there can be none."""
    interpreter = FOLDER / name / "bin" / "python"
    if not interpreter.exists():
        subprocess.run([_newer_python(), "-m", "venv", FOLDER / name], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *packages], check=True)
    return interpreter


def _newer_python() -> str:
    """A Python of at least 3.12, which these servers need."""
    given = [
        os.environ.get("PYTHON312", ""),
        sys.executable,
        *(shutil.which(f"python3.{minor}") or "" for minor in (12, 13)),
    ]
    for candidate in filter(None, given):
        check = "import sys; sys.exit(sys.version_info < (3, 12))"
        if subprocess.run([candidate, "-c", check], check=False, capture_output=True).returncode == 0:
            return candidate
    return pytest.skip("needs Python 3.12; PYTHON312 may name it")


@contextmanager
def running(command: Sequence[str | Path], url: str, folder: Path, **environment: str) -> Iterator[str]:
    """A server that answers at its URL while the block runs."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=kept)
    try:
        _wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    request = urllib.request.Request(f"{url}/assistants", headers={"authorization": "Bearer any"})
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
