"""What keeps the engine from files and sites: comments, options, and files that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options, Outcome
from assist2resp.schema.findings import Level

HEAD = "from openai import OpenAI\n\nclient = OpenAI()\n"
STORE = "store = client.beta.vector_stores.create(name='kb')"


def run(folder: Path, text: str, options: Options | None = None) -> Outcome:
    (folder / "a.py").write_text(text)
    return rewrite([folder / "a.py"], options or Options())


@pytest.mark.parametrize("comment", ["ignore", "ignore[A2R100]", "ignore[A2R1]", "ignore[A2R5, A2R100]"])
def test_an_ignored_site_is_neither_changed_nor_told(tmp_path: Path, comment: str) -> None:
    done = run(tmp_path, f"{HEAD}{STORE}  # assist2resp: {comment}\n")
    assert (done.changes, done.findings.findings) == ((), ())


def test_an_ignored_file_is_neither_changed_nor_told(tmp_path: Path) -> None:
    done = run(tmp_path, f"# assist2resp: ignore-file\n{HEAD}{STORE}\n")
    assert (done.changes, done.findings.findings) == ((), ())


def test_another_code_is_not_ignored(tmp_path: Path) -> None:
    done = run(tmp_path, f"{HEAD}{STORE}  # assist2resp: ignore[A2R999]\n")
    assert [finding.level for finding in done.findings.findings] == [Level.FIXED]


def test_the_flow_of_an_ignored_site_stays(tmp_path: Path) -> None:
    text = f"{HEAD}{STORE}\nclient.beta.vector_stores.retrieve(store.id)  # assist2resp: ignore\n"
    done = run(tmp_path, text)
    assert done.changes == ()
    [left] = done.findings.findings
    assert left.level is Level.MANUAL
    assert left.blocked_by is not None
    assert (left.place.line, left.blocked_by.line) == (4, 5)


def test_a_misspelt_comment_is_remarked(tmp_path: Path) -> None:
    done = run(tmp_path, f"{HEAD}{STORE}  # assist2resp: ignore[]\n")
    assert [(remark.place.line, "names no rule" in remark.message) for remark in done.findings.remarks] == [(4, True)]


def test_an_overlay_takes_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    done = run(tmp_path, "x = 1\n", Options(overlay={path: f"{HEAD}{STORE}\n".encode()}))
    assert [(change.path, b"client.vector_stores" in change.after) for change in done.changes] == [(path, True)]
    assert path.read_text() == "x = 1\n"


@pytest.mark.parametrize(
    "end", ["\n\n    \n  ", "\n\n  \n\n", "\n\n  \n\n    ", "\r\n\t\r\n\r\n ", "\n\f\n\n  "], ids=repr
)
def test_blank_lines_at_the_end_are_kept(tmp_path: Path, end: str) -> None:
    before = f"{HEAD}if client:\n    {STORE}\n{end}".encode()
    (tmp_path / "a.py").write_bytes(before)
    [change] = rewrite([tmp_path], Options()).changes
    assert change.after == before.replace(b".beta", b"")


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b"import openai\nclient.beta.threads.create(\n", 2, "does not parse: '(' was never closed"),
        (b"print 'old'\nclient.beta.threads.create()\n", 1, "does not parse: Missing parentheses in call to 'print'"),
        (b"# client.beta.threads\nname = '\xff'\n", 2, "cannot be decoded: byte 0xff is not utf-8"),
        (b"# coding: nonsense\nclient.beta.threads.create()\n", 1, "cannot be decoded: unknown encoding: nonsense"),
        (b"x = 1\nclient.beta.threads\0\n", 2, "it holds a NUL byte"),
        (b"client.beta.threads\nif x:\n\ty = 1\n        z = 2\n", 4, "inconsistent use of tabs"),
    ],
    ids=["open bracket", "Python 2", "not UTF-8", "unknown encoding", "NUL", "tabs"],
)
def test_a_file_that_cannot_be_parsed_is_a_failure(tmp_path: Path, data: bytes, line: int, problem: str) -> None:
    (tmp_path / "bad.py").write_bytes(data)
    (tmp_path / "good.py").write_text(f"{HEAD}{STORE}\n")
    done = rewrite([tmp_path], Options())
    [failure] = done.findings.failures
    assert failure.path.endswith("bad.py")
    assert problem in failure.problem
    assert [change.path.name for change in done.changes] == ["good.py"]
    assert failure.line == line


def test_closed_files_and_folders_are_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed.py").write_text(f"{HEAD}{STORE}\n")
    (tmp_path / "good.py").write_text(f"{HEAD}{STORE}\n")
    read = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self.name == "closed.py":
            raise PermissionError(13, "Permission denied")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    done = rewrite([tmp_path], Options())
    assert [(Path(f.path).name, f.problem) for f in done.findings.failures] == [
        ("closed.py", "cannot be read: Permission denied.")
    ]
    assert [change.path.name for change in done.changes] == ["good.py"]
