"""Where a client comes from, and whose it is: each spelling leads to the client's own rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

OPENAI, AZURE, FOREIGN, UNKNOWN = "openai", "A2R011", "A2R013", "A2R010"
ENDS = {AZURE, FOREIGN, UNKNOWN}

OWN = """class OpenAI:
    def __init__(self):
        self.beta = self.threads = self
        self.id = "own"

    def create(self):
        return self
"""
USE = """from openai import OpenAI

print(OpenAI().beta.threads.create().id)
"""
param = pytest.param

SERVERS = [
    ('OpenAI(base_url="http://localhost:8000/v1")', FOREIGN),
    ('OpenAI(base_url="https://api.openai.com/v1")', OPENAI),
    ('OpenAI(base_url="https://eu.api.openai.com/v1")', OPENAI),
    ('OpenAI(base_url="https://oai.helicone.ai/v1")', OPENAI),
    ('OpenAI(base_url="https://notopenai.com/v1")', FOREIGN),
    ("OpenAI(base_url=None)", OPENAI),
    ('OpenAI(base_url=os.environ["BASE"])', OPENAI),
    ('OpenAI(base_url=os.environ.get("BASE", "http://localhost:8000/v1"))', OPENAI),
    ('OpenAI(base_url=os.getenv("BASE") or "http://localhost:8000/v1")', OPENAI),
    ('OpenAI(base_url=f"http://{HOST}:8000/v1")', FOREIGN),
    ('OpenAI(base_url=f"http://{PORTABLE}:8000/v1")', OPENAI),
    ('OpenAI(base_url="http://localhost:1/v1" if LOCAL else None)', FOREIGN),
    ('OpenAI(base_url=f"https://{NAME}.openai.azure.com/openai/v1")', AZURE),
    ('OpenAI(base_url="https://ours.services.ai.azure.com/openai/v1")', AZURE),
    ('OpenAI().with_options(base_url="http://localhost:8000/v1")', FOREIGN),
    ("OpenAI().with_options(timeout=3)", OPENAI),
    ('made("http://localhost:8000/v1")', FOREIGN),
    ("OpenAI(**LOCAL_OPTIONS)", FOREIGN),
    ("OpenAI(**OPTIONS)", OPENAI),
    ('partial(OpenAI, base_url="http://localhost:8000/v1")()', FOREIGN),
    ("partial(OpenAI, timeout=3)()", OPENAI),
    ("Local()", FOREIGN),
    ("Own()", OPENAI),
]


def end(files: dict[str, str], folder: Path) -> str:
    """How the sites of a program end: the code of the rule that leaves them, or that they are rewritten."""
    result = rewritten(files, folder)
    old = {finding.code for finding in result.findings if finding.symbol.startswith("beta")}
    assert old
    return next(iter(old & ENDS), OPENAI)


@pytest.mark.parametrize(("client", "expected"), SERVERS, ids=[client for client, _ in SERVERS])
def test_the_server_that_a_client_talks_to(client: str, expected: str, tmp_path: Path) -> None:
    program = f"""import os
from functools import partial

from openai import OpenAI

HOST = "host.example.org"
PORTABLE = os.getenv("HOST", "localhost")
NAME = os.environ["NAME"]
LOCAL = False
LOCAL_OPTIONS = {{"base_url": "http://localhost:8000/v1", "timeout": 3}}
OPTIONS = dict(timeout=3)


class Local(OpenAI):
    def __init__(self):
        super().__init__(base_url="http://localhost:8000/v1")


class Own(OpenAI):
    def __init__(self):
        super().__init__(timeout=3)


def made(url):
    return OpenAI(base_url=url)


client = {client}
print(client.beta.threads.create().id)
"""
    assert end({"main.py": program}, tmp_path) == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ('openai.base_url = "http://localhost:8000/v1/"', FOREIGN),
        ('openai.api_type = "azure"', AZURE),
        ('openai.base_url = os.environ["BASE"]', OPENAI),
        ('openai.api_key = "sk-none"', OPENAI),
        ('other.base_url = "http://localhost:8000/v1/"', OPENAI),
    ],
)
def test_the_server_that_the_module_talks_to(setting: str, expected: str, tmp_path: Path) -> None:
    program = f"""import os

import openai
import other

