"""What is told of code that is no call site of the old API: models, prompts, raw requests, wrappers, patched paths."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assist2resp.mapping.models import reasons_by_default
from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.summary import summarise, summary_lines
from assist2resp.schema.shutdowns import AS_OF, SHUTDOWNS, is_worth_a_word, shutdown_of
from tests.rewrite.one_file import again, rewritten

TODAY = date(2026, 11, 21)
CLIENT = "from openai import OpenAI\n\nclient = OpenAI()\nbeta = client.beta\n"


def found(program: str | dict[str, str], folder: Path, code: str, **options: object) -> list[tuple[str, int]]:
    """The findings of one rule as symbol and line."""
    result = rewritten(program, folder, Options(today=TODAY, **options))  # type: ignore[arg-type]
    return [(each.symbol, each.place.line) for each in result.findings if each.code == code]


MODELS = [
    ('client.responses.create(model="gpt-4", input="x")\n', [("gpt-4", 5)]),
    ('client.chat.completions.create(model="gpt-4o", messages=[])\n', [("gpt-4o", 5)]),
    ('client.beta.assistants.create(model="gpt-3.5-turbo")\n', [("gpt-3.5-turbo", 5)]),
    ('client.responses.create(model="ft:gpt-4o-mini:org::id", input="x")\n', [("ft:gpt-4o-mini:org::id", 5)]),
    ('MODEL = "o1"\nclient.responses.create(model=MODEL, input="x")\n', [("o1", 5)]),
    ('import os\nclient.responses.create(model=os.getenv("M", "gpt-4"), input="x")\n', [("gpt-4", 6)]),
    ('client.responses.create(model="gpt-4" if client else "o3", input="x")\n', [("gpt-4", 5), ("o3", 5)]),
    ('GIVEN = {"model": "gpt-4"}\nclient.responses.create(**GIVEN, input="x")\n', [("gpt-4", 5)]),
    ('client.responses.create(**dict(model="gpt-4"), input="x")\n', [("gpt-4", 5)]),
    ('def ask(model="gpt-4"):\n    client.responses.create(model=model)\n\n\nask("o1")\n', [("gpt-4", 5), ("o1", 9)]),
    ('class A:\n    m = "gpt-4"\n    def a(self):\n        client.responses.create(model=self.m)\n', [("gpt-4", 6)]),
    ('client.responses.create(model="gpt-5.1", input="x")\n', []),
    ('client.responses.create(model="gpt-6-luna", input="x")\n', []),
    ('client.responses.create(model=f"gpt-{4}", input="x")\n', []),
    ('# model="gpt-4"\nprint("gpt-4")\nother(model="gpt-4")\nMODEL = "gpt-4"\n', []),
]


@pytest.mark.parametrize(("body", "expected"), MODELS)
def test_models(tmp_path: Path, body: str, expected: list[tuple[str, int]]) -> None:
    assert found(CLIENT + body, tmp_path, "A2R901") == expected


def test_a_model_changes_where_the_user_says_so(tmp_path: Path) -> None:
    body = 'client.responses.create(model=\'gpt-4\', input="gpt-4")\nother(model="gpt-4")\n'
    options = Options(models={"gpt-4": "gpt-6-luna"}, today=TODAY)
    result = rewritten(CLIENT + body, tmp_path, options)
    assert result.text == CLIENT + body.replace("'gpt-4'", "'gpt-6-luna'")
    assert [each.level for each in result.findings] == ["fixed"]
    assert not again(tmp_path, options).changed


def test_a_model_changes_within_what_is_rewritten(tmp_path: Path) -> None:
    body = (
        'assistant = client.beta.assistants.create(model="gpt-4", temperature=0.2)\n'
        "thread = client.beta.threads.create()\n"
        "client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)\n"
    )
    options = Options(models={"gpt-4": "gpt-6-luna"}, today=TODAY)
    result = rewritten(CLIENT + body, tmp_path, options)
    assert "gpt-6-luna" in result.text
    assert "gpt-4" not in result.text
    (changed,) = [each for each in result.findings if each.code == "A2R901"]
    assert changed.level == "review"
    assert "temperature" in changed.message
    assert not again(tmp_path, options).changed


def test_a_model_changes_in_a_file_without_the_old_api(tmp_path: Path) -> None:
    files = {
        "clients.py": "from openai import OpenAI\n\nclient = OpenAI()\n",
        "main.py": 'from clients import client\n\nclient.responses.create(model="gpt-4", input="x")\n',
    }
    assert not rewritten(files, tmp_path).changed
    result = rewritten(files, tmp_path, Options(models={"gpt-4": "gpt-6-luna"}, today=TODAY))
    assert result.changed == {"main.py"}


def test_a_model_changes_in_another_file_once(tmp_path: Path) -> None:
    files = {
        "settings.py": 'MODEL = "gpt-4"\n',
        "main.py": CLIENT + "import settings\nfrom settings import MODEL\n"
        'client.responses.create(model=MODEL, input="x")\nclient.responses.create(model=settings.MODEL, input="x")\n',
    }
    assert found(files, tmp_path, "A2R901", models={"gpt-4": "o9"}) == [("gpt-4", 1)]
    assert (tmp_path / "settings.py").read_text() == 'MODEL = "o9"\n'


def test_a_comment_keeps_the_model(tmp_path: Path) -> None:
    body = 'client.responses.create(model="gpt-4")  # assist2resp: ignore[A2R901]\n'
    options = Options(models={"gpt-4": "gpt-6-luna"}, today=TODAY)
    assert not rewritten(CLIENT + body, tmp_path, options).changed


def test_what_is_no_site_is_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(CLIENT + 'client.beta.assistants.create(model="gpt-4")\n')
    summary = summarise(rewrite([tmp_path], Options(today=TODAY)), written=False)
    assert (summary.sites, summary.fixed, summary.review, summary.beside) == (1, 1, 0, 1)
    lines = list(summary_lines(summary))
    assert lines[0].startswith("1 site of the Assistants API: 1 would be fixed")
    assert "0 manual; 1 finding beside them;" in lines[0]
    assert any("the 1 review finding" in line for line in lines)


def test_a_shutdown_is_told_of_ninety_days_before() -> None:
    shutdown = SHUTDOWNS["gpt-5.1"]
    assert not is_worth_a_word(shutdown, date(2026, 12, 31))
    assert is_worth_a_word(shutdown, date(2027, 1, 1))
    assert is_worth_a_word(SHUTDOWNS["gpt-4o"], date(2020, 1, 1)), "a clock that is wrong does not hide what is known"
    assert all(each.on.year >= 2024 and each.model == name for name, each in SHUTDOWNS.items())
    assert AS_OF <= TODAY


def test_a_fine_tuned_model_ends_with_its_base() -> None:
    assert shutdown_of("ft:gpt-4o-mini-2024:org::id") is None
    assert shutdown_of("ft:gpt-4o-2024-08-06:org:name:id") == SHUTDOWNS["gpt-4o-2024-08-06"]
    assert reasons_by_default("gpt-6-luna")
    assert not reasons_by_default("gpt-4o")


PROMPTS = [
    ('client.responses.create(prompt={"id": "pmpt_1"}, input="x")\n', [("responses.create", 5)]),
    ('client.responses.parse(prompt={"id": "pmpt_1", "version": "2"})\n', [("responses.parse", 5)]),
    ('P = {"id": "pmpt_1"}\nwith client.responses.stream(prompt=P) as s:\n    pass\n', [("responses.stream", 5)]),
    ('import os\nclient.responses.create(prompt={"id": os.environ["P"]})\n', [("responses.create", 6)]),
    ('client.images.generate(prompt="a cat")\n', []),
    ('client.completions.create(model="x", prompt={"id": "pmpt_1"})\n', []),
    ('other.responses.create(prompt={"id": "pmpt_1"})\n', []),
    ('print("pmpt_1")  # prompt={"id": "pmpt_1"}\n', []),
]


@pytest.mark.parametrize(("body", "expected"), PROMPTS)
def test_prompts(tmp_path: Path, body: str, expected: list[tuple[str, int]]) -> None:
    assert found(CLIENT + body, tmp_path, "A2R902") == expected
    assert (tmp_path / "main.py").read_text() == CLIENT + body


def test_a_prompt_of_a_client_in_another_file(tmp_path: Path) -> None:
    files = {
        "clients.py": "from openai import OpenAI\n\nclient = OpenAI()\n",
        "main.py": 'from clients import client\n\nclient.responses.create(prompt={"id": "pmpt_1"})\n',
    }
    assert found(files, tmp_path, "A2R902") == [("responses.create", 3)]


HEADERS = 'H = {"Authorization": "x", "OpenAI-Beta": "assistants=v2"}\n'
URL = "https://api.openai.com/v1"
RAW = [
    (f'import requests\nrequests.post("{URL}/threads")\n', [("requests.post", 2)]),
    (f'import requests\nrequests.request("GET", url="{URL}/assistants?limit=2")\n', [("requests.request", 2)]),
    (f'import requests\nB = "{URL}"\nrequests.get(f"{{B}}/threads/{{1}}")\n', [("requests.get", 3)]),
    (f'import requests\nB = "{URL}/"\nrequests.get(B + "threads/" + "x")\n', [("requests.get", 3)]),
    (f'import httpx\nhttpx.get("{URL}/threads/%s" % 1)\n', [("httpx.get", 2)]),
    (f'import httpx, os\nB = os.getenv("B", "{URL}").rstrip("/")\nhttpx.get(B + "/threads")\n', [("httpx.get", 3)]),
    (HEADERS + "import requests\nrequests.get(base + path, headers=H)\n", [("requests.get", 3)]),
    (HEADERS + 'import httpx\nhttpx.get(u, headers={**H, "x": "y"})\n', [("httpx.get", 3)]),
    (HEADERS + "def h():\n    return H\n\n\nimport httpx\nhttpx.Client(headers=h())\n", [("httpx.Client", 7)]),
    (HEADERS + "import requests\ns = requests.Session()\ns.headers.update(H)\n", [("s.headers.update", 4)]),
    (
        'import urllib.request\nurllib.request.Request("https://x.openai.azure.com/openai/threads?api-version=1")\n',
        [("urllib.request.Request", 2)],
    ),
    ('import requests\nrequests.post("https://forum.example.com/v1/threads")\n', []),
    (f'print("{URL}/threads")\n', []),
    (f'DOCS = "{URL}/threads"\n# requests.get("{URL}/threads")\n', []),
    (f'import requests\nrequests.post("{URL}/responses")\n', []),
    (f'import requests\nrequests.post("{URL}/threadsafe")\n', []),
    ('H = {"OpenAI-Beta": "realtime=v1"}\nimport requests\nrequests.get("/v1/threads", headers=H)\n', []),
    (HEADERS + "print(H)\n", []),
    (HEADERS + f'import requests\nrequests.post("{URL}/vector_stores", headers=H)\n', []),
]


@pytest.mark.parametrize(("program", "expected"), RAW)
def test_raw_requests(tmp_path: Path, program: str, expected: list[tuple[str, int]]) -> None:
    assert found(program, tmp_path, "A2R903") == expected
    assert (tmp_path / "main.py").read_text() == program


WRAPPERS = [
    "langchain.agents.openai_assistant.OpenAIAssistantRunnable",
    "langchain_community.agents.openai_assistant.OpenAIAssistantV2Runnable",
    "llama_index.agent.openai.OpenAIAssistantAgent",
    "autogen.agentchat.contrib.gpt_assistant_agent.GPTAssistantAgent",
    "autogen_ext.agents.openai.OpenAIAssistantAgent",
    "semantic_kernel.agents.open_ai.OpenAIAssistantAgent",
    "semantic_kernel.agents.AzureAssistantAgent",
]


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers(tmp_path: Path, name: str) -> None:
    module, _, wrapper = name.rpartition(".")
    assert found(f"from {module} import {wrapper} as W\n\nW()\n", tmp_path / "from", "A2R904") == [(name, 1)]
    program = f"import {module} as m\n\nm.{wrapper}()\nm.Other()\n"
    assert found(program, tmp_path / "module", "A2R904") == [(name, 3)]


@pytest.mark.parametrize(
    "program",
    [
        "from company.agents import OpenAIAssistantAgent\n",
        "from .openai_assistant import OpenAIAssistantRunnable\n",
        "class OpenAIAssistantAgent:\n    pass\n\n\nOpenAIAssistantAgent()\n",
        "print('langchain.agents.openai_assistant.OpenAIAssistantRunnable')\n",
        "from langchain.agents import AgentExecutor  # was OpenAIAssistantRunnable\n",
    ],
)
def test_what_is_no_wrapper(tmp_path: Path, program: str) -> None:
    assert not found(program, tmp_path, "A2R904")


PATCHED = [
    ("openai.resources.beta.threads.runs.Runs.create", True),
    ("openai.beta.threads.create", True),
    ("app.client.beta.threads.create", True),
    ("app.Bot.client.beta.assistants.create", True),
    ("app.other.beta.threads.create", False),
    ("pager.client.beta.threads.create", False),
    ("app.client.responses.create", False),
    ("app.client", False),
]


@pytest.mark.parametrize(("target", "is_told"), PATCHED)
@pytest.mark.parametrize("call", ["patch", "mocker.patch", "monkeypatch.setattr"])
def test_patched_paths(tmp_path: Path, target: str, is_told: bool, call: str) -> None:
    app = (
        "from openai import OpenAI\n\nclient = OpenAI()\nother = object()\n\n\n"
        "class Bot:\n    def __init__(self):\n        self.client = OpenAI()\n        self.client.beta.threads.create()\n"
    )
    test = f'from unittest.mock import patch\n\nimport app\n\n\ndef test_it(mocker, monkeypatch):\n    {call}("{target}", None)\n'
    result = found({"app.py": app, "test_app.py": test}, tmp_path, "A2R905")
    assert result == ([(target, 7)] if is_told else [])
    assert (tmp_path / "test_app.py").read_text() == test
