"""`assist2resp demo`: one real walk, then every way in which it may end otherwise."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from assist2resp.cli import main
from assist2resp.demo import bot
from assist2resp.demo.folder import CONTENTS, MARKER, claim
from assist2resp.demo.screen import Screen

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "assist2resp", "demo"]
OLD_CALL = "from openai import OpenAI\nclient = OpenAI()\nthread = client.beta.threads.create()\n"


@pytest.fixture
def small_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a bot that takes the place of the long one."""
    folder = tmp_path / "bot"
    folder.mkdir()
    monkeypatch.setattr(bot, "source", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder / bot.ENTRY


def demo(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command, run in this process."""
    monkeypatch.setattr(sys, "argv", ["assist2resp", "demo", *arguments])
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        signal.signal(signal.SIGTERM, handler)
    return int(ended.value.code or 0)


def shown_in_the_readme() -> str:
    """What the README shows of the demo, as a pattern: each line, whole but where it has `…`, in this order."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## demo\n")[2]
    lines = [" ".join(line.split()) for line in section.split("```")[1].splitlines()[1:]]
    return ".*?".join(re.escape(line).replace("…", ".*?") for line in lines)


def test_the_whole_walk(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "OPENAI_API_KEY": "sk-theirs",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        COMMAND, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    made = tmp_path / "assist2resp-demo"
    assert {path.name for path in made.iterdir()} == {MARKER, *CONTENTS}
    old, new = ((made / name).read_text(encoding="utf-8") for name in ("expected.txt", "new.txt"))
    assert old.splitlines() == new.splitlines()
    first = (made / "old.txt").read_text(encoding="utf-8")
    told, again = (text.partition("-- what Maria's file says --")[2].splitlines()[1:-1] for text in (first, new))
    assert len(told) == 6
    assert again[:6] == told
    assert "warranty.md" in old
    assert "NotFoundError: Error code: 404" in (made / "shut.txt").read_text(encoding="utf-8")
    assert json.loads((made / "findings.json").read_text())["findings"]
    run = json.loads((made / "run.json").read_text())
    assert len(run["cases"]) == 6
    assert {
        score["new"] for case in run["cases"] for name, score in case["scores"].items() if name == "text_exact"
    } == {1}
    assert (made / "report.md").read_text(encoding="utf-8").startswith("<!-- assist2resp report support-bot -->")
    assert "</html>" in (made / "report.html").read_text(encoding="utf-8")
    assert "\x1b" not in done.stdout
    assert f"Equal: all {len(old.splitlines())} lines" in done.stdout
    assert re.search(r"\d+ requests, \d+ of them to routes of the Assistants API", done.stdout)
    assert re.search(r"\d+ requests, none of them to routes of the Assistants API", done.stdout)
    assert all(name in done.stdout for name in CONTENTS)
    assert re.search(shown_in_the_readme(), " ".join(done.stdout.split()))
    applied = subprocess.run(
        ["git", "apply", "--check", made / "rewrite.diff"], cwd=made / "before", capture_output=True, check=False
    )
    assert applied.returncode == 0, applied.stderr


def test_a_difference_is_shown(small_bot: Path, monkeypatch, capsys) -> None:
    small_bot.write_text(f"{OLD_CALL}print('same', thread.id)\nprint(__file__.split('/')[-2])\n")
    assert demo("--out", "x", monkeypatch=monkeypatch) == 1
    out = capsys.readouterr().out
    assert "Not equal (ids of objects aside):" in out
    assert "-before\n+after\n" in out
    assert "same <id>" not in out.partition("Not equal")[2]


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("raise SystemExit('no network')", "the bot failed on the old API, with exit code 1: no network"),
        ("print('no API needed')", "should have ended by a 404 of the shut API, not with exit code 0: it said nothing"),
        (
            f"import sys\n{OLD_CALL}if 'after' in __file__:\n    sys.exit(7)",
            "the bot failed after the rewrite, with exit code 7: it said nothing",
        ),
    ],
    ids=["old", "shut", "new"],
)
def test_a_failing_bot(small_bot: Path, program: str, sentence: str, monkeypatch, capsys) -> None:
    small_bot.write_text(program)
    assert demo("--out", "x", monkeypatch=monkeypatch) == 3
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