{setting}
print(openai.beta.threads.create().id)
"""
    assert end({"main.py": program}, tmp_path) == expected


PLACES = [
    param({"openai.py": OWN, "main.py": USE}, None, id="own module beside a script"),
    param({"app/__init__.py": "", "app/openai.py": OWN, "app/main.py": USE}, OPENAI, id="part of a package"),
    param(
        {"app/__init__.py": "", "app/openai/__init__.py": OWN, "app/main.py": USE}, OPENAI, id="package in a package"
    ),
    param({"openai/__init__.py": OWN, "main.py": USE}, None, id="own package"),
]


@pytest.mark.parametrize(("files", "expected"), PLACES)
def test_a_module_of_the_project_that_is_named_openai(
    files: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    result = rewritten(files, tmp_path)
    assert bool(result.changed) is (expected is OPENAI)


READS = [
    param("    @property\n    def client(self):", "self.client", id="property"),
    param("    @lazy_property()\n    def client(self):", "self.client", id="property of another library"),
    param("    @reify\n    def client(self):", "self.client", id="reify"),
    param("    def client(self):", "self.client()", id="method"),
]


@pytest.mark.parametrize(("head", "read"), READS)
def test_a_client_that_a_method_makes(head: str, read: str, tmp_path: Path) -> None:
    program = f"""from openai import OpenAI
from lazy import lazy_property, reify


class Service:
{head}
        return OpenAI()

    def begin(self):
        return {read}.beta.threads.create().id
"""
    assert end({"main.py": program}, tmp_path) == OPENAI


OUTSIDE = [
    param("from desk import connect", "connect()", UNKNOWN, id="another package"),
    param("from types import SimpleNamespace", "SimpleNamespace(beta=None)", None, id="standard library"),
    param("import importlib", 'importlib.import_module("openai").OpenAI()', OPENAI, id="imported by name"),
    param("class Desk: ...", "Desk()", None, id="own class"),
    param("def desk(): ...", "desk", UNKNOWN, id="function that is not called"),
]


@pytest.mark.parametrize(("head", "client", "expected"), OUTSIDE)
def test_what_comes_from_outside(head: str, client: str, expected: str | None, tmp_path: Path) -> None:
    program = f"""{head}

client = {client}
print(client.beta.threads.create().id)
"""
    result = rewritten(program, tmp_path)
    found = {finding.code for finding in result.findings}
    assert found == ({"A2R210"} if expected is OPENAI else {expected} - {None})


KEPT = {
    "lifespan": (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n\n\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    yield {'client': CLIENT}\n\n\n"
        "app = FastAPI(lifespan=lifespan)\n\n\ndef handle(request):\n    USE(request.state.client)\n"
    ),
    "application state": (
        "from fastapi import FastAPI\n\napp = FastAPI()\napp.state.client = CLIENT\n\n\n"
        "def handle(request):\n    USE(request.app.state.client)\n"
    ),
    "flask extensions": (
        "from flask import Flask, current_app\n\napp = Flask(__name__)\napp.extensions['ai'] = CLIENT\n\n\n"
        "def handle():\n    USE(current_app.extensions['ai'])\n"
    ),
    "flask config": (
        "from flask import Flask, current_app\n\napp = Flask(__name__)\napp.config['ai'] = CLIENT\n\n\n"
        "def handle():\n    USE(current_app.config['ai'])\n"
    ),
    "telegram": (
        "from telegram.ext import Application\n\napp = Application.builder().build()\n"
        "app.bot_data['client'] = CLIENT\n\n\n"
        "async def handle(update, context):\n    USE(context.bot_data['client'])\n"
    ),
    "discord": (
        "from discord.ext import commands\n\nbot = commands.Bot('!')\nbot.ai = CLIENT\n\n\n"
        "@bot.command()\nasync def ask(ctx):\n    USE(ctx.bot.ai)\n"
    ),
    "click object": (
        "import click\n\n\n@click.group()\n@click.pass_context\ndef cli(ctx):\n    ctx.obj = CLIENT\n\n\n"
        "@cli.command()\n@click.pass_obj\ndef ask(client):\n    USE(client)\n"
    ),
    "click dictionary": (
        "import click\n\n\n@click.group()\n@click.pass_context\ndef cli(ctx):\n    ctx.ensure_object(dict)\n"
        "    ctx.obj['client'] = CLIENT\n\n\n"
        "@cli.command()\n@click.pass_context\ndef ask(ctx):\n    USE(ctx.obj['client'])\n"
    ),
    "typer": (
        "import typer\n\napp = typer.Typer()\n\n\n@app.callback()\ndef main(ctx: typer.Context):\n"
        "    ctx.obj = CLIENT\n\n\n@app.command()\ndef ask(ctx: typer.Context):\n    USE(ctx.obj)\n"
    ),
    "provider": (
        "from dependency_injector import containers, providers\n\n\nclass Container(containers.DeclarativeContainer):\n"
        "    client = providers.Singleton(lambda: CLIENT)\n\n\ncontainer = Container()\nUSE(container.client())\n"
    ),
    "injected": (
        "from dependency_injector import containers, providers\nfrom dependency_injector.wiring import Provide, inject\n\n\n"
        "class Container(containers.DeclarativeContainer):\n    client = providers.Factory(lambda: CLIENT)\n\n\n"
        "@inject\ndef ask(client=Provide[Container.client]):\n    USE(client)\n"
    ),
    "keyword arguments": (
        "class Bot:\n    def __init__(self, **options):\n        self.client = options.pop('client', None) or CLIENT\n\n"
        "    def ask(self):\n        USE(self.client)\n\n\nBot(client=CLIENT)\n"
    ),
}
"""Where frameworks and classes keep a client: CLIENT makes it, USE uses it."""


@pytest.mark.parametrize("program", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize(
    ("client", "expected"), [("OpenAI()", OPENAI), ("AzureOpenAI()", AZURE), ("made_elsewhere()", UNKNOWN)]
)
def test_a_client_that_a_framework_keeps(program: str, client: str, expected: str, tmp_path: Path) -> None:
    used = re.sub(r"USE\((.*)\)", r"print(\1.beta.threads.create().id)", program).replace("CLIENT", client)
    files = {"main.py": f"from desk import made_elsewhere\nfrom openai import AzureOpenAI, OpenAI\n{used}"}
    assert end(files, tmp_path) == expected


def test_what_two_places_of_a_framework_hold_is_told_apart(tmp_path: Path) -> None:
    program = """from fastapi import FastAPI
