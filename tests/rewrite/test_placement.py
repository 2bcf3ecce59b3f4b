"""The support module goes where every file that uses it can import it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.outcome import Options
from tests.rewrite.one_file import again, rewritten

param = pytest.param

MAKE = "from openai import OpenAI\n\nclient = OpenAI()\n"
STREAM = "{client}.beta.threads.runs.cancel('run_abc', thread_id='thread_abc')\n"
USER = MAKE + STREAM.format(client="client")
MODULE = (
    "from openai import OpenAI\n\nclient = OpenAI()\n\n\n"
    "def stop():\n    client.beta.threads.runs.cancel('run_abc', thread_id='thread_abc')\n"
)
IMPORT = "from {} import threads\n"

TREES = [
    param({"main.py": USER}, {"assistants_compat.py"}, {"main.py": "assistants_compat"}, id="script"),
    param(
        {"bot/main.py": USER, "bot/other.py": "x = 1\n"},
        {"bot/assistants_compat.py"},
        {"bot/main.py": "assistants_compat"},
        id="script in a folder",
    ),
    param(
        {"app/__init__.py": "", "app/bot.py": MODULE},
        {"app/assistants_compat.py"},
        {"app/bot.py": "app.assistants_compat"},
        id="package",
    ),
    param(
        {
            "app/__init__.py": "",
            "app/a/__init__.py": "",
            "app/b/__init__.py": "",
            "app/a/x.py": MODULE,
            "app/b/y.py": MODULE,
        },
        {"app/assistants_compat.py"},
        {"app/a/x.py": "app.assistants_compat", "app/b/y.py": "app.assistants_compat"},
        id="two subpackages share it",
    ),
    param(
        {"app/__init__.py": "", "app/config.py": "x = 1\n", "app/bot.py": f"from .config import x\n{MODULE}"},
        {"app/assistants_compat.py"},
        {"app/bot.py": ".assistants_compat"},
        id="relative imports",
    ),
    param(
        {
            "app/__init__.py": "",
            "app/config.py": "x = 1\n",
            "app/a/__init__.py": "",
            "app/a/bot.py": f"from ..config import x\n{MODULE}",
            "app/b.py": f"from app import config\nfrom .config import x\n{MODULE}",
        },
        {"app/assistants_compat.py"},
        {"app/a/bot.py": "..assistants_compat", "app/b.py": ".assistants_compat"},
        id="relative imports of a parent, and both kinds",
    ),
    param(
        {"src/app/__init__.py": "", "src/app/bot.py": MODULE},
        {"src/app/assistants_compat.py"},
        {"src/app/bot.py": "app.assistants_compat"},
        id="package below src",
    ),
    param(
        {
            "app/__init__.py": "",
            "app/core/__init__.py": "",
            "app/core/bot.py": MODULE,
            "tests/__init__.py": "",
            "tests/test_bot.py": "from app.core.bot import client\n" + USER,
        },
        {"app/core/assistants_compat.py"},
        {"app/core/bot.py": "app.core.assistants_compat", "tests/test_bot.py": "app.core.assistants_compat"},
        id="package and its tests",
    ),
    param(
        {"app/__init__.py": "", "app/bot.py": MODULE, "main.py": "from app.bot import client\n" + USER},
        {"assistants_compat.py"},
        {"app/bot.py": "assistants_compat", "main.py": "assistants_compat"},
        id="package and a script beside it",
    ),
    param(
        {"one/main.py": USER, "two/main.py": USER},
        {"one/assistants_compat.py", "two/assistants_compat.py"},
        {"one/main.py": "assistants_compat", "two/main.py": "assistants_compat"},
        id="two programs",
    ),
    param(
        {"main.py": "from lib.bot import client\n\nprint(client)\n", "lib/bot.py": USER},
        {"lib/assistants_compat.py"},
        {"lib/bot.py": "lib.assistants_compat"},
        id="folder without a mark that is imported from above",
    ),
    param(
        {"my-bot/__init__.py": "", "my-bot/main.py": USER},
        {"my-bot/assistants_compat.py"},
        {"my-bot/main.py": "assistants_compat"},
        id="marked folder that no import can name",
    ),
]


@pytest.mark.parametrize(("files", "modules", "imports"), TREES)
def test_place(files: dict[str, str], modules: set[str], imports: dict[str, str], tmp_path: Path) -> None:
    result = rewritten(files, tmp_path)
    assert {name for name in result.changed if name not in files} == modules
    for name, module in imports.items():
        assert IMPORT.format(module) in result.files[name]
    assert not again(tmp_path).changed


def test_name(tmp_path: Path) -> None:
    result = rewritten(USER, tmp_path, Options(support_module="old_api"))
    assert result.changed == {"main.py", "old_api.py"}
    assert IMPORT.format("old_api") in result.text


def test_plain_programs_have_none(tmp_path: Path) -> None:
    result = rewritten(f"{MAKE}print(client.beta.threads.create().id)\n", tmp_path)
    assert result.changed == {"main.py"}


def test_clients_of_both_kinds_share_one(tmp_path: Path) -> None:
    other = MAKE.replace("OpenAI", "AsyncOpenAI") + "\n\nasync def stop():\n    await " + STREAM.format(client="client")
    result = rewritten({"main.py": USER, "other.py": other}, tmp_path)
    assert result.changed == {"main.py", "other.py", "assistants_compat.py"}
    assert "async def" in result.files["assistants_compat.py"]
    assert "async def" not in rewritten(USER, tmp_path / "alone").files["assistants_compat.py"]


def test_a_module_above_holds_what_a_served_one_below_does(tmp_path: Path) -> None:
    cancelled, listed = "_cancel_run", "_list_assistants"
    names = "from flask import Flask\n\n" + MODULE
    above = MAKE + "print([each.id for each in client.beta.assistants.list()])\n"
    files = rewritten(
        {"main.py": above, "web/server.py": names, "tools/stop.py": USER.replace("cancel(", "steps.list(")}, tmp_path
    ).files
    assert cancelled in files["web/assistants_compat.py"]
    assert listed not in files["web/assistants_compat.py"]
    assert cancelled in files["assistants_compat.py"]
    assert listed in files["assistants_compat.py"]
    assert "_list_steps" not in files["assistants_compat.py"]


REGISTRY = '_beside("ASSISTANTS_FILE", "{}")'
CREATES = MAKE + "client.beta.assistants.create(model='gpt-4o', name=client.api_key)\n"
OF_ITS_OWN = CREATES + "print(open('assistants.json').read())\n"


@pytest.mark.parametrize(
    ("program", "beside", "name"),
    [
        param(CREATES, None, "assistants.json", id="nothing there"),
        param(CREATES, '{"asst_1": {"model": "gpt-4o"}}', "assistants.json", id="a registry"),
        param(CREATES, '{"poet": {"model": "gpt-4o"}}', "assistants_registry.json", id="a file of the program's"),
        param(CREATES, "[1]", "assistants_registry.json", id="a list of the program's"),
        param(OF_ITS_OWN, None, "assistants_registry.json", id="a name that the program uses"),
    ],
)
def test_the_registry_takes_no_file_of_the_program(program: str, beside: str | None, name: str, tmp_path: Path) -> None:
    program += "print(client.beta.assistants.list().data)\n"
    if beside is not None:
        (tmp_path / "assistants.json").write_text(beside, encoding="utf-8")
    module = rewritten(program, tmp_path).files["assistants_compat.py"]
    assert REGISTRY.format(name) in module
    assert f"{name} (ASSISTANTS_FILE)" in " ".join(module.split())
    more = program + "print(client.beta.assistants.delete('asst_1'))\n"
    assert REGISTRY.format(name) in rewritten(more, tmp_path).files["assistants_compat.py"]


HELD_BETA = {
    "attribute": "class A:\n    def __init__(self):\n        self.api = client.beta\n\n    def f(self):\n        return self.api.threads.create().id\n\nprint(A().f())\n",
    "class": "class A:\n    beta = client.beta\n\n    def f(self):\n        return self.beta.threads.create().id\n\nprint(A().f())\n",
    "result": "def api():\n    return client.beta\n\nprint(api().threads.create().id)\n",
    "variable": "api = client.beta\nprint(api.threads.create().id)\n",
}


@pytest.mark.parametrize("program", HELD_BETA.values(), ids=HELD_BETA)
def test_what_holds_a_beta_is_no_client(program: str, tmp_path: Path) -> None:
    text = rewritten(MAKE + program, tmp_path).text
    is_held = "= beta(client)" in text or "return beta(client)" in text or "compat_beta(client)" in text
    assert is_held != ("client.conversations.create().id" in text)
    assert not is_held or "conversations" not in text
