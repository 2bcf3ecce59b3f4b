"""Where a client comes from, and whose it is: each spelling leads to the client's own rule."""

from __future__ import annotations

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

from openai import OpenAI

HOST = "host.example.org"
PORTABLE = os.getenv("HOST", "localhost")
NAME = os.environ["NAME"]
LOCAL = False


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
