"""Seeds: objects to begin with, under the ids that a program has stored."""

from __future__ import annotations

import json

import pytest

from assist2resp.errors import InputFileError
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.seed import read_seed

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")

SEED = """
files:
  - {id: file-policy, filename: policy.md, text: Returns within 30 days.}
  - {id: file-chart, path: chart.png, purpose: assistants_output, created_at: 1700000000}
vector_stores:
  - {id: vs_policy, name: Policies, file_ids: [file-policy]}
assistants:
  - id: asst_support
    model: gpt-4
    instructions: Be brief.
    tools: [{type: file_search}]
    tool_resources: {file_search: {vector_store_ids: [vs_policy]}}
threads:
  - id: thread_ada
    created_at: 1700000000
    metadata: {customer: ada}
    messages:
      - {id: msg_1, role: user, content: Hello, created_at: 1700000001}
      - {role: assistant, content: Hi., assistant_id: asst_support, run_id: run_1}
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "chart.png").write_bytes(b"png")
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED)
    return seed


def test_everything_is_there_under_its_id(path):
    with sandbox(in_process=True, seed=path) as server:
        client = server.client(_strict_response_validation=True)
        assert client.files.content("file-chart").read() == b"png"
        assert client.files.retrieve("file-chart").created_at == 1_700_000_000
        assert client.vector_stores.retrieve("vs_policy").file_counts.completed == 1
        assert client.beta.assistants.retrieve("asst_support").instructions == "Be brief."
        assert client.beta.threads.retrieve("thread_ada").metadata == {"customer": "ada"}
        first, second = client.beta.threads.messages.list("thread_ada", order="asc").data
        assert (first.id, first.created_at) == ("msg_1", 1_700_000_001)
        assert (second.assistant_id, second.run_id, second.content[0].text.value) == ("asst_support", "run_1", "Hi.")
        assert server.requests[0].path == "/v1/files/file-chart/content"
        assert client.beta.threads.create().id.startswith("thread_")
        assert server.failures == []


def test_json_says_the_same(tmp_path):
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"assistants": [{"id": "asst_a", "model": "gpt-4o", "name": "Zoë 😀"}]}))
    with sandbox(in_process=True, seed=path) as server:
        assert server.client().beta.assistants.retrieve("asst_a").name == "Zoë 😀"


def test_conversations_may_be_longer_than_one_request():
    items = [{"role": "user" if n % 2 == 0 else "assistant", "content": f"Turn {n}."} for n in range(45)]
    with sandbox(in_process=True, sunset=True, seed={"conversations": [{"id": "conv_a", "items": items}]}) as server:
        listed = server.client().conversations.items.list("conv_a", order="asc", limit=100)
        assert [item.content[0].text for item in listed] == [item["content"] for item in items]


def test_the_sunset_and_the_key_do_not_hinder_a_seed(path):
    with sandbox(in_process=True, seed=path, sunset=True, api_key="sk-right") as server:
        assert server.world.store.table("threads").get("thread_ada") is not None
        assert server.world.settings.sunset


def test_planting_again_keeps_what_is_there(path, tmp_path):
    state = tmp_path / "state.sqlite"
    with sandbox(in_process=True, seed=path, state=state) as server:
        server.client().beta.threads.messages.create("thread_ada", role="user", content="More")
    with sandbox(in_process=True, seed=path, state=state) as server:
        client = server.client()
        assert len(client.beta.threads.messages.list("thread_ada").data) == 3
        assert len(client.files.list().data) == 2


WRONG = {
    "a list": ("[]", "must be a mapping, not a list"),
    "unknown kind": ("runs: []\n", ":1: runs: is not a known key; the keys are files, vector_stores"),
    "prefix": ("threads:\n  - {id: t1}\n", ":2: threads[0].id: 't1' does not begin with 'thread_'"),
    "created": ("threads:\n  - created_at: today\n", ":2: threads[0].created_at: must be a whole number"),
    "no content": ("files:\n  - {id: file-a}\n", ":2: files[0]: a file needs 'text' or 'path'"),
    "file key": ("files:\n  - {text: a, size: 1}\n", ":2: files[0].size: is not a known key"),
    "no such path": ("files:\n  - path: none.txt\n", ":2: files[0].path: "),
    "refused": ("assistants:\n  - {name: a}\n", ":2: assistants[0]: is refused: Missing required parameter: 'model'."),
    "refused inside": (
        "threads:\n  - messages:\n      - {role: user, content: a}\n      - {role: robot, content: a}\n",
        ":4: threads[0].messages[1]: is refused: ",
    ),
    "reference": ("vector_stores:\n  - file_ids: [file-x]\n", ":2: vector_stores[0]: is refused: No file found"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_seed_is_shown_with_its_line_and_leaves_nothing(tmp_path, text, message):
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    with pytest.raises(InputFileError) as caught, sandbox(in_process=True, seed=path):
        pass
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_refused_seed_leaves_the_state_as_it_was(tmp_path):
    state = tmp_path / "state.sqlite"
    seed = {"vector_stores": [{"id": "vs_new"}, {"id": "vs_bad", "name": 7}]}
    with sandbox(in_process=True, state=state, seed={"vector_stores": [{"id": "vs_old"}]}):
        pass
    with pytest.raises(InputFileError, match=r"vector_stores\[1\]"), sandbox(in_process=True, state=state, seed=seed):
        pass
    with sandbox(in_process=True, state=state) as server:
        assert [store.id for store in server.client().vector_stores.list()] == ["vs_old"]


def test_a_seed_from_python_is_read_like_a_file():
    assert [part.value for part in read_seed({"threads": [{}]})["threads"]] == [{}]
