"""`assist2resp browse`: what goes to which stream, and with which exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from assist2resp.cli import group
from tests.browse.scenes import make_archive


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return make_archive(tmp_path_factory.mktemp("browse"))


def run(*arguments):
    """The exit code, stdout and the error of a command, in this process."""
    result = CliRunner().invoke(group, [str(each) for each in arguments], standalone_mode=False)
    code = getattr(result.exception, "exit_code", None) if result.exception else int(result.return_value or 0)
    return code, result.stdout, str(result.exception or "")


def test_files(kept, tmp_path):
    assert run("browse", kept, "--out", tmp_path / "site") == (0, f"{tmp_path / 'site'}: 3 threads.\n", "")
    index = tmp_path / "elsewhere.sqlite"
    code, shown, _ = run("browse", kept, "--out", tmp_path / "x.html", "--search", "older", "--index", index)
    assert (code, shown) == (0, f"{tmp_path / 'x.html'}: 1 thread.\n")
    assert index.exists()


WRONG = {
    "a page and files": (["browse", "{kept}", "--out", "x.html", "--port", "1"], "give one of them"),
    "a search of the page": (["browse", "{kept}", "--search", "x"], "has a search of its own"),
    "no archive": (["browse", "{empty}"], "is no archive"),
    "a place that cannot be written": (["browse", "{kept}", "--index", "{empty}/no/x"], "cannot be written"),
    "a folder named as a file": (["browse", "{kept}", "--out", "{kept}/manifest.json"], "is no folder"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_one_sentence_and_exits_2(arguments, message, kept, tmp_path):
    code, shown, told = run(*(argument.format(kept=kept, empty=tmp_path) for argument in arguments))
    assert (code, shown) == (2, "")
    assert message in told


def test_the_page_is_served_until_ctrl_c(kept):
    command = [sys.executable, "-m", "assist2resp", "browse", str(kept)]
    environment = {"PATH": os.environ["PATH"]}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
    with urlopen(process.stdout.readline().strip(), timeout=30) as answer:
        assert b"3 threads" in answer.read()
    process.send_signal(signal.SIGINT)
    shown, told = process.communicate(timeout=30)
    assert (process.returncode, shown) == (0, "")
    assert told.splitlines()[-1] == "assist2resp: stopped."
