"""Files are written whole or not at all, and flows with them."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.rewrite.outcome import FileChange, Outcome
from assist2resp.rewrite.output.files import FileProblemError, Staged, stage, write
from assist2resp.rewrite.output.writing import groups, write_outcome
from assist2resp.schema.findings import Finding, Findings, Level, Place


@pytest.fixture
def owned() -> Iterator[Path]:
    """A folder of an unprivileged user, whom the test becomes, since root may write anywhere."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    if os.geteuid() != 0:
        yield folder
    else:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def made(folder: Path, name: str, data: bytes = b"old\n") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def outcome(*changes: FileChange, findings: tuple[Finding, ...] = ()) -> Outcome:
    names = tuple(str(change.path) for change in changes)
    return Outcome(
        changes,
        Findings(tool_version="0", files_looked_at=9, files_parsed=2, files_changed=names, findings=findings),
    )


def site(path: Path, *, flow: int = 1, level: Level = Level.FIXED) -> Finding:
    return Finding(code="A2R401", level=level, place=Place(path=str(path), line=1), message="m", flow=flow, plain=True)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.tmp")]


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o640])
def test_mode_is_kept(tmp_path: Path, mode: int) -> None:
    path = made(tmp_path, "a.py")
    path.chmod(mode)
    write(path, b"old\n", b"new\n")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), leftovers(tmp_path)) == (b"new\n", mode, [])


def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    other = made(tmp_path, "plain")
    write(tmp_path / "new.py", None, b"new\n")
    assert (tmp_path / "new.py").stat().st_mode == other.stat().st_mode


def test_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target = made(tmp_path / "far", "a.py")
    link = tmp_path / "link.py"
    link.symlink_to(target)
    write(link, b"old\n", b"new\n")
    assert link.is_symlink()
    assert target.read_bytes() == b"new\n"


def test_loop_of_links_is_reported(tmp_path: Path) -> None:
    link = tmp_path / "loop.py"
    link.symlink_to(link)
    with pytest.raises(FileProblemError, match="loop"):
        write(link, b"old\n", b"new\n")


@pytest.mark.parametrize(
    ("now", "before", "problem"),
    [
        pytest.param(b"theirs\n", b"old\n", "changed while", id="changed"),
        pytest.param(None, b"old\n", "removed while", id="removed"),
        pytest.param(b"theirs\n", None, "exists already", id="appeared"),
    ],
)
def test_what_changed_meanwhile_is_left_alone(
    tmp_path: Path, now: bytes | None, before: bytes | None, problem: str
) -> None:
    path = tmp_path / "a.py"
    if now is not None:
        path.write_bytes(now)
    with pytest.raises(FileProblemError, match=problem) as caught:
        write(path, before, b"new\n")
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.exists() else None, leftovers(tmp_path)) == (now, [])


def test_change_between_stage_and_commit_is_seen(tmp_path: Path) -> None:
    path = made(tmp_path, "a.py")
    staged = stage(path, b"old\n", b"new\n")
    path.write_bytes(b"theirs\n")
    with pytest.raises(FileProblemError, match="changed while"):
        staged.commit()
    assert (path.read_bytes(), leftovers(tmp_path)) == (b"theirs\n", [])


def test_read_only_folder_leaves_the_file(owned: Path) -> None:
    path = made(owned, "a.py")
    owned.chmod(0o555)
    with pytest.raises(FileProblemError, match="permission denied"):
        write(path, b"old\n", b"new\n")
    assert path.read_bytes() == b"old\n"


def test_read_only_file_is_not_replaced(owned: Path) -> None:
    path = made(owned, "a.py")
    path.chmod(0o444)
    with pytest.raises(FileProblemError, match="read-only"):
        write(path, b"old\n", b"new\n")
    assert path.read_bytes() == b"old\n"


def test_full_disk_leaves_the_file(tmp_path: Path) -> None:
    """A real limit on the size of files stands for the full disk: the write fails in the middle."""
    path = made(tmp_path, "a.py")
    program = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from assist2resp.rewrite.output.files import FileProblemError, write
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            write(Path(sys.argv[1]), b"old\\n", b"x" * 100_000)
        except FileProblemError as error:
            print(error)
    """)
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path}: cannot be written: file too large")
    assert (path.read_bytes(), leftovers(tmp_path)) == (b"old\n", [])


def test_interrupt_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path, "a.py")

    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(path, b"old\n", b"new\n")
    assert (path.read_bytes(), leftovers(tmp_path)) == (b"old\n", [])


def test_groups_follow_flows_and_new_modules(tmp_path: Path) -> None:
    a, b, c, d, new = (tmp_path / name for name in ("a.py", "b.py", "c.py", "d.py", "compat.py"))
    changes = (
        FileChange(a, b"", b"A"),
        FileChange(b, b"", b"B"),
        FileChange(c, b"", b"from compat import threads"),
        FileChange(d, b"", b"uncompatible"),
        FileChange(new, None, b"def threads(): ..."),
    )
    found = (site(a, flow=1), site(b, flow=1), site(c, flow=2), site(d, flow=3), site(c, flow=3, level=Level.MANUAL))
    grouped = [{change.path for change in group} for group in groups(outcome(*changes, findings=found))]
    assert grouped == [{a, b}, {c, new}, {d}]


def test_one_failure_keeps_its_flow_and_lets_the_rest_pass(tmp_path: Path) -> None:
    a, b, c = (made(tmp_path, name) for name in ("a.py", "b.py", "c.py"))
    changes = tuple(FileChange(path, b"old\n", b"new\n") for path in (a, b, c))
    b.write_bytes(b"theirs\n")
    told = write_outcome(outcome(*changes, findings=(site(a), site(b), site(c, flow=2))))
    assert [path.read_bytes() for path in (a, b, c)] == [b"old\n", b"theirs\n", b"new\n"]
    assert [finding.level for finding in told.findings.findings] == [Level.MANUAL, Level.MANUAL, Level.FIXED]
    assert [failure.path for failure in told.findings.failures] == [str(b)]
    assert told.findings.files_changed == (str(c),)
    assert [change.path for change in told.changes] == [c]
    assert "b.py changed while" in told.findings.findings[0].message
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    "failure",
    [pytest.param(OSError(errno.EIO, "I/O error"), id="device"), pytest.param(KeyboardInterrupt(), id="interrupt")],
)
def test_what_fails_in_the_last_step_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    a, b = (made(tmp_path, name) for name in ("a.py", "b.py"))
    new = tmp_path / "compat.py"
    changes = (FileChange(new, None, b"N"), FileChange(a, b"old\n", b"compat\n"), FileChange(b, b"old\n", b"new\n"))
    commit = Staged.commit

    def fails_on_b(self: Staged) -> None:
        if self.path == b:
            self.discard()
            raise FileProblemError(b, "no") if isinstance(failure, OSError) else failure
        commit(self)

    monkeypatch.setattr(Staged, "commit", fails_on_b)
    given = outcome(*changes, findings=(site(a), site(b)))
    if isinstance(failure, OSError):
        assert write_outcome(given).changes == ()
    else:
        with pytest.raises(KeyboardInterrupt):
            write_outcome(given)
    assert (a.read_bytes(), b.read_bytes(), new.exists()) == (b"old\n", b"old\n", False)
    assert leftovers(tmp_path) == []
