"""Assistants, threads and messages as objects: made, read, changed, listed, deleted, and refused."""

from __future__ import annotations

import openai
import pytest

from tests.sandbox.old_scene import WEATHER, Caller, said, world_of

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")


@pytest.fixture
def server():
    with world_of(lambda _prompt: said("Fine.")) as running:
        yield running


@pytest.fixture(params=["sync", "async"])
def call(request, server):
    caller = Caller(server, request.param)
    yield caller
    caller.close()


@pytest.fixture
def http(server):
    headers = {"authorization": "Bearer sk", "openai-beta": "assistants=v2"}
    with openai.DefaultHttpxClient(
        transport=server.transport(), base_url="http://sandbox.invalid/v1", headers=headers
    ) as client:
        yield client


ASSISTANT_KEYS = (
    "id object created_at name description model instructions tools top_p temperature reasoning_effort "
    "tool_resources metadata response_format"
)
THREAD_KEYS = "id object created_at metadata tool_resources"
MESSAGE_KEYS = (
    "id object created_at assistant_id thread_id run_id status incomplete_details incomplete_at completed_at "
    "role content attachments metadata"
)
RUN_KEYS = (
    "id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at completed_at "
    "required_action last_error model instructions tools tool_resources metadata temperature top_p reasoning_effort "
    "max_completion_tokens max_prompt_tokens truncation_strategy incomplete_details usage response_format tool_choice "
    "parallel_tool_calls"
)


def test_keys_stand_in_the_order_of_the_wire(http):
    assistant = http.post("/assistants", json={"model": "gpt-4o"}).json()
    thread = http.post("/threads", json={}).json()
    message = http.post(f"/threads/{thread['id']}/messages", json={"role": "user", "content": "Hi"}).json()
    run = http.post(f"/threads/{thread['id']}/runs", json={"assistant_id": assistant["id"]}).json()
    assert " ".join(assistant) == ASSISTANT_KEYS
    assert " ".join(thread) == THREAD_KEYS
    assert " ".join(message) == MESSAGE_KEYS
    assert " ".join(run) == RUN_KEYS
    assert run["expires_at"] == run["created_at"] + 600


def test_assistants(call):
    first = call("beta.assistants.create", model="gpt-4o", name="One", tools=[{"type": "code_interpreter"}])
    assert (first.name, first.temperature, first.top_p, first.response_format) == ("One", 1.0, 1.0, "auto")
    assert first.tool_resources.code_interpreter.file_ids == []
    second = call("beta.assistants.create", model="gpt-4o", name="Two", metadata={"k": "v"})
    assert [row.name for row in call("beta.assistants.list")] == ["Two", "One"]
    assert [row.name for row in call("beta.assistants.list", order="asc", limit=1)] == ["One", "Two"]
    changed = call("beta.assistants.update", first.id, name=None, instructions="Be brief.", temperature=0.2)
    assert (changed.name, changed.instructions, changed.temperature) == (None, "Be brief.", 0.2)
    assert call("beta.assistants.retrieve", first.id) == changed
    assert call("beta.assistants.delete", second.id).deleted is True
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{second.id}'"):
        call("beta.assistants.retrieve", second.id)


def test_a_search_tool_shows_the_ranking_that_takes_effect(call):
    tool = {"type": "file_search", "file_search": {"max_num_results": 3}}
    made = call("beta.assistants.create", model="gpt-4o", tools=[tool])
    assert made.tools[0].to_dict()["file_search"] == {
        "max_num_results": 3,
        "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0},
    }
    assert made.tool_resources.file_search.vector_store_ids == []


def test_threads(call):
    thread = call("beta.threads.create", messages=[{"role": "user", "content": "One"}], metadata={"k": "v"})
    assert call("beta.threads.retrieve", thread.id) == thread
    assert call("beta.threads.update", thread.id, metadata={"k": "w"}).metadata == {"k": "w"}
    assert [row.content[0].text.value for row in call("beta.threads.messages.list", thread.id)] == ["One"]
    assert call("beta.threads.delete", thread.id).object == "thread.deleted"
    for method in ("beta.threads.retrieve", "beta.threads.messages.list", "beta.threads.runs.list"):
        with pytest.raises(openai.NotFoundError, match="No thread found with id"):
            call(method, thread.id)


