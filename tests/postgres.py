"""A real PostgreSQL on loopback for the tests that are marked `postgres`: Debian's package, a cluster of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "canary-password-4b1d"
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def program(name: str) -> str | None:
    """The path of one of PostgreSQL's programs, if it is installed."""
    found = next((path / name for path in _PROGRAMS if (path / name).exists()), None)
    return str(found) if found else shutil.which(name)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a new cluster's database, for as long as the block runs."""
    server, maker = program("postgres"), program("initdb")
    assert server is not None
    assert maker is not None
    as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as name:
        folder, secret = Path(name) / "data", Path(name) / "secret"
        secret.write_text(PASSWORD)
        if as_user:
            for path in (Path(name), secret):
                shutil.chown(path, "postgres", "postgres")
        login = ["--auth=scram-sha-256", "--username=tests", f"--pwfile={secret}"]
        subprocess.run(
            [maker, "-D", folder, "-E", "UTF8", *login], check=True, capture_output=True, cwd=name, **as_user
        )
        port = _free_port()
        options = ["-p", str(port), "-h", "127.0.0.1", "-k", name, "-c", "fsync=off"]
        with subprocess.Popen(
            [server, "-D", folder, *options], stderr=subprocess.PIPE, text=True, cwd=name, **as_user
        ) as running:
            try:
                _wait(running)
                yield f"postgresql+psycopg://tests:{PASSWORD}@127.0.0.1:{port}/postgres"
            finally:
                running.terminate()


def _wait(running: subprocess.Popen[str]) -> None:
    assert running.stderr is not None
    told = []
    for line in running.stderr:
        told.append(line)
        if "ready to accept connections" in line:
            return
    raise AssertionError("".join(told))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
