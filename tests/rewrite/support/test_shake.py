"""The support module that a program gets: only what it uses, complete, formatted, and importable where programs run."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assist2resp.rewrite.support.pieces import PARTS
from assist2resp.rewrite.support.shake import support_source
from assist2resp.rewrite.support.usage import FUNCTIONS, METHODS, needs_of
from tests.rewrite.support.surface import EVERYTHING

PYTHON_39 = os.environ.get("PYTHON39") or shutil.which("python3.9")
RUFF = (sys.executable, "-m", "ruff")
CHAT = (
    "threads.create()",
    "threads.messages.create(role,content)",
    "threads.runs.create_and_poll(thread_id,assistant_id)",
    "threads.messages.list(thread_id)",
    "assistants.retrieve()",
)
USES = {
    "chat": CHAT,
    "stream": ("threads.create()", "threads.runs.stream(thread_id,assistant_id)"),
    "tools": (*CHAT, "threads.runs.submit_tool_outputs_and_poll(run_id,thread_id,tool_outputs)"),
    "assistants": ("assistants.*",),
    "messages": ("threads.messages.*",),
    "listing": ("threads.messages.list(thread_id)",),
    "ids": ("conversation_id",),
    "arguments": ("request_arguments",),
    "files": ("file_content", "file_object"),
    "everything": EVERYTHING,
}
KINDS = {"sync": (False, True), "async": (True, False), "both": (True, True)}


def source(uses: str, kind: str = "both") -> str:
    is_async, is_sync = KINDS[kind]
    return support_source(USES[uses], is_async=is_async, is_sync=is_sync)


def defined(text: str) -> set[str]:
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_every_part_is_joined() -> None:
    folder = Path(__file__).parents[3] / "src/assist2resp/rewrite/support/parts"
    assert {path.stem for path in folder.glob("*.py")} == {*PARTS, "__init__"}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_its_routes_answered(method: str) -> None:
    text = support_source([method], is_async=False, is_sync=True)
    answered = {
        decorator.args[0].value
        for node in ast.parse(text).body
        for decorator in getattr(node, "decorator_list", [])
        if isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Constant)
    }
    assert answered >= set(METHODS[method])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("uses", USES)
def test_is_clean_and_formatted(uses: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "assistants_compat.py"
    path.write_text(source(uses, kind), encoding="utf-8")
    options = ["--isolated", "--line-length=120", "--quiet", "--no-cache", str(path)]
    assert not subprocess.run([*RUFF, "check", "--select=F,I,E", "--ignore=E501", *options], check=False).returncode
    assert not subprocess.run([*RUFF, "format", "--check", *options], check=False).returncode


@pytest.fixture(scope="module")
def python_39() -> str:
    """A Python 3.9 that has openai."""
    if PYTHON_39 is None:
        pytest.skip("there is no python3.9: name one that has openai in PYTHON39")
    if subprocess.run([PYTHON_39, "-c", "import openai.lib"], check=False, capture_output=True).returncode:
        pytest.skip(f"{PYTHON_39} has no openai: name one that has in PYTHON39")
    return PYTHON_39


@pytest.mark.parametrize("uses", USES)
def test_imports_on_python_39(uses: str, python_39: str, tmp_path: Path) -> None:
    (tmp_path / "assistants_compat.py").write_text(source(uses), encoding="utf-8")
    command = [python_39, "-W", "error", "-c", "import assistants_compat"]
    imported = subprocess.run(command, cwd=tmp_path, text=True, check=False, capture_output=True)
    assert imported.stderr == ""


@pytest.mark.parametrize("uses", USES)
def test_is_written_in_python_39(uses: str) -> None:
    ast.parse(source(uses), feature_version=(3, 9))


@pytest.mark.parametrize(("kind", "absent"), [("sync", "Async"), ("async", "_Transport")])
def test_drops_the_other_half(kind: str, absent: str) -> None:
    text = source("chat", kind)
    used = text.replace("AsyncOpenAI", "")
    assert absent not in used
    assert ("_awaited" in text) == (kind == "async")


def test_arguments_decide_what_is_held() -> None:
    every = defined(support_source(["threads.runs.create"], is_async=False, is_sync=True))
    plain = defined(support_source(["threads.runs.create(thread_id,assistant_id)"], is_async=False, is_sync=True))
    assert {"_Translation", "_last_messages", "_united"} <= every
    assert not {"_Translation", "_last_messages", "_united", "_attach"} & plain


def test_holds_little_for_little() -> None:
    lines = {uses: len(source(uses, "sync").splitlines()) for uses in USES}
    assert lines["ids"] < 105
    assert lines["arguments"] < 190
    assert lines["assistants"] < 370
    assert lines["messages"] < 620
    assert lines["chat"] < 960
    assert lines["everything"] > lines["tools"] > lines["chat"]


def narrowed(uses: str, words: str) -> str:
    return support_source([f"{use}[{words}]" for use in USES[uses]], is_async=False, is_sync=True)


STATE, FACTS, ORPHANS, LOCKS, RECORD = "_State", "_with_facts", "_drop_unanswered", "_unlocked", "_active_run"


@pytest.mark.parametrize(
    ("uses", "words", "held", "absent"),
    [
        ("chat", "", {LOCKS}, {STATE, FACTS, ORPHANS, RECORD}),
        ("chat", "created_at", {LOCKS, STATE, FACTS}, {ORPHANS, RECORD}),
        ("chat", "required_action", {LOCKS, ORPHANS}, {STATE, FACTS, RECORD}),
        ("tools", "", {LOCKS, STATE, ORPHANS, RECORD}, {FACTS}),
        ("stream", "", {LOCKS, FACTS}, {STATE, ORPHANS, RECORD}),
        ("listing", "", set(), {LOCKS, STATE, FACTS, ORPHANS, RECORD}),
        ("listing", "metadata", {STATE, FACTS}, {LOCKS, ORPHANS, RECORD}),
    ],
)
def test_words_decide_what_is_remembered(uses: str, words: str, held: set[str], absent: set[str]) -> None:
    names = defined(narrowed(uses, words))
    assert held <= names
    assert not absent & names


@pytest.mark.parametrize("words", ["", "created_at", "required_action", "attachments"])
@pytest.mark.parametrize("uses", ["chat", "tools", "stream", "listing"])
def test_narrow_modules_are_clean_and_ask_only_generators(uses: str, words: str, tmp_path: Path) -> None:
    text = narrowed(uses, words)
    path = tmp_path / "assistants_compat.py"
    path.write_text(text, encoding="utf-8")
    options = ["--isolated", "--line-length=120", "--quiet", "--no-cache", str(path)]
    assert not subprocess.run([*RUFF, "check", "--select=F,I,E", "--ignore=E501", *options], check=False).returncode
    assert not subprocess.run([*RUFF, "format", "--check", *options], check=False).returncode
    working = {
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
    }
    asked = {
        ast.unparse(node.value.func).rpartition(".")[2]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.YieldFrom) and isinstance(node.value, ast.Call)
    }
    assert asked <= working


def test_is_the_same_every_time() -> None:
    assert source("everything") == source("everything")
    assert support_source(reversed(CHAT), is_async=True, is_sync=True) == source("chat")


def test_says_what_it_is() -> None:
    docstring = ast.get_docstring(ast.parse(source("chat")))
    assert docstring
    assert "assist2resp" in docstring
    assert "yours" in docstring


@pytest.mark.parametrize(
    ("used", "said", "unsaid"),
    [
        (
            ["request_arguments"],
            ["`request_arguments()`", "ASSISTANTS_FILE"],
            ["(client)", "resources", "STATE", "MAP"],
        ),
        (["conversation_id"], ["`conversation_id()`", "ASSISTANTS_ID_MAP"], ["(client)", "ASSISTANTS_FILE"]),
        (
            ["assistants.list"],
            ["`assistants(client)`", "openai.resources.beta"],
            ["`threads(client)`", "ASSISTANTS_STATE"],
        ),
    ],
)
def test_says_what_it_holds_and_no_more(used: list[str], said: list[str], unsaid: list[str]) -> None:
    docstring = ast.get_docstring(ast.parse(support_source(used, is_async=False, is_sync=True))) or ""
    assert [text for text in said if text not in docstring] == []
    assert [text for text in unsaid if text in docstring] == []


def test_public_names_are_documented() -> None:
    for node in ast.parse(source("everything")).body:
        if (
            isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and not ast.unparse(node).startswith("@overload")
        ):
            assert ast.get_docstring(node), node.name


@pytest.mark.parametrize(
    ("use", "same"),
    [
        ("beta.threads.create", "threads.create"),
        ("threads.with_raw_response.create", "threads.create"),
        ("threads.messages.with_streaming_response.list", "threads.messages.list"),
        ("beta.*", "*"),
        ("beta", "*"),
    ],
)
def test_spellings_of_a_use(use: str, same: str) -> None:
    assert needs_of([use]) == needs_of([same])


@pytest.mark.parametrize("use", ["threads.fly", "threads create", "vector_stores.create", ""])
def test_refuses_what_is_no_use(use: str) -> None:
    with pytest.raises(ValueError, match="no use of the old API"):
        needs_of([use])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_stand_for_themselves(name: str) -> None:
    text = support_source([name], is_async=True, is_sync=True)
    assert name in defined(text)
    assert not {"threads", "assistants", "beta", "_Call"} & defined(text)