from openai import OpenAI
from desk import Desk

app = FastAPI()
app.state.client = OpenAI()
app.state.desk = Desk()


def handle(request):
    print(request.app.state.desk.beta.threads.create().id)
    print(request.state.client.beta.threads.create().id)
"""
    assert end({"main.py": program}, tmp_path) == UNKNOWN


DROP_INS = [
    ("from langfuse.openai import OpenAI\n\nclient = OpenAI()", OPENAI),
    ("from langfuse.openai import openai\n\nclient = openai", OPENAI),
    ("from posthog.ai.openai import AsyncOpenAI as OpenAI\n\nclient = OpenAI()", OPENAI),
    ("from llama_index.llms.openai import OpenAI\n\nclient = OpenAI()", FOREIGN),
]


@pytest.mark.parametrize(("head", "expected"), DROP_INS)
def test_modules_that_hand_out_clients_of_openai(head: str, expected: str, tmp_path: Path) -> None:
    assert end({"main.py": f"{head}\nprint(client.beta.threads.create().id)\n"}, tmp_path) == expected


def test_a_mock_that_patch_passes_leaves_the_function_known(tmp_path: Path) -> None:
    files = {
        "main.py": "from openai import OpenAI\n\n\ndef ask(client):\n    return client.beta.threads.create().id\n\n\n"
        "print(ask(OpenAI()))\n",
        "test_main.py": "from unittest.mock import patch\n\nfrom main import ask\n\n\n"
        '@patch("main.OpenAI")\ndef test_ask(client):\n    assert ask(client)\n',
    }
    assert end(files, tmp_path) == OPENAI


def test_a_mock_of_vector_stores_is_told_of(tmp_path: Path) -> None:
    files = {
        "main.py": "from openai import OpenAI\n\n\ndef make(client: OpenAI):\n    return client.beta.vector_stores.create()\n",
        "test_main.py": "from unittest.mock import MagicMock\n\nfrom main import make\n\n\ndef test_make():\n"
        "    client = MagicMock()\n    client.beta.vector_stores.create.return_value = 3\n    assert make(client) == 3\n",
    }
    result = rewritten(files, tmp_path)
    assert [(finding.code, finding.level.value) for finding in result.findings] == [("A2R100", "review")]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ('os.environ["OPENAI_BASE_URL"] = "http://localhost:8000/v1"', FOREIGN),
        ('os.environ["OPENAI_BASE_URL"] = os.environ["OTHER"]', OPENAI),
        ('os.environ["BASE_URL"] = "http://localhost:8000/v1"', OPENAI),
    ],
)
def test_the_server_that_a_program_puts_into_its_environment(setting: str, expected: str, tmp_path: Path) -> None:
    program = f"import os\n\nfrom openai import OpenAI\n\n{setting}\nprint(OpenAI().beta.threads.create().id)\n"
    assert end({"main.py": program}, tmp_path) == expected


def test_an_object_that_hands_its_attributes_on_is_told_of(tmp_path: Path) -> None:
    program = """from openai import OpenAI


class Proxy:
    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)


