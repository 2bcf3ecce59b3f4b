"""The dependency files around a rewritten program: what is raised, what is told of, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options, Outcome

OLD = b"""\
from openai import OpenAI

client = OpenAI()
thread = client.beta.threads.create()
print(thread.id)
"""
STORES = b"""\
from openai import OpenAI

client = OpenAI()
store = client.beta.vector_stores.create(name="docs")
print(store.id)
"""


def outcome_of(folder: Path, files: dict[str, bytes], program: bytes = OLD) -> Outcome:
    for name, data in {"app.py": program, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return rewrite([folder], Options())


def after(outcome: Outcome, name: str) -> bytes | None:
    return next((change.after for change in outcome.changes if change.path.as_posix().endswith(f"/{name}")), None)


def told(outcome: Outcome) -> list[tuple[str, str, int]]:
    """The findings that are no call sites."""
    found = [finding for finding in outcome.findings.findings if not finding.flow]
    return [(finding.code, str(finding.level), finding.place.line) for finding in found]


RAISED = {
    "requirements.txt": (b"flask==3\nopenai==1.35.0\n", b"flask==3\nopenai>=1.103.0\n"),
    "dev-requirements.txt": (b"openai<1.50  # old\r\nx\r\n", b"openai>=1.103.0  # old\r\nx\r\n"),
    "requirements.in": (
        b'OpenAI[datalib] >= 1.2,<2 ; python_version > "3.8"\n',
        b'OpenAI[datalib] >= 1.103.0,<2 ; python_version > "3.8"\n',
    ),
    "requirements/base.txt": (b"openai~=1.30", b"openai~=1.103"),
    "pyproject.toml": (
        b'[project]\nname = "a"\n# "openai==1"\ndependencies = ["openai[realtime]>=1.2 ; os_name==\'nt\'", "openai-agents==1"]\n',
        b'[project]\nname = "a"\n# "openai==1"\ndependencies = ["openai[realtime]>=1.103.0 ; os_name==\'nt\'", "openai-agents==1"]\n',
    ),
    "setup.cfg": (
        b"[options]\ninstall_requires =\n    openai==1.3\n    flask\n[options.extras_require]\nai = openai<1.9\n",
        b"[options]\ninstall_requires =\n    openai>=1.103.0\n    flask\n[options.extras_require]\nai = openai>=1.103.0\n",
    ),
    "setup.py": (
        "from setuptools import setup\n\nsetup(name='ä', install_requires=['ä', 'openai>=1.1,<1.9', \"flask\"])\n".encode(),
        "from setuptools import setup\n\nsetup(name='ä', install_requires=['ä', 'openai>=1.103.0', \"flask\"])\n".encode(),
    ),
    "Pipfile": (
        b'[packages]\nopenai = "==1.35.0"\n[dev-packages]\nopenai = {version = "<1.9", extras = ["x"]}\n',
        b'[packages]\nopenai = ">=1.103.0"\n[dev-packages]\nopenai = {version = ">=1.103.0", extras = ["x"]}\n',
    ),
    "environment.yml": (
        b"dependencies:\n  - openai=1.35.0\n  - pip:\n      - openai==1.35.0  # pin\n      - openai-whisper==1\n",
        b"dependencies:\n  - openai>=1.103.0\n  - pip:\n      - openai>=1.103.0  # pin\n      - openai-whisper==1\n",
    ),
}
POETRY = (
    b'[tool.poetry.dependencies]\nopenai = "^1.30"  # old\n[tool.poetry.group.dev.dependencies]\nopenai = {version = "1.35.0"}\n',
    b'[tool.poetry.dependencies]\nopenai = "^1.103.0"  # old\n[tool.poetry.group.dev.dependencies]\nopenai = {version = ">=1.103.0"}\n',
)
OWN_TABLE = (
    b'[tool.poetry.dependencies.openai]\nversion = "<1.9"\nextras = ["x"]\n',
    b'[tool.poetry.dependencies.openai]\nversion = ">=1.103.0"\nextras = ["x"]\n',
)
GROUPS = (
    b'[dependency-groups]\nai = ["openai==1.2", {include-group = "x"}]\n[project.optional-dependencies]\nx = [\n  "openai<1.9",\n]\n',
    b'[dependency-groups]\nai = ["openai>=1.103.0", {include-group = "x"}]\n[project.optional-dependencies]\nx = [\n  "openai>=1.103.0",\n]\n',
)
CASES = [
    *((name, *texts) for name, texts in RAISED.items()),
    ("pyproject.toml", *POETRY),
    ("pyproject.toml", *OWN_TABLE),
    ("pyproject.toml", *GROUPS),
]


@pytest.mark.parametrize(("name", "before", "expected"), CASES)
def test_a_pin_below_what_the_code_needs_is_raised(tmp_path: Path, name: str, before: bytes, expected: bytes) -> None:
    outcome = outcome_of(tmp_path, {name: before})
    assert after(outcome, name) == expected
    assert {entry[:2] for entry in told(outcome)} == {("A2R910", "fixed")}
    for change in outcome.changes:
        change.path.write_bytes(change.after)
    assert not rewrite([tmp_path], Options()).changes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", b"openai\n"),
        ("requirements.txt", b"openai>=1.103\n"),
        ("requirements.txt", b"# openai==1.2\n"),
        ("requirements.txt", b"openai-agents==0.1\nopenai_whisper==2\nmyopenai==1\n"),
        ("requirements.txt", b"openai @ git+https://github.com/openai/openai-python\n"),
        ("requirements.txt", b"\xff\xfeopenai==1.2\n"),
        ("pyproject.toml", b'[project]\nname = "openai==1.2"\n'),
        ("pyproject.toml", b'[project\ndependencies = ["openai==1.2"]\n'),
        ("pyproject.toml", b'[tool.other]\nopenai = "1.35.0"\n'),
        ("setup.cfg", b"[metadata]\nname =\n    openai==1.2\n"),
        ("setup.py", b"print('openai==1.2')\n"),
        ("notes.txt", b"openai==1.2\n"),
        ("other/requirements.txt", b"openai==1.2\n"),
    ],
)
def test_what_says_nothing_wrong_stays(tmp_path: Path, name: str, text: bytes) -> None:
    outcome = outcome_of(tmp_path, {name: text})
    assert outcome.changes
    assert after(outcome, name) is None
    assert not told(outcome)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("requirements.txt", b"a\nopenai==1.35.0 \\\n    --hash=sha256:00\n", 2),
        ("requirements.txt", b"# This file is autogenerated by pip-compile with Python 3.11\nopenai==1.35.0\n", 2),
        ("poetry.lock", b'[[package]]\nname = "openai"\nversion = "1.35.0"\n', 2),
        ("uv.lock", b'[[package]]\nname = "openai"\nversion = "1.35.0"\n', 2),
        ("Pipfile.lock", b'{"default": {\n"openai": {"version": "==1.35.0"}}}\n', 2),
    ],
)
def test_what_a_tool_made_is_told_of(tmp_path: Path, name: str, text: bytes, line: int) -> None:
    outcome = outcome_of(tmp_path, {name: text})
    assert after(outcome, name) is None
    assert told(outcome) == [("A2R910", "review", line)]


def test_a_lock_that_is_new_enough_is_not_told_of(tmp_path: Path) -> None:
    lock = b'[[package]]\nname = "openai"\nversion = "2.1.0"\n'
    assert not told(outcome_of(tmp_path, {"uv.lock": lock, "Pipfile.lock": b"[", "poetry.lock": b"\0"}))


def test_nothing_is_raised_where_nothing_was_rewritten(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, {"requirements.txt": b"openai==1.35.0\n"}, program=b"import openai\n")
    assert not outcome.changes
    assert not told(outcome)


def test_only_what_the_code_needs_is_asked_for(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, {"requirements.txt": b"openai==1.35.0\n"}, program=STORES)
    assert after(outcome, "requirements.txt") == b"openai>=1.66.0\n"


def test_an_ignored_rule_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(OLD)
    (tmp_path / "requirements.txt").write_bytes(b"openai==1.35.0\n")
    outcome = rewrite([tmp_path], Options(ignore=("A2R910",)))
    assert after(outcome, "requirements.txt") is None


def test_the_service_and_the_folder_above_are_looked_at(tmp_path: Path) -> None:
    files = {"a/main.py": OLD, "a/requirements.txt": b"openai==1.2\n", "b/requirements.txt": b"openai==1.2\n"}
    outcome = outcome_of(tmp_path, {**files, "requirements.txt": b"openai==1.2\n"}, program=b"")
    raised = sorted(c.path.relative_to(tmp_path).as_posix() for c in outcome.changes if c.path.suffix == ".txt")
    assert raised == ["a/requirements.txt", "requirements.txt"]


@pytest.mark.parametrize(
    ("requirements", "imports", "expected"),
    [
        (b"openai==1.35.0\n", b"import httpx\n", [("A2R906", "review", 1), ("A2R910", "fixed", 1)]),
        (b"openai>=1.103.0\n", b"import httpx\n", [("A2R906", "review", 1)]),
        (b"openai>=1.103.0\nhttpx\n", b"import httpx\n", []),
        (b"openai>=1.103.0,<3\n", b"import httpx\n", []),
        (b"openai>=1.103.0\n", b"import httpx2\n", []),
    ],
)
def test_httpx_that_openai_brought_is_asked_for(
    tmp_path: Path, requirements: bytes, imports: bytes, expected: list[tuple[str, str, int]]
) -> None:
    outcome = outcome_of(tmp_path, {"requirements.txt": requirements}, program=imports + OLD)
    assert sorted(told(outcome)) == expected
