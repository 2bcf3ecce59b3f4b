"""What modules pass on of what they import is followed: by `from module import *`, by name, as their attribute."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

SHARED = """\
from openai import OpenAI

client = OpenAI()
assistant = client.beta.assistants.create(model="gpt-4o")
thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
"""
OTHERS = {"through.py": "from shared import *\n", "named.py": "from shared import run\n", "shared.py": SHARED}


@pytest.mark.parametrize("module", ["shared", "through"])
@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("print(run.status)", "print(run.status)"),
        ("if run.last_error: print(run.last_error.code)", "if run.error: print(run.error.code)"),
        ("def show():\n    print(run.last_error.code)", "def show():\n    print(run.error.code)"),
    ],
    ids=["status", "error", "in a function"],
)
def test_a_run_becomes_a_response_there_too(module: str, line: str, after: str, tmp_path: Path) -> None:
    found = rewritten({"main.py": f"from {module} import *\n\n{line}\n", **OTHERS}, tmp_path)
    assert "responses.create(" in found.files["shared.py"]
    assert found.text.endswith(f"\n{after}\n")


@pytest.mark.parametrize("module", ["shared", "through"])
def test_what_a_response_has_not_is_seen_there(module: str, tmp_path: Path) -> None:
    found = rewritten({"main.py": f"from {module} import *\n\nprint(run.expires_at)\n", **OTHERS}, tmp_path)
    assert "threads(client).runs.create_and_poll(" in found.files["shared.py"]
    assert found.text.endswith("print(run.expires_at)\n")


@pytest.mark.parametrize(
    ("importing", "run"),
    [
        ("from named import run", "run"),
        ("from named import *", "run"),
        ("import named", "named.run"),
        ("from through import run", "run"),
        ("import through as t", "t.run"),
    ],
)
def test_a_name_that_is_passed_on_is_seen(importing: str, run: str, tmp_path: Path) -> None:
    found = rewritten({"main.py": f"{importing}\n\nprint({run}.expires_at)\n", **OTHERS}, tmp_path)
    assert "threads(client).runs.create_and_poll(" in found.files["shared.py"]
