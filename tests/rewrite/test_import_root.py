"""The support module stands where the program's own way of being run finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options

CALL = """
from openai import OpenAI

client = OpenAI()


def steps(thread_id, run_id):
    return client.beta.threads.runs.steps.list(run_id, thread_id=thread_id)
"""
MAIN = '\n\nif __name__ == "__main__":\n    print(steps("t", "r"))\n'
NAMES = "NAMES = 1\n"

CASES = {
    "a script beside nothing": ({"main.py": CALL}, "main.py", "assistants_compat"),
    "a module of a package": ({"app/__init__.py": "", "app/core.py": CALL}, "app/core.py", "app.assistants_compat"),
    "a script in a package": ({"app/__init__.py": "", "app/run.py": CALL + MAIN}, "app/run.py", "assistants_compat"),
    "a script in a package that acts at once": (
        {"app/__init__.py": "", "app/run.py": CALL + "\n\nprint(steps('t', 'r'))\n"},
        "app/run.py",
        "assistants_compat",
    ),
    "a script in a package that calls at once": (
        {"app/__init__.py": "", "app/run.py": CALL + "\n\nassistant = client.beta.assistants.retrieve('asst_abc')\n"},
        "app/run.py",
        "assistants_compat",
    ),
    "a served script in a package": (
        {"app/__init__.py": "", "app/run.py": "from fastapi import FastAPI\n" + CALL + MAIN},
        "app/run.py",
        "app.assistants_compat",
    ),
    "a script that imports its sibling by its bare name": (
        {"app/__init__.py": "", "app/run.py": "from names import NAMES\n" + CALL, "app/names.py": NAMES},
        "app/run.py",
        "assistants_compat",
    ),
    "a script that imports its sibling through the package": (
        {"app/__init__.py": "", "app/run.py": "from app.names import NAMES\n" + CALL + MAIN, "app/names.py": NAMES},
        "app/run.py",
        "app.assistants_compat",
    ),
    "a module of a package that uses relative imports": (
        {"app/__init__.py": "", "app/run.py": "from .names import NAMES\n" + CALL + MAIN, "app/names.py": NAMES},
        "app/run.py",
        ".assistants_compat",
    ),
    "a module that is imported by its bare name": (
        {
            "app/__init__.py": "",
            "app/core.py": CALL,
            "app/run.py": "from openai import OpenAI\nfrom core import steps\nOpenAI().beta.threads.create()\nsteps('t', 'r')\n",
        },
        "app/core.py",
        "assistants_compat",
    ),
    "a module that is imported through its package": (
        {
            "app/__init__.py": "",
            "app/core.py": CALL,
            "run.py": "from openai import OpenAI\nfrom app.core import steps\nOpenAI().beta.threads.create()\nsteps('t', 'r')\n",
        },
        "app/core.py",
        "app.assistants_compat",
    ),
}


@pytest.mark.parametrize(("files", "user", "module"), CASES.values(), ids=CASES)
def test_imports_start_where_the_program_does(files: dict[str, str], user: str, module: str, tmp_path: Path) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    changes = {change.path: change.after.decode() for change in rewrite([tmp_path], Options()).changes}
    assert f"from {module} import " in changes[tmp_path / user]
    assert next(path for path in changes if path.name == "assistants_compat.py").parent in {
        tmp_path.joinpath(*module.split(".")[:-1]),
        (tmp_path / user).parent,
    }


def test_a_script_and_a_module_in_one_folder_share_the_file(tmp_path: Path) -> None:
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "core.py").write_text(CALL)
    (package / "tool.py").write_text(CALL.replace("steps.list(run_id", "cancel(run_id") + MAIN)
    changes = {change.path.name: change.after.decode() for change in rewrite([tmp_path], Options()).changes}
    assert "from app.assistants_compat import " in changes["core.py"]
    assert "from assistants_compat import " in changes["tool.py"]
    assert "def _cancel_run" in changes["assistants_compat.py"]
    assert "def _list_steps" in changes["assistants_compat.py"]


def test_no_import_starts_above_a_folder_that_has_no_name_in_python(tmp_path: Path) -> None:
    package = tmp_path / "2-demo" / "app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .core import steps\n")
    (package / "core.py").write_text(CALL + NAMES)
    (package / "user.py").write_text(
        "from .core import client\n\nprint(client.beta.threads.retrieve('thread_abc').id)\n"
    )
    changes = {change.path: change.after.decode() for change in rewrite([tmp_path], Options()).changes}
    assert "from app.assistants_compat import " in changes[package / "core.py"]