def test_a_bot_that_never_ends(small_bot: Path, monkeypatch, capsys) -> None:
    small_bot.write_text("input() if __debug__ else None\n".replace("input()", "__import__('signal').pause()"))
    monkeypatch.setattr(bot, "PATIENCE", 0.5)
    assert demo("--out", "x", monkeypatch=monkeypatch) == 3
    assert "the bot had not ended after 0.5 seconds" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_the_bot_runs(tmp_path: Path, ending: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert any("talks to it through the OpenAI SDK" in line for line in iter(process.stdout.readline, ""))
        process.send_signal(ending)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "assist2resp: demo was interrupted: assist2resp-demo is incomplete; run it again to start afresh.\n"
    assert not running_in(tmp_path)


def test_interrupted_while_the_bot_starts(small_bot: Path, monkeypatch) -> None:
    small_bot.write_text("__import__('signal').pause()")
    started = []

    def start(folder: Path, base_url: str) -> subprocess.Popen[str]:
        started.append(original(folder, base_url))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    original = bot._start
    monkeypatch.setattr(bot, "_start", start)
    with pytest.raises(KeyboardInterrupt):
        bot.run(small_bot.parent, "http://127.0.0.1:9/v1")
    assert started[0].returncode == -signal.SIGKILL


def running_in(folder: Path) -> list[Path]:
    """The processes that work in a folder, where the system tells of them in /proc."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(FileNotFoundError):
            found += [link] if link.readlink().is_relative_to(folder) else []
    return found


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("file", "file: is not a folder"),
        ("file/below", "below: not a directory; give --out a folder that you may write to"),
        ("theirs", "theirs: holds files that are not the demo's; give --out the name of a new folder"),
    ],
)
def test_an_unfit_folder(tmp_path: Path, out: str, sentence: str, monkeypatch, capsys) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "old.txt").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert demo("--out", out, monkeypatch=monkeypatch) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert sentence in shown.err
    assert (tmp_path / "theirs" / "old.txt").read_text() == "x"


def test_a_missing_extra(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['uvicorn'] = None\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [*COMMAND, "--out", tmp_path / "x"], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "assist2resp: The sandbox needs the extra 'sandbox': pip install 'assist2resp[sandbox]'\n"
    assert not (tmp_path / "x").exists()


def test_a_folder_is_claimed_again_and_keeps_what_is_not_ours(tmp_path: Path) -> None:
    folder = claim(tmp_path)
    folder.write("old.txt", "a\n")
    folder.part("before").symlink_to(tmp_path.parent)
    (tmp_path / "notes.txt").write_text("mine")
    claim(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {MARKER, "notes.txt"}
    assert tmp_path.parent.is_dir()


@pytest.mark.parametrize("colour", [True, False])
def test_colour_only_where_it_is_wanted(colour: bool) -> None:
    written: list[str] = []
    screen = Screen(written.append, colour=colour)
    screen.title("title")
    screen.diff(["-old", "+new", " same", "+more"], 3, "rest.diff")
    screen.quote(["x" * 200], 1, "")
    text = "".join(written)
    assert ("\x1b[32m+new" in text) is colour
    assert "… 1 more lines in rest.diff" in text
    assert "x…" in text


def test_ids_count_as_equal() -> None:
    shown = bot.Shown(0, "made thread_abcDEF1234567890 and conv_abcDEF1234567890\nx\n", "")
    assert shown.lines == ["made <id> and <id>", "x"]


def test_a_wheel_holds_the_bot() -> None:
    """What the build puts into the wheel is what is looked for there, and is what a checkout runs."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    ((origin, place),) = build["force-include"].items()
    assert ROOT / "src" / place == Path(bot.__file__).parent / "support_bot"
    assert bot.source() == ROOT / origin
    assert (ROOT / origin / bot.ENTRY).is_file()
