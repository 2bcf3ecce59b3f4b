"""What the support module does where the old API has no counterpart: old ids, files beside it, locks, leftovers, mocks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.resources.beta.threads import AsyncThreads, Threads
from openai.types.beta import Thread
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.run import RequiredAction
from openai.types.responses import Response, ResponseFunctionToolCall, ResponseOutputText

from tests.rewrite.support.scenes import WEATHER, begin, outputs, say, transcript
from tests.rewrite.support.surface import Surface, support_module, surface

ASSISTANT = {"model": "gpt-4o", "instructions": "Be kind.", "tools": [WEATHER, {"type": "file_search"}]}


@pytest.fixture(params=["sync", "async"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Surface]:
    with surface(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def support(tmp_path: Path) -> ModuleType:
    return support_module(tmp_path)


def register(folder: Path, **assistants: dict[str, Any]) -> None:
    (folder / "assistants.json").write_text(json.dumps(assistants), encoding="utf-8")


def map_ids(folder: Path, **ids: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "id_map.sqlite")) as database, database:
        database.execute("CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT)")
        database.executemany("INSERT INTO ids VALUES (?, ?)", ids.items())


# Clients


def test_gives_the_sdk_own_resources_once(api: Surface) -> None:
    assert api.support
    kind = AsyncThreads if api.runner else Threads
    made = api.support.threads(api.client)
    assert isinstance(made, kind)
    assert api.support.threads(api.client) is made
    assert api.support.beta(api.client).threads is made
    assert api.support.beta(api.client).vector_stores is api.client.vector_stores
    assert api.support.threads(api.client.with_options(timeout=3)) is not made


def test_results_have_the_old_types(api: Surface) -> None:
    at = begin(api, "Hello")
    run = api("threads.runs.create_and_poll", **at)
    assert isinstance(api("threads.retrieve", at["thread_id"]), Thread)
    assert isinstance(run, Run)
    assert isinstance(transcript(api, at)[0], Message)
    assert Run.model_validate(run.model_dump()) == run


@pytest.mark.parametrize("client", [MagicMock(), MagicMock(spec=OpenAI), MagicMock(spec=AsyncOpenAI)])
def test_leaves_other_clients_alone(support: ModuleType, client: Any) -> None:
    client.beta = MagicMock()
    assert support.threads(client) is client.beta.threads
    assert support.assistants(client) is client.beta.assistants
    assert support.beta(client) is client.beta


def test_keeps_no_client_alive(support: ModuleType) -> None:
    client = OpenAI(api_key="none")
    support.threads(client)
    gone = weakref.ref(client)
    client.close()
    del client
    gc.collect()
    assert gone() is None


def test_takes_the_module_as_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with surface("sync", tmp_path) as api:
        assert api.support
        monkeypatch.setattr(openai, "_client", api.client)
        monkeypatch.setattr(openai._module_client, "_load_client", lambda: api.client)
        thread = api.support.threads(openai).create(metadata={"k": "v"})
        assert api.support.beta(openai).threads.retrieve(thread.id).metadata == {"k": "v"}
    vars(openai).pop("_old_resources")


def test_raw_responses_parse(api: Surface) -> None:
    raw = api("threads.with_raw_response.create", metadata={"k": "v"})
    assert raw.status_code == 200
    assert raw.parse().metadata == {"k": "v"}


def test_own_headers_and_timeouts_reach_the_new_api(api: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    create = api.client.conversations.create

    def recorded(**arguments: Any) -> Any:
        sent.append(arguments)
        return create(**arguments)

    monkeypatch.setattr(api.client.conversations, "create", recorded)
    api("threads.create")
    api("threads.create", extra_headers={"X-Tenant": "a"}, timeout=7)
    assert sent == [{}, {"extra_headers": {"x-tenant": "a"}, "timeout": 7}]


def test_connection_errors_stay_what_they_are(support: ModuleType) -> None:
    with (
        OpenAI(api_key="none", base_url="http://127.0.0.1:9/v1", max_retries=0) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        support.threads(client).create()


# Assistants


def test_registry_is_readable_and_keeps_what_it_does_not_know(api: Surface, tmp_path: Path) -> None:
    register(tmp_path, asst_old={**ASSISTANT, "id": "asst_old", "team": "ours"})
    api("assistants.update", "asst_old", name="Old")
    made = api("assistants.create", model="gpt-4o")
    kept = json.loads((tmp_path / "assistants.json").read_text(encoding="utf-8"))
    assert kept["asst_old"]["team"] == "ours"
    assert kept["asst_old"]["name"] == "Old"
    assert list(kept) == ["asst_old", made.id]
    assert sorted(path.name for path in tmp_path.iterdir() if "assistants.json" in path.name) == ["assistants.json"]


def test_makes_no_files_by_reading(api: Surface, tmp_path: Path) -> None:
    assert api("assistants.list").data == []
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".json", ".sqlite")] == []


def test_an_unknown_assistant_is_not_found(api: Surface, tmp_path: Path) -> None:
    name, status, body = api.refused("assistants.retrieve", "asst_gone")
    assert (name, status) == ("NotFoundError", 404)
    assert body["message"].startswith("No assistant found with id 'asst_gone'.")
    assert str(tmp_path / "assistants.json") in body["message"]


def test_assistants_made_at_once_are_all_kept(tmp_path: Path) -> None:
    with surface("sync", tmp_path) as api:
        made = [
            threading.Thread(target=api, args=("assistants.create",), kwargs={"model": "gpt-4o"}) for _ in range(12)
        ]
        for thread in made:
            thread.start()
        for thread in made:
            thread.join()
        assert len(api.all("assistants.list")) == 12


def test_environment_names_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("ASSISTANTS_FILE", str(elsewhere / "a.json"))
    monkeypatch.setenv("ASSISTANTS_STATE", str(elsewhere / "s.sqlite"))
    with surface("sync", tmp_path) as api:
        at = begin(api, "Hello")
        api("threads.runs.create_and_poll", **at)
    assert sorted(path.name for path in elsewhere.iterdir()) == ["a.json", "s.sqlite"]


def test_says_which_file_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANTS_STATE", str(tmp_path / "nowhere" / "s.sqlite"))
    with surface("sync", tmp_path) as api:
        _, status, body = api.refused("threads.create", messages=[{"role": "user", "content": "Hello"}])
    assert status == 500
    assert str(tmp_path / "nowhere" / "s.sqlite") in body["message"]
    assert "ASSISTANTS_STATE" in body["message"]


def test_request_arguments_say_what_the_assistant_said(support: ModuleType, tmp_path: Path) -> None:
    register(
        tmp_path,
        asst_a={
            "model": "gpt-3.5-turbo",
            "instructions": "Help.",
            "tools": [
                WEATHER,
                {"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 0.4}}},
                {"type": "code_interpreter"},
            ],
            "tool_resources": {
                "file_search": {"vector_store_ids": ["vs_1"]},
                "code_interpreter": {"file_ids": ["file-1"]},
            },
            "temperature": 1.0,
            "top_p": 0.4,
            "reasoning_effort": "low",
            "metadata": {"not": "of the response"},
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
        },
    )
    assert support.request_arguments("asst_a") == {
        "model": "gpt-3.5-turbo",
        "instructions": "Help.",
        "truncation": "auto",
        "top_p": 0.4,
        "reasoning": {"effort": "low"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}},
        "include": ["code_interpreter_call.outputs"],
        "tools": [
            {"type": "function", **WEATHER["function"], "strict": False},
            {
                "type": "file_search",
                "vector_store_ids": ["vs_1"],
                "max_num_results": 5,
                "ranking_options": {"score_threshold": 0.4},
            },
            {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}},
        ],
    }
    with pytest.raises(openai.NotFoundError, match="No assistant found with id 'asst_b'"):
        support.request_arguments("asst_b")


# Old ids


def test_old_ids_lead_to_what_took_their_place(api: Surface, tmp_path: Path) -> None:
    assert api.support
    conversation = api.plain("conversations.create", items=[{"role": "user", "content": "Long ago"}])
    item = api.plain("conversations.items.list", conversation.id).data[0]
    map_ids(tmp_path, thread_old=conversation.id, msg_old=item.id)
    assistant = api("assistants.create", **ASSISTANT)
    run = api("threads.runs.create_and_poll", thread_id="thread_old", assistant_id=assistant.id)
    rows = api.all("threads.messages.list", "thread_old", order="asc")
    assert run.thread_id == "thread_old"
    assert [row.thread_id for row in rows] == ["thread_old"] * 2
    assert rows[0].created_at == conversation.created_at
    assert api("threads.messages.retrieve", "msg_old", thread_id="thread_old").id == item.id
    assert [row.role for row in api.all("threads.messages.list", "thread_old", order="asc", after="msg_old")] == [
        "assistant"
    ]
    assert api.support.conversation_id("thread_old") == conversation.id
    assert api.support.conversation_id(conversation.id) == conversation.id


def test_an_old_id_without_a_successor_is_not_found(api: Surface) -> None:
    assert api.support
    name, _, body = api.refused("threads.retrieve", "thread_lost")
    assert name == "NotFoundError"
    assert body["message"].startswith("No thread found with id 'thread_lost'.")
    assert "assist2resp load" in body["message"]
    with pytest.raises(openai.NotFoundError, match="No thread found with id 'thread_lost'"):
        api.support.conversation_id("thread_lost")


# Runs


def test_a_run_that_nobody_answers_expires(api: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.support
    at = begin(api, "The weather in 'Oslo'?", tools=[WEATHER])
    asked = api("threads.runs.create_and_poll", **at)
    assert asked.status == "requires_action"
    later = SimpleNamespace(time=lambda: time.time() + 601, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(api.support, "time", later)
    expired = api("threads.runs.retrieve", asked.id, thread_id=at["thread_id"])
    assert (expired.status, expired.required_action, expired.expires_at) == ("expired", None, None)
    say(api, at, "Hello instead")
    assert api("threads.runs.create_and_poll", **at).status == "completed"


def test_calls_that_a_dead_process_left_stop_nothing(api: Surface, tmp_path: Path) -> None:
    at = begin(api, "The weather in 'Oslo'?", tools=[WEATHER])
    assert api("threads.runs.create_and_poll", **at).status == "requires_action"
    (tmp_path / "assistants_compat.sqlite").unlink()
    say(api, at, "Hello instead")
    assert api("threads.runs.create_and_poll", **at).status == "completed"
    kinds = [item.type for item in api.plain("conversations.items.list", at["thread_id"], order="asc").data]
    assert "function_call" not in kinds


def test_a_run_goes_on_where_its_state_is_not(api: Surface, tmp_path: Path) -> None:
    at = begin(api, "The weather in 'Oslo'?", tools=[WEATHER])
    asked = api("threads.runs.create_and_poll", **at)
    (tmp_path / "assistants_compat.sqlite").unlink()
    found = api("threads.runs.retrieve", asked.id, thread_id=at["thread_id"])
    assert found.status == "requires_action"
    assert found.required_action == asked.required_action
    answered = api(
        "threads.runs.submit_tool_outputs_and_poll",
        run_id=asked.id,
        thread_id=at["thread_id"],
        tool_outputs=outputs(asked),
    )
    assert answered.status == "completed"
    assert "mild" in transcript(api, at)[-1].content[0].text.value


@pytest.mark.parametrize("run_id", ["run_0123456789", "resp_0123456789"])
def test_an_unknown_run_is_not_found(api: Surface, run_id: str) -> None:
    at = begin(api, "Hello")
    refused = api.refused("threads.runs.retrieve", run_id, thread_id=at["thread_id"])
    assert refused[:2] == ["NotFoundError", 404]
    assert refused[2]["message"] == f"No run found with id '{run_id}'."


def test_a_run_of_another_thread_is_not_found(api: Surface) -> None:
    first, second = begin(api, "Hello"), begin(api, "Hello")
    run = api("threads.runs.create_and_poll", **first)
    refused = api.refused("threads.runs.retrieve", run.id, thread_id=second["thread_id"])
    assert refused[:2] == ["NotFoundError", 404]


def test_the_budget_is_one_for_the_whole_run(api: Surface) -> None:
    at = begin(api, "The weather in 'Oslo'?", tools=[WEATHER])
    asked = api("threads.runs.create_and_poll", **at, max_completion_tokens=1)
    assert asked.status == "incomplete"
    assert asked.incomplete_details.reason == "max_completion_tokens"
    say(api, at, "Hello instead")
    assert api("threads.runs.create_and_poll", **at).status == "completed"


def test_a_limit_on_prompts_is_said_to_be_ignored(api: Surface) -> None:
    at = begin(api, "Hello")
    with pytest.warns(UserWarning, match="max_prompt_tokens"):
        assert api("threads.runs.create_and_poll", **at, max_prompt_tokens=256).status == "completed"


def test_a_quota_that_is_used_up_fails_the_run(tmp_path: Path) -> None:
    with surface("sync", tmp_path) as api:
        at = begin(api, "Hello")
        response = api.client.responses.with_raw_response.create(model="gpt-4o", input="x").http_response
        error = openai.RateLimitError("You exceeded your current quota.", response=response, body=None)
        api.client.responses.create = MagicMock(side_effect=error)
        run = api("threads.runs.create", **at)
        assert (run.status, run.last_error.code) == ("failed", "rate_limit_exceeded")
        assert api("threads.runs.retrieve", run.id, thread_id=at["thread_id"]).status == "failed"


def test_a_busy_conversation_is_waited_for(api: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.support
    at = begin(api, "Hello")
    response = api.plain("conversations.with_raw_response.retrieve", at["thread_id"]).http_response
    busy = openai.BadRequestError("Busy.", response=response, body={"code": "conversation_locked"})
    create, failures = api.client.responses.create, [busy, busy]

    def sometimes(**arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return create(**arguments)

    monkeypatch.setattr(api.client.responses, "create", sometimes)
    monkeypatch.setattr(api.support, "_LOCK_PAUSE", 0)
    assert api("threads.runs.create_and_poll", **at).status == "completed"
    failures.extend([busy] * 50)
    monkeypatch.setattr(api.support, "_LOCK_SECONDS", -1)
    say(api, at, "Again")
    refused = api.refused("threads.runs.create", **at)
    assert refused[2]["message"] == f"Thread {at['thread_id']} already has an active run."


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_response_of_somebody_else_is_waited_for(mode: str, tmp_path: Path) -> None:
    with surface(mode, tmp_path, queued_seconds=0.1, step_seconds=0.1) as api:
        at = begin(api, "Hello")
        asked = {"model": "gpt-4o", "conversation": at["thread_id"], "input": "Somebody else's question"}
        api.plain("responses.create", **asked, background=True)
        with pytest.raises(openai.BadRequestError) as refused:
            api.plain("responses.create", **asked)
        assert refused.value.code == "conversation_locked"
        assert api("threads.runs.create_and_poll", **at).status == "completed"
        assert [message.role for message in transcript(api, at)] == ["user", "user", "assistant", "assistant"]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_what_a_run_leaves_is_deleted_right_after_it_was_cancelled(mode: str, tmp_path: Path) -> None:
    with surface(mode, tmp_path, queued_seconds=0.1, step_seconds=1) as api:
        at = begin(api, "Hello")
        on = {"thread_id": at["thread_id"]}
        run = api("threads.runs.create", **at)
        api("threads.runs.cancel", run.id, **on)
        assert api("threads.runs.retrieve", run.id, **on).status == "cancelled"
        with pytest.raises(openai.BadRequestError) as refused:
            api.plain("responses.create", model="gpt-4o", conversation=at["thread_id"], input="More")
        assert refused.value.code == "conversation_locked"
        assert api("threads.messages.delete", transcript(api, at)[0].id, **on).deleted
        assert api("threads.delete", at["thread_id"]).deleted


@pytest.mark.parametrize("said", ["Hello", "Fail with server_error"])
def test_a_server_that_wants_input_is_given_the_turn(api: Surface, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    def shown() -> tuple[str, list[str]]:
        at = begin(api, said)
        return api("threads.runs.create_and_poll", **at).status, [
            message.content[0].text.value for message in transcript(api, at)
        ]

    expected, create = shown(), api.client.responses.create
    response = api.plain("conversations.with_raw_response.create").http_response
    strict = openai.BadRequestError("Missing required parameter: 'input'.", response=response, body=None)

    def never_without(**arguments: Any) -> Any:
        if "input" not in arguments:
            raise strict
        return create(**arguments)

    monkeypatch.setattr(api.client.responses, "create", never_without)
    assert shown() == expected


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_server_that_gives_strings_back_as_they_came_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with surface("sync", tmp_path) as api:
        at = begin(api, "Hello")
        items = api.client.conversations.items
        listed = items.list

        def with_strings(*args: Any, **arguments: Any) -> Any:
            page = listed(*args, **arguments)
            for item in page.data:
                item.content = item.content[0].text
            return page

        monkeypatch.setattr(items, "list", with_strings)
        assert [message.content[0].text.value for message in transcript(api, at)] == ["Hello"]


@pytest.mark.parametrize(("told", "seen"), [({}, 1), ({"conversation": None}, 1), ({"conversation": {"id": "c"}}, 0)])
def test_the_run_of_a_plain_response_that_does_not_name_its_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], seen: int
) -> None:
    with surface("sync", tmp_path) as api:
        thread = api("threads.create")
        response = api.plain("responses.create", model="gpt-4o", conversation=thread.id, input="Hello")
        body = {name: value for name, value in response.to_dict().items() if name != "conversation"}
        monkeypatch.setattr(api.client.responses, "retrieve", lambda _: response.construct(**body, **told))
        assert len(api("threads.messages.list", thread.id, run_id=response.id).data) == seen


def test_many_threads_at_once(tmp_path: Path) -> None:
    with surface("async", tmp_path) as api:
        assistant = api("assistants.create", model="gpt-4o")

        async def ask(number: int) -> str:
            thread = await api.beta.threads.create(messages=[{"role": "user", "content": f"Question {number}"}])
            await api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            return (await api.beta.threads.messages.list(thread.id)).data[0].content[0].text.value

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(ask(number) for number in range(8)))

        assert api.runner
        for number, text in enumerate(api.runner.run(all_of_them())):
            assert f"Question {number}" in text


def test_a_stream_that_is_left_locks_nothing(tmp_path: Path) -> None:
    with surface("sync", tmp_path) as api:
        at = begin(api, "Hello there, how are you today?")
        with api.beta.threads.runs.stream(**at) as stream:
            next(iter(stream))
        say(api, at, "Are you there?")
        assert api("threads.runs.create_and_poll", **at).status == "completed"


def test_a_thread_leaves_nothing_behind(api: Surface, tmp_path: Path) -> None:
    at = begin(api, *map(str, range(30)))
    api("threads.runs.create_and_poll", **at)
    items = api.plain("conversations.items.list", at["thread_id"], limit=100).data
    deleted: list[str] = []
    delete = api.client.conversations.items.delete
    api.client.conversations.items.delete = lambda item_id, **rest: deleted.append(item_id) or delete(item_id, **rest)
    api("threads.delete", at["thread_id"])
    assert sorted(deleted) == sorted(item.id for item in items)
    with contextlib.closing(sqlite3.connect(tmp_path / "assistants_compat.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (0,)


# Files


def test_files_of_the_interpreter_come_from_their_container(api: Surface) -> None:
    assert api.support
    at = begin(api, "Write a csv file with 1, 2", tools=[{"type": "code_interpreter"}])
    api("threads.runs.create_and_poll", **at)
    annotation = transcript(api, at)[-1].content[-1].text.annotations[0]
    file_id = annotation.file_path.file_id
    found = api.do(api.support.file_object, api.client, file_id)
    assert annotation.text.endswith(f"/{found.filename}")
    assert len(api.do(api.support.file_content, api.client, file_id).content) == found.bytes


def test_other_files_come_as_ever(api: Surface) -> None:
    assert api.support
    uploaded = api.plain("files.create", file=("a.jsonl", b"{}"), purpose="batch")
    assert api.do(api.support.file_object, api.client, uploaded.id).filename == "a.jsonl"
    assert api.do(api.support.file_content, api.client, uploaded.id).content == b"{}"


def test_says_what_it_was_generated_without(tmp_path: Path) -> None:
    support = support_module(tmp_path, "threads.create()")
    with OpenAI(api_key="none") as client, pytest.raises(openai.InternalServerError, match="generated without"):
        support.threads(client).messages.list("conv_1")


def test_input_messages_are_what_the_program_meant(support: ModuleType) -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "https://a/b.png"}}]
    for role, content in (("user", [{"type": "input_text", "text": "Hi"}]), ("assistant", "Hi")):
        assert support.input_message(role, "Hi") == {"type": "message", "role": role, "content": content}
    assert support.input_message("user", parts)["content"] == [
        {"type": "input_text", "text": "Look:"},
        {"type": "input_image", "detail": "auto", "image_url": "https://a/b.png"},
    ]
    with pytest.raises(openai.BadRequestError, match="non-empty"):
        support.input_message("user", " ")


def test_a_response_is_completed_when_it_says_or_now(tmp_path: Path) -> None:
    support = support_module(tmp_path, "completed_at", is_async=False)
    assert (
        support.completed_at(Response.model_construct(status="completed", completed_at=1_700_000_000.0))
        == 1_700_000_000
    )
    now = support.completed_at(Response.model_construct(status="completed"))
    assert isinstance(now, int)
    assert now > 1_700_000_000


def test_pending_calls_and_their_outputs_are_written_as_the_old_sdk_did(tmp_path: Path) -> None:
    support = support_module(tmp_path, "pending_calls", "output_items", is_async=False)
    called = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1"}
    response = Response.model_construct(
        status="completed",
        output=[ResponseFunctionToolCall.model_validate({**called, "name": "add", "arguments": "{}"})],
    )
    function = {"arguments": "{}", "name": "add"}
    dumped = {"tool_calls": [{"id": "call_1", "function": function, "type": "function"}]}
    old = RequiredAction.model_validate({"type": "submit_tool_outputs", "submit_tool_outputs": dumped})
    assert str(support.pending_calls(response)) == str(old.submit_tool_outputs.model_dump())
    assert support.output_items([{"tool_call_id": "call_1", "output": "3"}, {"tool_call_id": "call_2"}]) == [
        {"type": "function_call_output", "call_id": "call_1", "output": "3"},
        {"type": "function_call_output", "call_id": "call_2", "output": ""},
    ]


def test_the_messages_of_a_response_are_those_of_a_thread(tmp_path: Path) -> None:
    support = support_module(tmp_path, "run_messages", is_async=False)
    cited = {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 6}
    said = {"id": "msg_2", "type": "message", "role": "assistant", "status": "completed"}
    response = Response.model_validate({
        "id": "resp_1", "object": "response", "created_at": 1700000000.5, "model": "gpt-5", "tools": [],
        "parallel_tool_calls": True, "tool_choice": "auto", "conversation": {"id": "conv_1"},
        "output": [
            {**said, "id": "msg_1", "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}]},
            {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "add", "arguments": "{}"},
            {**said, "content": [{"type": "output_text", "text": "It is so.", "annotations": [cited]}]},
        ],
    })  # fmt: skip
    newest, oldest = support.run_messages(response)
    assert (newest.id, newest.role, newest.run_id, newest.thread_id) == ("msg_2", "assistant", "resp_1", "conv_1")
    assert (newest.created_at, oldest.content[0].text.value) == (1700000000, "Let me see.")
    text = newest.content[0].text
    assert text.value == "It is 【4:0†a.txt】so."
    assert (text.annotations[0].text, text.annotations[0].file_citation.file_id) == ("【4:0†a.txt】", "file_1")


@pytest.mark.parametrize(
    ("told", "again"),
    [
        ({}, {"model": "gpt-5", "truncation": "auto"}),
        (
            {"instructions": "Be brief.", "temperature": 0.5, "parallel_tool_calls": False, "metadata": {"k": "v"}},
            {
                "model": "gpt-5",
                "truncation": "auto",
                "instructions": "Be brief.",
                "temperature": 0.5,
                "parallel_tool_calls": False,
                "metadata": {"k": "v"},
            },
        ),
        (
            {
                "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
                "text": {"format": {"type": "json_object"}, "verbosity": "medium"},
                "reasoning": {"effort": "low", "summary": None},
                "max_output_tokens": 50,
            },
            {
                "model": "gpt-5",
                "truncation": "auto",
                "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
                "text": {"format": {"type": "json_object"}},
                "reasoning": {"effort": "low"},
                "max_output_tokens": 50,
                "include": ["code_interpreter_call.outputs"],
            },
        ),
    ],
    ids=["defaults", "settings", "tools and formats"],
)
def test_a_response_tells_what_the_next_one_is_told(
    told: dict[str, Any], again: dict[str, Any], tmp_path: Path
) -> None:
    support = support_module(tmp_path, "same_settings", is_async=False)
    own = {"id": "resp_1", "object": "response", "created_at": 1.0, "model": "gpt-5", "output": [], "tools": []}
    unsaid = {"instructions": None, "temperature": 1.0, "top_p": 1.0, "parallel_tool_calls": True, "metadata": {}}
    rest = {"truncation": "auto", "text": {"format": {"type": "text"}}, "tool_choice": "required", "reasoning": None}
    assert support.same_settings(Response.model_validate({**own, **unsaid, **rest, **told})) == again


def test_a_text_is_shown_with_what_it_cites(tmp_path: Path) -> None:
    support = support_module(tmp_path, "cited_text", is_async=False)
    cited = {"type": "file_citation", "file_id": "file_1", "filename": "a.txt", "index": 3}
    text = support.cited_text(ResponseOutputText(type="output_text", text="Yes. No.", annotations=[cited]))
    assert text.value == "Yes【4:0†a.txt】. No."
    assert [(a.text, a.start_index, a.file_citation.file_id) for a in text.annotations] == [
        ("【4:0†a.txt】", 3, "file_1")
    ]


def test_a_text_that_cites_nothing_is_shown_as_it_is(tmp_path: Path) -> None:
    support = support_module(tmp_path, "cited_text", is_async=False)
    text = support.cited_text(ResponseOutputText.construct(type="output_text", text="No.", annotations=None))
    assert (text.value, text.annotations) == ("No.", [])
