"""`assist2resp rewrite`: what goes to which stream, what is written, and the exit code; the engine is a stand-in."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import assist2resp.rewrite
from assist2resp.cli import main
from assist2resp.rewrite.outcome import FileChange, Options, Outcome, absolute
from assist2resp.schema.findings import FileFailure, Finding, Findings, Level, Place
from tests.rewrite.stub_rules import installed

LEVELS = {b"old()": Level.FIXED, b"odd()": Level.REVIEW, b"stuck()": Level.MANUAL}


@dataclass
class Engine:
    """Replaces `old()` and `odd()`, leaves `stuck()`, cannot parse `broken`, and needs a new file for `compat`."""

    options: Options = field(default_factory=Options)
    before_end: Callable[[], None] = lambda: None

    def rewrite(self, paths: Iterable[Path], options: Options, ahead: object) -> Outcome:
        del ahead
        self.options = options
        changes: list[FileChange] = []
        findings: list[Finding] = []
        failures: list[FileFailure] = []
        files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
        for number, file in enumerate(files):
            options.progress("reading", number, len(files))
            data = options.overlay.get(absolute(file)) or file.read_bytes()
            if b"broken" in data:
                failures.append(FileFailure(path=str(file), problem="does not parse", line=1))
                continue
            findings += _findings(str(file), data)
            after = data.replace(b"old()", b"new()").replace(b"odd()", b"new()")
            if after != data:
                changes.append(FileChange(absolute(file), data, after))
            if b"compat" in data:
                changes.append(FileChange(absolute(file).with_name("compat.py"), None, b"made = 1\n"))
        self.before_end()
        found = Findings(
            tool_version="0",
            files_looked_at=len(files),
            files_parsed=len(files),
            files_changed=tuple(str(change.path) for change in changes),
            findings=tuple(findings),
            failures=tuple(failures),
        )
        return Outcome(tuple(changes), found)


def _findings(path: str, data: bytes) -> Iterator[Finding]:
    for line, text in enumerate(data.splitlines(), 1):
        for spelled, level in LEVELS.items():
            if spelled in text:
                yield Finding(code="A2R401", level=level, place=Place(path=path, line=line), message=f"{level} here")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    stand_in = Engine()
    monkeypatch.setattr(assist2resp.rewrite, "engine", stand_in, raising=False)
    with installed(tmp_path_factory.mktemp("stubs")):
        yield stand_in


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], engine: Engine) -> Callable[..., Ran]:
    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["assist2resp", "rewrite", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capfd.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_writes_and_tells(folder: Path, run: Callable[..., Ran]) -> None:
    (folder / "a.py").write_text("x = old()\n")
    ran = run(".")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("a.py:1:1 A2R401 [fixed] fixed here\n\n1 site of the Assistants API: 1 fixed (0 % ")
    assert "Next: read the change with `git diff` and run your tests.\n" in ran.out
    assert (folder / "a.py").read_text() == "x = new()\n"
    assert run(".") == Ran(0, "No use of the Assistants API found in 1 file.\n", "")


@pytest.mark.parametrize(
    ("text", "code"),
    [("x = old()\n", 0), ("old(); odd()\n", 1), ("stuck()\n", 1), ("x = 1\n", 0), ("broken\n", 3)],
)
def test_exit_code_of_writing(folder: Path, run: Callable[..., Ran], text: str, code: int) -> None:
    (folder / "a.py").write_text(text)
    assert run("a.py").code == code


def test_a_failure_outranks_findings_and_spares_the_rest(folder: Path, run: Callable[..., Ran]) -> None:
    for name, text in (("a.py", "broken\n"), ("b.py", "old()\nstuck()\n")):
        (folder / name).write_text(text)
    ran = run(".")
    assert ran.code == 3
    assert "Failed: a.py:1: does not parse\n" in ran.out
    assert (folder / "b.py").read_text() == "new()\nstuck()\n"


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_check_and_diff_write_nothing(folder: Path, run: Callable[..., Ran], option: str) -> None:
    (folder / "a.py").write_text("x = old()\n")
    ran = run(".", option)
    assert ran.code == 1
    assert "1 would be fixed" in ran.out + ran.err
    assert (folder / "a.py").read_text() == "x = old()\n"
    (folder / "a.py").write_text("x = 1\n")
    assert run(".", option).code == 0


def test_diff_alone_is_on_stdout(folder: Path, run: Callable[..., Ran]) -> None:
    (folder / "a.py").write_text("x = old()\n")
    ran = run("a.py", "--diff")
    assert ran.out == "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = old()\n+x = new()\n"
    assert ran.err.startswith("a.py:1:1 A2R401 [fixed]")


def test_machine_output_is_alone_on_stdout(folder: Path, run: Callable[..., Ran]) -> None:
    (folder / "a.py").write_text("x = old()\n")
    ran = run("a.py", "--check", "--format", "json")
    assert json.loads(ran.out)["findings"][0]["code"] == "A2R401"
    assert ran.err.startswith("1 site of the Assistants API")


def test_output_goes_to_a_file(folder: Path, run: Callable[..., Ran]) -> None:
    (folder / "a.py").write_text("x = old()\n")
    (folder / "out.json").write_text("of an earlier run")
    ran = run("a.py", "--diff", "--format", "json", "--output", "out.json")
    assert json.loads((folder / "out.json").read_text())["findings"][0]["level"] == "fixed"
    assert ran.out.startswith("--- a/a.py")
    assert ran.err.startswith("1 site of the Assistants API")


def test_options_reach_the_engine(folder: Path, run: Callable[..., Ran], engine: Engine) -> None:
    (folder / "archive" / "prompts").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.assist2resp]\nignore = ["A2R5"]\n')
    (folder / "a.py").write_text("x = 1\n")
    options = "--select A2R401,a2r4 --select A2R500 --exclude x/* --exclude y --support-module shim"
    run("a.py", *options.split(), "--archive", "archive", "--model", "a=b")
    got = engine.options
    assert (got.select, got.ignore) == (("A2R401", "A2R4", "A2R500"), ("A2R5",))
    assert (got.exclude, got.support_module, got.models) == (("x/*", "y"), "shim", {"a": "b"})
    assert got.archive == Path("archive")


def test_standard_input(folder: Path, run: Callable[..., Ran], engine: Engine) -> None:
    ran = run("-", "--stdin-filename", "pkg/a.py", stdin="x = old()  # é\r\n".encode("latin-1"))
    assert (ran.code, ran.err.splitlines()[0]) == (0, "pkg/a.py:1:1 A2R401 [fixed] fixed here")
    assert list(engine.options.overlay) == [folder / "pkg" / "a.py"]
    assert not (folder / "pkg").exists()
    assert run("-", stdin=b"x = 1\n").out == "x = 1\n"


@pytest.mark.parametrize(
    ("option", "code", "out"),
    [
        ("--check", 1, "stdin.py:1:1 A2R401 [fixed] fixed here\n"),
        ("--diff", 1, "--- a/stdin.py\n+++ b/stdin.py\n@@ -1 +1 @@\n-old()\n+new()\n"),
    ],
)
def test_standard_input_unwritten(folder: Path, run: Callable[..., Ran], option: str, code: int, out: str) -> None:
    ran = run("-", option, stdin=b"old()\n")
    assert (ran.code, ran.out.startswith(out)) == (code, True)


def test_standard_input_cannot_carry_a_second_file(folder: Path, run: Callable[..., Ran]) -> None:
    ran = run("-", "--stdin-filename", "a.py", stdin=b"old()\ncompat\n")
    assert (ran.code, ran.out) == (3, "old()\ncompat\n")
    assert "Failed: a.py: needs compat.py as well; run `assist2resp rewrite a.py`." in ran.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("a.py", "--check", "--diff"), "--check and --diff exclude each other"),
        (("-", "a.py"), "'-' (standard input) is the only PATH"),
        (("a.py", "--stdin-filename", "b.py"), "give '-' as PATH"),
        (("a.py", "--diff", "--format", "json"), "stdout is taken; say with --output FILE"),
        (("-", "--format", "sarif"), "stdout is taken; say with --output FILE"),
        (("a.py", "--format", "xml"), "'xml' is not one of 'github', 'json', 'markdown', 'sarif', 'text'"),
        (("a.py", "--select", "A2R403"), "there is no rule 'A2R403'. Did you mean A2R40"),
        (("a.py", "--ignore", "nonsense"), "`assist2resp rules` lists them"),
        (("a.py", "--model", "gpt-4o"), "is not OLD=NEW"),
        (("a.py", "--archive", "absent"), "absent: is no folder"),
        (("a.py", "--support-module", "my-shim"), "cannot be named 'my-shim'"),
        (("a.py", "--output", "absent/out.json"), "absent/out.json: cannot be written: its folder does not exist"),
        (("a.py", "--output", "."), ".: is a folder"),
        ((), "Missing argument 'PATH...'"),
    ],
)
def test_wrong_usage(folder: Path, run: Callable[..., Ran], arguments: tuple[str, ...], complaint: str) -> None:
    (folder / "a.py").write_text("x = old()\n")
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert complaint in ran.err
    assert (folder / "a.py").read_text() == "x = old()\n"


def test_interrupted(folder: Path, run: Callable[..., Ran], engine: Engine) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    (folder / "a.py").write_text("x = old()\n")
    engine.before_end = interrupt
    ran = run(".")
    assert (ran.code, ran.out, ran.err.count("\n")) == (130, "", 1)
    assert "no file is half-written; run again" in ran.err
    assert (folder / "a.py").read_text() == "x = old()\n"


def test_a_file_that_changed_meanwhile(folder: Path, run: Callable[..., Ran], engine: Engine) -> None:
    (folder / "a.py").write_text("x = old()\n")
    engine.before_end = lambda: (folder / "a.py").write_text("theirs\n") and None
    ran = run(".")
    assert ran.code == 3
    assert "[manual] Not rewritten, since a.py changed while" in ran.out
    assert "Failed: a.py: changed while assist2resp worked" in ran.out
    assert (folder / "a.py").read_text() == "theirs\n"


@pytest.mark.parametrize(("argument", "warns"), [((), True), (("--check",), False), (("--diff",), False)])
def test_uncommitted_changes(folder: Path, run: Callable[..., Ran], argument: tuple[str, ...], warns: bool) -> None:
    (folder / "a.py").write_text("x = 1\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "m"], check=True)
    assert "warning" not in run(".", *argument).err
    (folder / "a.py").write_text("x = 2\n")
    assert ("assist2resp: warning: 1 file has uncommitted changes" in run(".", *argument).err) is warns
