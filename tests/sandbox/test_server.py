"""A running sandbox: with and without a socket, its log, its fixture, Azure's paths, and models."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import urllib.request
from datetime import date

import openai
import pytest

import assist2resp.sandbox as package
from assist2resp.errors import MissingExtraError, UsageError
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.server import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")


@pytest.fixture(params=[True, False], ids=["in process", "socket"])
def server(request):
    with sandbox(in_process=request.param) as running:
        yield running
        assert running.failures == []


def test_the_blocking_client_reaches_it(server):
    client = server.client()
    made = client.files.create(file=("a.txt", b"x" * 300_000), purpose="vision")
    assert client.files.content(made.id).read() == b"x" * 300_000


async def test_the_async_client_reaches_it(server):
    async with server.async_client() as client:
        names = [f"{n}.txt" for n in range(8)]
        made = await asyncio.gather(*(client.files.create(file=(n, b"x"), purpose="vision") for n in names))
        assert sorted(file.filename for file in made) == names


def test_streams_arrive_while_they_are_made(server):
    stream = server.client().responses.create(model="gpt-4o", input="Say several words in turn.", stream=True)
    first = next(iter(stream))
    stream.close()
    assert first.type == "response.created"


def test_several_loops_and_threads_share_one_sandbox(server):
    async def one(name: str) -> None:
        async with server.async_client() as client:
            await client.files.create(file=(name, b"x"), purpose="vision")

    threads = [threading.Thread(target=lambda n=n: asyncio.run(one(f"{n}.txt"))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.client().files.list().data) == 4


def test_a_client_of_ones_own_works_with_the_transport():
    with sandbox(in_process=True) as server:
        http = openai.DefaultHttpxClient(transport=server.transport())
        with openai.OpenAI(base_url="http://elsewhere/v1", api_key="k", http_client=http) as client:
            assert client.models.list().data


def test_requests_are_logged_without_secrets(server):
    client = server.client(api_key="sk-secret", organization="org-secret")
    client.vector_stores.create(name="logged", extra_headers={"Cookie": "secret=1"})
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve("vs_none", extra_query={"a": "b"})
    made, missed = server.requests
    assert (made.method, made.path, made.json, made.status) == ("POST", "/v1/vector_stores", {"name": "logged"}, 200)
    assert (missed.method, missed.query, missed.json, missed.status) == ("GET", "a=b", None, 404)
    assert made.headers["openai-beta"] == "assistants=v2"
    assert "secret" not in json.dumps([entry.body() for entry in server.requests])


def test_the_log_is_a_page_too():
    with sandbox() as server:
        server.client().vector_stores.create(name="n")
        url = server.url.removesuffix("/v1") + "/sandbox/requests"
        with urllib.request.urlopen(url) as answer:
            shown = json.load(answer)
        assert [(entry["method"], entry["json"]) for entry in shown["requests"]] == [("POST", {"name": "n"})]
        assert shown["failures"] == []
        with urllib.request.urlopen(urllib.request.Request(url, method="DELETE")) as answer:
            assert json.load(answer) == {"cleared": 1}
        assert server.requests == []


def test_malformed_json_is_logged_as_none():
    with sandbox(in_process=True) as server, openai.DefaultHttpxClient(transport=server.transport()) as http:
        headers = {"content-type": "application/json", "authorization": "Bearer any"}
        assert http.post(f"{server.url}/vector_stores", content=b"{oops", headers=headers).status_code == 400
        assert server.requests[0].json is None


def test_a_key_may_be_demanded():
    with sandbox(in_process=True, api_key="sk-right") as server:
        assert server.client(api_key="sk-right").models.list().data
        with pytest.raises(openai.AuthenticationError) as caught:
            server.client(api_key="sk-wrong").models.list()
        assert caught.value.code == "invalid_api_key"


def test_the_sunset_closes_the_old_routes_alone():
    with sandbox(in_process=True, sunset=True) as server:
        client = server.client(max_retries=0)
        with pytest.raises(openai.NotFoundError, match=r"Invalid URL \(POST /v1/threads\)"):
            client.beta.threads.create()
        assert client.vector_stores.create(name="still there").name == "still there"


@pytest.mark.parametrize(
    ("options", "alive", "gone"),
    [
        ({}, "gpt-4o", "gpt-4-32k"),
        ({"sunset": True}, "gpt-4o", "gpt-4-turbo"),
        ({"today": date(2027, 1, 14)}, "gpt-5.1", "gpt-4o"),
    ],
    ids=["before", "after", "some day"],
)
def test_models_retire(options, alive, gone):
    with sandbox(in_process=True, **options) as server:
        client = server.client(_strict_response_validation=True)
        names = {model.id for model in client.models.list()}
        assert alive in names
        assert gone not in names
        assert client.models.retrieve(alive).shutdown_date > "2026-11-21"
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(gone)
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_only_fine_tunes_can_be_deleted():
    tuned = "ft:gpt-4o-mini:acme::abc123"
    with sandbox(in_process=True) as server:
        client = server.client()
        assert client.models.retrieve(tuned).owned_by == "user"
        assert client.models.delete(tuned).deleted
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(tuned)
        with pytest.raises(openai.PermissionDeniedError):
            client.models.delete("gpt-4o")


def azure(server: Sandbox, **options) -> openai.AzureOpenAI:
    http = openai.DefaultHttpxClient(transport=server.transport())
    defaults = {"azure_endpoint": server.azure_url, "api_key": "k", "api_version": "2025-04-01-preview"}
    return openai.AzureOpenAI(**{**defaults, "http_client": http, "max_retries": 0, **options})


@pytest.mark.parametrize("options", [{}, {"azure_deployment": "gpt-4o"}], ids=["dated", "deployment"])
def test_azure_speaks_both_wires(options):
    with sandbox(in_process=True) as server, azure(server, **options) as client:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        assistant = client.beta.assistants.create(model="gpt-4o")
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        assert run.status == "completed"
        assert client.responses.create(model="gpt-4o", input="Hello").output_text
        assert server.requests[0].path.startswith("/openai/")
        assert "api-key" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("model", "served"), [("our-deployment", "gpt-4o-2024-08-06"), ("gpt-4.1", "gpt-4.1-2025-04-14")]
)
def test_azure_deployments_stand_for_models(model, served):
    with sandbox(in_process=True) as server, azure(server) as client:
        assert client.responses.create(model=model, input="Hello").model == served
        assert server.requests[0].json["model"] == model


def test_azure_v1_needs_no_version():
    with sandbox(in_process=True) as server:
        client = server.client(base_url=f"{server.azure_url}/openai/v1/", default_headers={"api-key": "k"})
        assert client.responses.create(model="gpt-4o", input="Hello").output_text


def test_azure_demands_version_and_key():
    with sandbox() as server:
        for path, headers, status in (
            ("/openai/assistants", {"api-key": "k"}, 404),
            ("/openai/assistants?api-version=1", {}, 401),
            ("/openai/assistants?api-version=1", {"api-key": "k"}, 200),
        ):
            request = urllib.request.Request(server.azure_url + path, headers=headers)
            try:
                with urllib.request.urlopen(request) as answer:
                    assert answer.status == status
            except urllib.error.HTTPError as error:
                with error:
                    assert (error.code, json.load(error)["error"]["code"]) == (status, str(status))


def test_a_port_in_use_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = pytest.raises(UsageError, match=f"127.0.0.1:{port}: cannot listen there")
        with refused, sandbox(port=port, state=tmp_path / "state.sqlite"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_closing_leaves_nothing_running():
    before = set(threading.enumerate())
    with sandbox() as server:
        stream = server.client().responses.create(model="gpt-4o", input="hi", stream=True)
        next(iter(stream))
    assert set(threading.enumerate()) == before


async def test_a_closed_sandbox_cannot_be_reached():
    with sandbox(in_process=True) as server:
        client, asynchronous = server.client(max_retries=0), server.async_client(max_retries=0)
        http = openai.DefaultHttpxClient(transport=server.transport())
        stream = client.responses.create(model="gpt-4o", input="hi", stream=True)
        next(iter(stream))
    stream.close()
    async with asynchronous:
        with pytest.raises(openai.APIConnectionError):
            await asynchronous.models.list()
    late = openai.OpenAI(base_url=server.url, api_key="k", http_client=http, max_retries=0)
    with late, pytest.raises(openai.APIConnectionError):
        late.models.list()


def test_what_is_missing_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("assist2resp.sandbox.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(package, "server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'assist2resp\[sandbox\]'"):
        package.__getattr__("sandbox")


def test_unknown_names_stay_unknown():
    with pytest.raises(AttributeError, match="no attribute 'sandpit'"):
        package.__getattr__("sandpit")


def test_the_fixture(assist2resp_sandbox):
    assert assist2resp_sandbox.client().models.list().data


@pytest.mark.assist2resp_sandbox(sunset=True, script=["As scripted."])
def test_the_fixture_takes_options(assist2resp_sandbox):
    answer = assist2resp_sandbox.client().responses.create(model="gpt-4o", input="hi")
    assert answer.output_text == "As scripted."
    assert assist2resp_sandbox.world.script.unused == []


def test_a_defect_of_the_sandbox_fails_the_test_that_used_it(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "def test_it(assist2resp_sandbox):\n    assist2resp_sandbox.failures.append(KeyError('inside'))\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "1 passed, 1 error" in done.stdout
    assert "KeyError: 'inside'" in done.stdout
