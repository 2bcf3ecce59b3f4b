"""What a terminal is shown, and what a pipe is spared."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from types import SimpleNamespace

import pytest

from assist2resp.cli._terminal import progress, show, wants_colour

WORK = (
    "from assist2resp.cli import _terminal\n"
    "_terminal._PATIENCE = _terminal._INTERVAL = 0\n"
    "with _terminal.progress() as report:\n"
    "    for done in range(10):\n"
    "        report('parsing', done, 9)\n"
    "print('result')\n"
)


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], coloured: bool) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert bool(wants_colour(SimpleNamespace(isatty=lambda: True))) is coloured
    assert not wants_colour(SimpleNamespace(isatty=lambda: False))


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("utf-8", "é →\n", "é →\n".encode()),
        ("ascii", "é →\n", b"\\xe9 \\u2192\n"),
        ("utf-8", "caf\udce9.py\n", b"caf\\udce9.py\n"),
    ],
)
def test_any_text_can_be_shown(encoding: str, text: str, written: bytes) -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    show(text, stream)
    stream.flush()
    assert buffer.getvalue() == written


def test_long_work_on_a_terminal_shows_progress_on_stderr_alone() -> None:
    master, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdout=subprocess.PIPE, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        shown = b""
        try:
            while data := os.read(master, 4096):
                shown += data
        except OSError:  # Linux says so when the other side is closed
            pass
        finally:
            os.close(master)
        out, _ = process.communicate(timeout=60)
    assert out == b"result\n"
    assert b"parsing" in shown
    assert b"9/9" in shown


def test_a_pipe_is_shown_no_progress(capfd: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        assert report is None
    assert capfd.readouterr() == ("", "")
