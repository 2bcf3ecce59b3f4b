"""Bad input to `rewrite`, as a process: one clear sentence, the documented exit code, no traceback, nothing half-written."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assist2resp.rewrite import engine

OLD = b"from openai import OpenAI\n\nclient = OpenAI()\nstore = client.beta.vector_stores.create(name='kb')\n"
NEW = OLD.replace(b".beta", b"")
LIMITED = (
    "import resource, signal, sys\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    "from assist2resp.cli import main\n"
    "main()\n"
)


def assist2resp(folder: Path, *arguments: str, stdin: bytes = b"", start: tuple[str, ...] = ("-m", "assist2resp")):
    done = subprocess.run(
        [sys.executable, *start, *arguments], cwd=folder, input=stdin, capture_output=True, timeout=120, check=False
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert not list(folder.rglob("*.tmp"))
    return done


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("rewrite", "absent"), "absent: does not exist"),
        (("rewrite", "notes.txt"), "notes.txt: is not a Python file. Give a .py file or a folder."),
        (("rewrite", "loop.py"), "loop.py: does not exist"),
        (("rewrite", ".", "--select", "A2R10"), None),
        (("rewrite", ".", "--select", "A2X100"), "there is no rule 'A2X100'. Did you mean A2R100?"),
        (("rewrite", ".", "--archive", "notes.txt"), "notes.txt: is no folder. Give the folder that"),
        (
            ("rewrite", "bad/a.py"),
            "pyproject.toml:2: unknown key 'selct' in [tool.assist2resp]. Did you mean 'select'?",
        ),
        (("rewrite", ".", "--output", "absent/x"), "absent/x: cannot be written: its folder does not exist."),
        (("rewrite", ".", "--jbos", "3"), "No such option"),
        (("rules", "A2R10"), "there is no rule 'A2R10'. Did you mean A2R100?"),
        (("rewrote",), "No such command 'rewrote'"),
    ],
)
def test_usage(tmp_path: Path, arguments: tuple[str, ...], complaint: str | None) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.py").write_bytes(OLD)
    (tmp_path / "bad" / "pyproject.toml").write_text("[tool.assist2resp]\nselct = []\n")
    done = assist2resp(tmp_path, *arguments)
    if complaint is None:
        assert done.returncode == 0
        return
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()
    assert (tmp_path / "bad" / "a.py").read_bytes() == OLD


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"client.beta.threads.create(\n", "bad.py:1: does not parse: '(' was never closed"),
        (b"client.beta.threads\nprint 'x'\n", "bad.py:2: does not parse: Missing parentheses"),
        (b"client.beta.threads\n\n'\xe9'\n", "bad.py:3: cannot be decoded: byte 0xe9 is not utf-8; save it as UTF-8"),
        (b"client.beta.threads\0\n", "bad.py:1: does not parse: it holds a NUL byte"),
        ("client.beta.threads\n".encode("utf-16"), None),
        (b"client.beta.threads\nx = " + b"(" * 5000 + b")" * 5000, "bad.py:2: does not parse: too many nested"),
        (b"client.beta.threads\nx = a" + b".b()" * 4000, "bad.py:1: "),
    ],
    ids=["open bracket", "Python 2", "latin-1 without a comment", "NUL", "UTF-16", "deep brackets", "long chain"],
)
def test_a_bad_file_spares_the_rest(tmp_path: Path, data: bytes, complaint: str | None) -> None:
    (tmp_path / "bad.py").write_bytes(data)
    (tmp_path / "good.py").write_bytes(OLD)
    done = assist2resp(tmp_path, "rewrite", ".")
    assert done.returncode == (0 if complaint is None else 3)
    assert complaint is None or f"Failed: {complaint}" in done.stdout.decode()
    assert (tmp_path / "bad.py").read_bytes() == data
    assert (tmp_path / "good.py").read_bytes() == NEW


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="carriage returns"),
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
        pytest.param(lambda data: b"# coding: latin-1\nname = '\xe9'\n" + data, id="latin-1"),
        pytest.param(lambda data: data.replace(b"\nstore", b"\n\x0c\nif client:\n\tstore"), id="form feed and tab"),
        pytest.param(lambda data: data.rstrip(b"\n"), id="no last newline"),
        pytest.param(
            lambda data: data.replace(b"\nclient", b"\n# a comment\n" * 25_000 + b"client"), id="50,000 lines"
        ),
    ],
)
def test_a_file_keeps_its_shape(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(change(OLD))
    path.chmod(0o750)
    assert assist2resp(tmp_path, "rewrite", ".").returncode == 0
    assert path.read_bytes() == change(NEW)
    assert path.stat().st_mode & 0o777 == 0o750


def test_full_disk_in_the_middle(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the big file fails while it is written, the small one passes."""
    big = OLD + b"# " + b"x" * 8000 + b"\n"
    (tmp_path / "big.py").write_bytes(big)
    (tmp_path / "small.py").write_bytes(OLD)
    done = assist2resp(tmp_path, "rewrite", ".", start=("-c", LIMITED))
    assert done.returncode == 3
    assert b"Failed: big.py: cannot be written: file too large; it is as it was." in done.stdout
    assert (tmp_path / "big.py").read_bytes() == big
    assert (tmp_path / "small.py").read_bytes() == NEW


def test_interrupt(tmp_path: Path) -> None:
    """The process is waiting for the rest of its input once it has taken more than a pipe holds."""
    (tmp_path / "a.py").write_bytes(OLD)
    command = [sys.executable, "-m", "assist2resp", "rewrite", "-", "--stdin-filename", "a.py"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        process.stdin.write(b"# much input\n" * 100_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.decode() == "assist2resp: rewrite was interrupted: no file is half-written; run again to finish.\n"
    assert (tmp_path / "a.py").read_bytes() == OLD


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(OLD)
    assert assist2resp(tmp_path, "rewrite", ".").returncode == 0
    again = assist2resp(tmp_path, "rewrite", ".", "--check")
    assert (again.returncode, b"No use of the Assistants API" in again.stdout) == (0, True)


def test_standard_input_is_rewritten(tmp_path: Path) -> None:
    done = assist2resp(tmp_path, "rewrite", "-", "--stdin-filename", "pkg/a.py", stdin=OLD)
    assert (done.returncode, done.stdout) == (0, NEW)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_read_before_the_options_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assist2resp.cli.rewrite import command

    monkeypatch.setattr(engine, "rewrite", lambda *_: pytest.fail("the engine ran"))
    with pytest.raises(Exception, match="no rule 'nonsense'"):
        command.main(["--ignore", "nonsense", str(tmp_path)], standalone_mode=False)