def test_messages(call):
    thread = call("beta.threads.create").id
    parts = [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    made = [
        call("beta.threads.messages.create", thread, role="user", content="One"),
        call("beta.threads.messages.create", thread, role="assistant", content=parts, metadata={"k": "v"}),
        call("beta.threads.messages.create", thread, role="user", content="Three"),
    ]
    assert made[1].content[1].image_url.detail == "auto"
    assert [row.id for row in call("beta.threads.messages.list", thread)] == [row.id for row in reversed(made)]
    assert [row.id for row in call("beta.threads.messages.list", thread, order="asc", limit=2)] == [
        row.id for row in made
    ]
    assert [row.id for row in call("beta.threads.messages.list", thread, order="asc", after=made[0].id)] == [
        row.id for row in made[1:]
    ]
    assert call("beta.threads.messages.list", thread, run_id="run_none") == []
    changed = call("beta.threads.messages.update", made[0].id, thread_id=thread, metadata={"seen": "yes"})
    assert call("beta.threads.messages.retrieve", made[0].id, thread_id=thread) == changed
    assert call("beta.threads.messages.delete", made[0].id, thread_id=thread).object == "thread.message.deleted"
    with pytest.raises(openai.NotFoundError, match="No message found with id"):
        call("beta.threads.messages.retrieve", made[0].id, thread_id=thread)


def test_a_message_belongs_to_its_thread(call):
    one, other = call("beta.threads.create").id, call("beta.threads.create").id
    message = call("beta.threads.messages.create", one, role="user", content="Mine").id
    with pytest.raises(openai.NotFoundError):
        call("beta.threads.messages.retrieve", message, thread_id=other)


def test_attachments_make_a_store_that_expires(call):
    notes = call("files.create", file=("notes.txt", b"Refunds take thirty days."), purpose="assistants").id
    more = call("files.create", file=("more.txt", b"Shipping is free."), purpose="assistants").id
    table = call("files.create", file=("t.csv", b"a,b\n"), purpose="assistants").id
    search, code = [{"type": "file_search"}], [{"type": "code_interpreter"}]
    thread = call(
        "beta.threads.create",
        messages=[{"role": "user", "content": "Hi", "attachments": [{"file_id": notes, "tools": search}]}],
    )
    (store_id,) = thread.tool_resources.file_search.vector_store_ids
    store = call("vector_stores.retrieve", store_id)
    assert (store.expires_after.anchor, store.expires_after.days) == ("last_active_at", 7)
    attached = [{"file_id": more, "tools": search}, {"file_id": table, "tools": code}]
    message = call("beta.threads.messages.create", thread.id, role="user", content="And", attachments=attached)
    assert [entry.file_id for entry in message.attachments] == [more, table]
    resources = call("beta.threads.retrieve", thread.id).tool_resources
    assert resources.file_search.vector_store_ids == [store_id]
    assert resources.code_interpreter.file_ids == [table]
    assert {file.id for file in call("vector_stores.files.list", store_id)} == {notes, more}


def test_stores_are_made_where_tool_resources_ask_for_them(call):
    notes = call("files.create", file=("notes.txt", b"Refunds."), purpose="assistants").id
    wanted = {"file_search": {"vector_stores": [{"file_ids": [notes], "metadata": {"k": "v"}}]}}
    made = call("beta.assistants.create", model="gpt-4o", tools=[{"type": "file_search"}], tool_resources=wanted)
    store = call("vector_stores.retrieve", made.tool_resources.file_search.vector_store_ids[0])
    assert (store.metadata, store.expires_after) == ({"k": "v"}, None)


def test_an_update_needs_only_what_it_names(call):
    store = call("vector_stores.create").id
    table = call("files.create", file=("t.csv", b"a,b\n"), purpose="assistants").id
    tools = [{"type": "file_search"}]
    resources = {"file_search": {"vector_store_ids": [store]}}
    made = call("beta.assistants.create", model="gpt-4o", tools=tools, tool_resources=resources).id
    thread = call("beta.threads.create", tool_resources=resources).id
    call("vector_stores.delete", store)
    wanted = {"code_interpreter": {"file_ids": [table]}}
    for changed in (
        call("beta.assistants.update", made, name="New", tool_resources=wanted),
        call("beta.threads.update", thread, metadata={"k": "v"}, tool_resources=wanted),
    ):
        assert changed.tool_resources.code_interpreter.file_ids == [table]
        assert changed.tool_resources.file_search.vector_store_ids == [store]
    with pytest.raises(openai.NotFoundError, match=store):
        call("beta.threads.update", thread, tool_resources=resources)


HEADERS = {
    "no beta header": ({"openai-beta": ""}, 400, "invalid_beta", "You must provide the 'OpenAI-Beta' header"),
    "v1": ({"openai-beta": "assistants=v1"}, 400, "invalid_beta", "The v1 Assistants API has been deprecated."),
    "no key": ({"authorization": ""}, 401, None, "You didn't provide an API key."),
    "another scheme": ({"authorization": "Basic abc"}, 401, None, "You didn't provide an API key."),
}


@pytest.mark.parametrize(("headers", "status", "code", "text"), HEADERS.values(), ids=HEADERS)
def test_headers_are_demanded(http, headers, status, code, text):
    response = http.post("/threads", json={}, headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (status, "invalid_request_error", code)
    assert error["message"].startswith(text)


def test_several_betas_may_be_asked_for(http):
    assert http.post("/threads", json={}, headers={"openai-beta": "other=v1, assistants=v2"}).status_code == 200


MISTAKES = {
    "empty content": ("/threads/{thread}/messages", {"role": "user", "content": ""}, 400, None, "non-empty"),
    "blank part": (
        "/threads/{thread}/messages",
        {"role": "user", "content": [{"type": "text", "text": " "}]},
        400,
        None,
        "Text content must be non-empty.",
    ),
    "no such file": (
        "/threads/{thread}/messages",
        {"role": "user", "content": "a", "attachments": [{"file_id": "file-x", "tools": [{"type": "file_search"}]}]},
        404,
        None,
        "No file found with id 'file-x'.",
    ),
    "no such image": (
        "/threads/{thread}/messages",
        {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": "file-x"}}]},
        404,
        None,
        "file-x",
    ),
    "no such store": (
        "/threads",
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_x"]}}},
        404,
        None,
        "vs_x",
    ),
    "stores both named and wanted": (
        "/threads",
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_x"], "vector_stores": [{}]}}},
        400,
        "invalid_value",
        "both",
    ),
    "unknown model": ("/assistants", {"model": "gpt-9"}, 400, "model_not_found", "The requested model 'gpt-9'"),
    "retired model": ("/assistants", {"model": "gpt-4-32k"}, 400, "model_not_found", "'gpt-4-32k' does not exist."),
    "no such assistant": ("/threads/{thread}/runs", {"assistant_id": "asst_x"}, 404, None, "No assistant found with"),
    "no such thread": ("/threads/thread_x/runs", {"assistant_id": "asst_x"}, 404, None, "No thread found with id"),
    "an id of another kind": ("/threads/conv_x", {}, 400, "invalid_value", "Expected an ID that begins with 'thread'."),
    "nothing to answer": (
        "/threads/{thread}/runs",
        {"assistant_id": "{silent}"},
        400,
        "invalid_thread",
        "Run creation requires a Thread with a user message or an assistant with instructions.",
    ),
    "v1 files of a message": (
        "/threads/{thread}/messages/msg_x/files",
        {},
        404,
        None,
        "Invalid URL (POST /v1/threads/",
    ),
}


@pytest.mark.parametrize(("path", "body", "status", "code", "text"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(http, path, body, status, code, text):
    thread = http.post("/threads", json={}).json()["id"]
    silent = http.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
    if body.get("assistant_id") == "{silent}":
        body = {"assistant_id": silent}
    response = http.post(path.format(thread=thread), json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert text in error["message"]
    assert error["type"] == "invalid_request_error"


def test_a_body_must_be_a_json_object(http):
    for content in (b"{", b"[]", b"null", b"\xff"):
        response = http.post("/threads", content=content)
        assert response.status_code == 400
        assert "could not parse the JSON body" in response.json()["error"]["message"]


def test_other_methods_and_paths(http):
    assert http.put("/threads").json()["error"]["message"] == "Invalid method for URL (PUT /v1/threads)"
    assert http.get("/nothing").json()["error"]["message"] == "Invalid URL (GET /v1/nothing)"


@pytest.mark.parametrize("path", ["/assistants", "/threads", "/threads/thread_x/runs", "/threads/runs"])
def test_after_the_sunset_the_routes_are_gone(path):
    with world_of(sunset=True) as server:
        headers = {"authorization": "Bearer sk", "openai-beta": "assistants=v2"}
        with openai.DefaultHttpxClient(transport=server.transport(), base_url="http://sandbox.invalid/v1") as client:
            response = client.post(path, json={}, headers=headers)
    assert response.status_code == 404
    assert response.json()["error"]["message"] == f"Invalid URL (POST /v1{path})"


def test_a_key_can_be_set():
    with world_of(api_key="sk-right") as server:
        with pytest.raises(openai.AuthenticationError) as caught:
            server.client(api_key="sk-wrong").beta.threads.create()
        assert caught.value.code == "invalid_api_key"
        assert "provided: ********. You" in caught.value.body["message"]
        with pytest.raises(openai.AuthenticationError, match=r"provided: invalid-\*{5}2345\. You"):
            server.client(api_key="invalid-key-12345").beta.threads.create()
        assert server.client(api_key="sk-right").beta.threads.create().object == "thread"


def test_function_tools_are_echoed_as_given(call):
    assert call("beta.assistants.create", model="gpt-4o", tools=[WEATHER]).tools[0].to_dict() == WEATHER
