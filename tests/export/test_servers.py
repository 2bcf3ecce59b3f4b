"""Servers that others wrote as sources: what they have is in the archive, and each quirk is stated, never a silent loss."""

from __future__ import annotations

import json

import openai
import pytest

from assist2resp.export.source import Settings
from assist2resp.export.verify import verify
from tests.export.scenes import conversations, exported, lines
from tests.servers import free_port, python_of, running

pytestmark = [
    pytest.mark.servers,
    pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:pydantic"),
]
MESSAGES = 130
LLAMPHOUSE = """
import sys
from llamphouse.core import LLAMPHouse, Agent
from llamphouse.core.data_stores.in_memory_store import InMemoryDataStore
from llamphouse.core.adapters.assistant_api import AssistantAPIAdapter

class HelloAgent(Agent):
    async def run(self, context):
        await context.insert_message("Hello from LLAMPHouse")

agents = [HelloAgent(id="hello-agent", name="Hello", description="d", version="0.1.0")]
house = LLAMPHouse(agents=agents, data_store=InMemoryDataStore(), adapters=[AssistantAPIAdapter()], compass=False)
house.ignite(host="127.0.0.1", port=int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def fakeai(tmp_path_factory):
    python = python_of("fakeai", "fakeai==0.3.2", "pillow")
    port = free_port()
    command = [python.parent / "fakeai", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--response-delay", "0", "--no-random-delay"]
    with running(command, f"http://127.0.0.1:{port}/v1", tmp_path_factory.mktemp("fakeai")) as url:
        yield url


@pytest.fixture(scope="module")
def llamphouse(tmp_path_factory):
    python = python_of("llamphouse", "llamphouse==1.3.0")
    folder, port = tmp_path_factory.mktemp("llamphouse"), free_port()
    (folder / "app.py").write_text(LLAMPHOUSE)
    quiet = {"NO_TRACKING": "1", "LLAMPHOUSE_TELEMETRY": "0", "LLAMPHOUSE_TRACING_ENABLED": "false"}
    with running([python, "app.py", str(port)], f"http://127.0.0.1:{port}", folder, **quiet) as url:
        yield url


def filled(url):
    """A client, and a thread of the server's with many messages and runs."""
    client = openai.OpenAI(base_url=url, api_key="any", max_retries=0)
    thread = client.beta.threads.create(metadata={"customer": "7"})
    for number in range(MESSAGES):
        client.beta.threads.messages.create(thread.id, role="user", content=f"m{number}")
    return client, thread.id


def texts(folder, thread_id):
    """What the messages of a thread say in the archive, in order."""
    entries = conversations(folder)[thread_id]["items"]
    return [entry["item"]["content"][0]["text"] for entry in entries if entry["item"]["type"] == "message"]


def test_fakeai(fakeai, out):
    client, thread_id = filled(fakeai)
    assistant = client.beta.assistants.create(model="gpt-4o", name="Bot", instructions="Be brief.")
    for _ in range(3):
        client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant.id)
    manifest = exported("openai", Settings(base_url=fakeai, api_key="any", thread_ids=[thread_id], patience=0.001), out)
    failed = {failure.kind: failure.reason for failure in manifest.failures}
    assert list(failed) == ["vector_stores"], "it has no vector stores, and says so with a 500"
    assert failed["vector_stores"].startswith("500")
    assert manifest.counts["files"] == len(client.files.list().data), "the SDK's own paging of files would never end"
    assert manifest.counts["messages"] >= MESSAGES
    assert manifest.counts["runs"] == 3
    said = texts(out, thread_id)
    assert [text for text in said if text.startswith("m")] == [f"m{number}" for number in range(MESSAGES)]
    assert verify(out).damages == ()
    [prompt] = [json.loads(path.read_text()) for path in (out / "prompts").iterdir()]
    assert prompt["arguments"]["instructions"] == "Be brief."


def test_llamphouse(llamphouse, out):
    client, thread_id = filled(llamphouse)
    run = client.beta.threads.runs.create(thread_id=thread_id, assistant_id="hello-agent")
    client.beta.threads.runs.poll(run.id, thread_id=thread_id, poll_interval_ms=50)
    manifest = exported(
        "openai", Settings(base_url=llamphouse, api_key="any", thread_ids=[thread_id], patience=0.001), out
    )
    assert manifest.failures == ()
    assert {gap.kind for gap in manifest.absences} >= {"files", "vector_stores"}
    said = texts(out, thread_id)
    assert said == [*(f"m{number}" for number in range(MESSAGES)), "Hello from LLAMPHouse"]
    messages = lines(out, "source/messages.jsonl")
    assert isinstance(messages[0]["object"]["created_at"], str), "its times are texts, and stay so"
    assert verify(out).damages == ()


def test_a_thread_that_a_server_does_not_have_is_a_failure(fakeai, llamphouse, tmp_path):
    for name, url in (("fakeai", fakeai), ("llamphouse", llamphouse)):
        settings = Settings(
            base_url=url,
            api_key="any",
            thread_ids=["00000000-0000-4000-8000-000000000000"],
            groups=frozenset({"threads"}),
            patience=0.001,
        )
        [failure] = exported("openai", settings, tmp_path / name).failures
        assert failure.kind == "threads"
