"""Prism, which others wrote: a proxy that holds each request against OpenAI's description before it lets it through."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox.openapi import PATH
from tests.servers import FOLDER, free_port, running

_PACKAGE = "@stoplight/prism-cli@5.16.0"
VIOLATIONS = "sl-violations"
"""The header of an answer with what was wrong, of the request and of the answer; a long one is cut off."""


@contextmanager
def prism(upstream: str, folder: Path) -> Iterator[str]:
    """The base URL of a proxy to another while the block runs."""
    port = free_port()
    command: list[str | Path] = [_program(), "proxy", "-h", "127.0.0.1", "-p", str(port), _relaxed(folder), upstream]
    with running(command, f"http://127.0.0.1:{port}", folder) as url:
        yield url


def _program() -> Path:
    """Prism, installed once; the test is skipped where there is no npm."""
    npm = shutil.which("npm") or pytest.skip("needs npm")
    program = FOLDER / "prism" / "node_modules" / ".bin" / "prism"
    if not program.exists():
        (FOLDER / "prism").mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--prefix", str(FOLDER / "prism"), "--silent", "--no-fund", "--no-audit", _PACKAGE]
        subprocess.run(install, check=True, timeout=300)
    return program


def _relaxed(folder: Path) -> Path:
    """The description, but that one or more of several kinds are enough (`tests.sandbox.openapi_requests` says why), and
    that an assistant's message need not have an id: nothing says that the API takes one that is not its own.
    """
    text = re.sub(r"(?m)^( *(?:- )?)oneOf:", r"\1anyOf:", PATH.read_text(encoding="utf-8"))
    text, replaced = re.subn(r"(?s)(\n    OutputMessage:\n.*?\n      required:\n)        - id\n", r"\1", text, count=1)
    assert replaced
    path = folder / "relaxed.yaml"
    path.write_text(text, encoding="utf-8")
    return path