print(Proxy(OpenAI()).beta.threads.create().id)
"""
    assert end({"main.py": program}, tmp_path) == UNKNOWN


ANNOTATED = [
    param("def begin(client{}):\n    return client.beta.threads.create().id\n", id="parameter"),
    param(
        "class Desk:\n    def __init__(self, client):\n        self.client{} = client\n\n"
        "    def begin(self):\n        return self.client.beta.threads.create().id\n",
        id="attribute",
    ),
    param(
        "from desk import make\n\n\ndef begin():\n    client{} = make()\n    return client.beta.threads.create().id\n",
        id="variable",
    ),
    param(
        "class Base:\n    client{}\n\n    def begin(self):\n        return self.client.beta.threads.create().id\n",
        id="class",
    ),
]


@pytest.mark.parametrize("annotation", [": OpenAI", ': "OpenAI"', ": OpenAI | None", ": Optional[OpenAI]"])
@pytest.mark.parametrize("program", ANNOTATED)
def test_an_annotation_is_enough(program: str, annotation: str, tmp_path: Path) -> None:
    head = "from typing import Any, Optional\n\nfrom openai import OpenAI\n\n"
    assert end({"main.py": head + program.format(annotation)}, tmp_path / "told") == OPENAI
    assert end({"main.py": head + program.format(": Any")}, tmp_path / "untold") == UNKNOWN


SOMETIMES = {
    "branch": "if AZURE:\n    client = AzureOpenAI()\nelse:\n    client = OpenAI()\n",
    "conditional": "client = AzureOpenAI() if AZURE else OpenAI()\n",
    "function": "def made():\n    if AZURE:\n        return AzureOpenAI()\n    return OpenAI()\n\n\nclient = made()\n",
    "annotation": "def first(client: OpenAI | AzureOpenAI):\n    pass\n\n\nclient: OpenAI | AzureOpenAI = given()\n",
}


@pytest.mark.parametrize("made", SOMETIMES.values(), ids=SOMETIMES)
def test_a_client_that_is_azures_at_times_is_rewritten_for_openai(made: str, tmp_path: Path) -> None:
    head = "import os\n\nfrom elsewhere import given\nfrom openai import AzureOpenAI, OpenAI\n\nAZURE = os.environ.get('AZURE')\n"
    result = rewritten(f"{head}{made}print(client.beta.threads.create().id)\n", tmp_path)
    assert "client.conversations.create()" in result.text
    assert [(each.code, each.level) for each in result.findings] == [("A2R210", "review")]
    assert "Azure" in result.findings[0].message


LOST = """import openai

{head}

def ask(thread_id, assistant_id):
    try:
        run = openai.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    except Exception:
        run = client.beta.threads.runs.list(thread_id)
    return run
"""


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        param("", {"fixed"}, id="bound nowhere"),
        param("print(globals()['ask'], globals().get('ask'))\n", {"fixed"}, id="others are read by name"),
        param("from shared import *\n", {"manual"}, id="may come with a star"),
        param("globals()['client'] = openai\n", {"manual"}, id="written by name"),
    ],
)
def test_a_client_that_is_bound_nowhere_holds_nothing_back(head: str, rest: set[str], tmp_path: Path) -> None:
    result = rewritten(LOST.format(head=head), tmp_path)
    assert "client.beta.threads.runs.list(thread_id)" in result.text
    assert {each.level for each in result.findings if each.symbol == "beta.threads.runs.create_and_poll"} == rest
    assert [each.level for each in result.findings if each.symbol == "beta.threads.runs.list"] == ["manual"]


HANDED = """from openai import OpenAI


def recover(error, show, {params}):
    print(error)
    {body}


def menu(client, level=0):
    try:
        print(client.beta.threads.create().id)
    except ValueError as error:
        recover(error, menu, {given})


menu(OpenAI())
"""


@pytest.mark.parametrize(
    ("params", "body", "given", "expected"),
    [
        param("args=None", "show(*args)", "[client]", OPENAI, id="a list of arguments"),
        param("args=()", "show(*args)", "(client, 1)", OPENAI, id="a tuple"),
        param("client, level", "show(client, level)", "client, 2", OPENAI, id="one by one"),
        param("level, client", "show(client, level)", "2, client", OPENAI, id="in another order"),
        param("args", "show(*args)", "made_elsewhere()", UNKNOWN, id="not seen"),
        param("client", "show(client)", "made_elsewhere()", UNKNOWN, id="something else"),
    ],
)
def test_a_client_that_goes_on_with_a_function(
    params: str, body: str, given: str, expected: str, tmp_path: Path
) -> None:
    text = "from desk import made_elsewhere\n" + HANDED.format(params=params, body=body, given=given)
    assert end({"main.py": text}, tmp_path) == expected


@pytest.mark.parametrize(
    "handed", ["Timer(5, ask, [OpenAI()])", "pool.apply_async(ask, (OpenAI(),))", "run(ask, OpenAI())"]
)
def test_a_client_that_a_function_is_run_with(handed: str, tmp_path: Path) -> None:
    text = f"from threading import Timer\nfrom elsewhere import pool, run\nfrom openai import OpenAI\n\n\ndef ask(client):\n    print(client.beta.threads.create().id)\n\n\n{handed}\n"
    assert end({"main.py": text}, tmp_path) == OPENAI
