"""The tests that are offered with a support module: they pass on it, fail on a wrong one, and are the user's once written."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.support.offer import NEEDS, offered_source
from assist2resp.rewrite.support.shake import support_source
from assist2resp.rewrite.support.usage import needs_of
from tests.rewrite.one_file import again, rewritten
from tests.rewrite.support.surface import EVERYTHING

MESSAGES = ("threads.messages.create(thread_id,role,content)[]", "threads.messages.list(thread_id)[]")
PROGRAM = """\
from openai import OpenAI
client = OpenAI()
print(len(client.beta.threads.messages.list("thread_abc", run_id="run_abc").data))
"""
RUFF = (sys.executable, "-m", "ruff")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")


def run(folder: Path, used: tuple[str, ...], *, is_async: bool = False, wrong: tuple[str, str] = ("", "")) -> str:
    """What pytest says in its last line of the tests of such a module, in which `wrong` may take the place of right."""
    module = support_source(used, is_async=is_async, is_sync=not is_async)
    assert wrong[0] in module
    (folder / "assistants_compat.py").write_text(module.replace(*wrong) if wrong[0] else module, encoding="utf-8")
    tests = offered_source(used, "assistants_compat", is_sync=not is_async)
    (folder / "test_assistants_compat.py").write_text(tests, encoding="utf-8")
    command = [*PYTEST, "-c", str(folder / "none.ini"), "--rootdir", str(folder), str(folder)]
    (folder / "none.ini").write_text("", encoding="utf-8")
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_all_pass_on_a_whole_module(is_async: bool, tmp_path: Path) -> None:
    assert run(tmp_path, EVERYTHING, is_async=is_async).startswith(f"{len(NEEDS)} passed")


@pytest.mark.parametrize(
    "wrong",
    [
        ('call.query.get("order", "desc")', '"asc"'),
        ("return str(row[0]) if row else None", "return None"),
    ],
    ids=["order", "old thread"],
)
def test_they_find_a_wrong_module(wrong: tuple[str, str], tmp_path: Path) -> None:
    assert run(tmp_path, MESSAGES, wrong=wrong).startswith("1 failed, 2 passed")


def test_each_says_what_it_needs() -> None:
    text = offered_source(EVERYTHING, "compat", is_sync=True)
    assert {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)} >= set(NEEDS)
    needs = needs_of(EVERYTHING)
    assert frozenset().union(*NEEDS.values()) <= needs.routes | needs.features | needs.names


@pytest.mark.parametrize("is_sync", [True, False])
@pytest.mark.parametrize(
    "used",
    [EVERYTHING, ("threads.messages.list[]",), ("request_arguments",), ("threads.runs.stream[]",)],
    ids=lambda used: used[0],
)
def test_are_clean_and_formatted(used: tuple[str, ...], is_sync: bool, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "compat.py").touch()
    (tmp_path / "app" / "test_compat.py").write_text(
        offered_source(used, "app.compat", is_sync=is_sync), encoding="utf-8"
    )
    options = ["--isolated", "--line-length=120", "--quiet", "--no-cache", "."]
    for command in (["check", "--select=F,I,E"], ["format", "--check"]):
        assert not subprocess.run([*RUFF, *command, *options], check=False, cwd=tmp_path).returncode


def test_nothing_is_offered_for_a_module_without_promises() -> None:
    assert offered_source(["input_message"], "compat", is_sync=True) == ""


def test_are_written_on_demand_and_stay_as_the_user_leaves_them(tmp_path: Path) -> None:
    assert "test_assistants_compat.py" not in rewritten(PROGRAM, tmp_path / "without").files
    folder = tmp_path / "with"
    first = rewritten(PROGRAM, folder, Options(support_tests=True))
    assert "def test_messages_come_newest_first" not in first.files["test_assistants_compat.py"]
    assert "def test_an_unknown_thread_is_not_found" in first.files["test_assistants_compat.py"]
    (folder / "test_assistants_compat.py").write_text("# ours\n", encoding="utf-8")
    (folder / "more.py").write_text(PROGRAM, encoding="utf-8")
    assert again(folder, Options(support_tests=True)).files["test_assistants_compat.py"] == "# ours\n"


def test_a_module_keeps_what_earlier_files_need(tmp_path: Path) -> None:
    rewritten(PROGRAM, tmp_path)
    (tmp_path / "more.py").write_text(
        PROGRAM.replace(
            'print(len(client.beta.threads.messages.list("thread_abc", run_id="run_abc").data))',
            'client.beta.threads.runs.cancel("run_abc", thread_id="thread_abc")',
        ),
        encoding="utf-8",
    )
    module = again(tmp_path).files["assistants_compat.py"]
    assert '@_answers("GET /threads/{}/messages")' in module
    assert '@_answers("POST /threads/{}/runs/{}/cancel")' in module
