"""`assist2resp rules`: the catalogue, and the page of one rule."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.cli import main
from assist2resp.plugins import plugin_names
from tests.rewrite.stub_rules import installed


@pytest.fixture
def stubs(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path):
        yield


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["assist2resp", "rules", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("stubs")
def test_the_catalogue(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch) == 0
    assert capfd.readouterr().out == (
        "A2R401  fixed   replace a run\nA2R402  manual  report | a step\nA2R500  review  review a page\n"
    )


@pytest.mark.usefixtures("stubs")
def test_a_page(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "a2r402") == 0
    assert capfd.readouterr().out == (
        "A2R402 report | a step [manual]\n"
        "\n"
        "The sentence of A2R402.\n"
        "\n"
        "What\n    runs go,\n    in one step.\n"
        "\n"
        'Why\n    A 404 "helps" nobody <b>here</b>.\n'
        "\n"
        "See\n    https://example.com/A2R402.\n"
        "\n"
        "Before\n    old\n"
        "\n"
        "After\n    new\n"
    )


@pytest.mark.usefixtures("stubs")
@pytest.mark.parametrize(("code", "hint"), [("A2R403", "Did you mean A2R40"), ("x", "`assist2resp rules` lists them.")])
def test_an_unknown_rule(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], code: str, hint: str
) -> None:
    assert run(monkeypatch, code) == 2
    captured = capfd.readouterr()
    assert captured.err.startswith(f"assist2resp: there is no rule '{code}'. {hint}")
    assert captured.out == ""


def test_the_real_rules_in_a_terminal() -> None:
    master, terminal = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "assist2resp", "rules"]
    with subprocess.Popen(command, stdout=terminal, env=environment):
        os.close(terminal)
        shown = b"".join(_read_all(master)).decode()
    lines = shown.splitlines()
    assert len(lines) == len(plugin_names("assist2resp.rewrite.rules"))
    assert all(line.startswith("\x1b[1mA2R") for line in lines)


def _read_all(master: int) -> Iterator[bytes]:
    """What was written to a terminal until its last writer closed it."""
    try:
        while data := os.read(master, 4096):
            yield data
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(master)
