"""Vector stores over the wire: indexing, counts, batches, search, attributes, expiry."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
from assist2resp.sandbox.clock import ManualClock
from assist2resp.sandbox.server import Sandbox

TEXTS = {
    "capitals.md": b"Paris is the capital of France.",
    "returns.md": b"Returns are accepted within thirty days.",
    "empty.md": b"",
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def held() -> ManualClock:
    return ManualClock(hold=True)


@pytest.fixture
def server(clock: ManualClock) -> Iterator[Sandbox]:
    with sandbox(in_process=True, clock=clock, settings=Settings(step_seconds=0.005, poll_after_ms=5)) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def client(server: Sandbox) -> openai.OpenAI:
    return server.client(_strict_response_validation=True, max_retries=0)


def upload(client: openai.OpenAI, name: str) -> str:
    return client.files.create(file=(name, TEXTS[name]), purpose="assistants").id


def filled(client: openai.OpenAI, *names: str, **attributes) -> str:
    store = client.vector_stores.create(name="s").id
    for name in names:
        client.vector_stores.files.create_and_poll(
            upload(client, name), vector_store_id=store, attributes={"name": name, **attributes}
        )
    return store


def test_a_store_has_the_recorded_keys(client):
    shown = client.vector_stores.with_raw_response.create(name="n").http_response.json()
    assert set(shown) == {
        "id",
        "object",
        "created_at",
        "name",
        "description",
        "usage_bytes",
        "file_counts",
        "status",
        "expires_after",
        "expires_at",
        "last_active_at",
        "metadata",
    }
    assert (shown["status"], shown["metadata"], shown["expires_after"]) == ("completed", {}, None)


def test_a_file_has_the_recorded_keys(client):
    store, file = client.vector_stores.create().id, upload(client, "returns.md")
    shown = client.vector_stores.files.with_raw_response.create(store, file_id=file).http_response.json()
    assert shown == {
        "id": file,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": shown["created_at"],
        "vector_store_id": store,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
        },
        "attributes": {},
    }


def test_indexing_takes_time_not_polls(held):
    with sandbox(in_process=True, clock=held) as server:
        client = server.client()
        store = client.vector_stores.create(file_ids=[upload(client, "returns.md"), upload(client, "empty.md")]).id
        for _ in range(3):
            counts = client.vector_stores.retrieve(store).file_counts
            assert (counts.in_progress, counts.total) == (2, 2)
        assert client.vector_stores.retrieve(store).status == "in_progress"
        assert client.vector_stores.search(store, query="returns").data == []
        held.advance(1)
        counts = settled(client, store).file_counts
        assert (counts.in_progress, counts.completed, counts.failed) == (0, 1, 1)


def settled(client: openai.OpenAI, store: str):
    while (found := client.vector_stores.retrieve(store)).status == "in_progress":
        pass
    return found


def test_an_empty_file_fails_with_its_reason(client):
    store = filled(client, "empty.md")
    [file] = client.vector_stores.files.list(store).data
    assert (file.status, file.last_error.code) == ("failed", "invalid_file")
    assert client.vector_stores.files.content(file.id, vector_store_id=store).data == []
    assert client.vector_stores.files.list(store, filter="completed").data == []


def test_usage_is_the_sum_of_what_was_indexed(client):
    store = filled(client, "returns.md", "capitals.md")
    assert client.vector_stores.retrieve(store).usage_bytes == len(TEXTS["returns.md"] + TEXTS["capitals.md"])


@pytest.mark.parametrize("name", ["table.csv", "photo.png"])
def test_files_that_cannot_be_searched_are_refused(client, name):
    file = client.files.create(file=(name, b"x"), purpose="assistants").id
    with pytest.raises(openai.BadRequestError, match="not supported for retrieval") as caught:
        client.vector_stores.create(file_ids=[file])
    assert (caught.value.param, caught.value.code) == ("file_ids", "unsupported_file")
    assert client.vector_stores.list().data == []


def test_attaching_again_replaces(client):
    store, file = client.vector_stores.create().id, upload(client, "returns.md")
    client.vector_stores.files.create_and_poll(file, vector_store_id=store, attributes={"v": 1})
    client.vector_stores.files.create_and_poll(file, vector_store_id=store, attributes={"v": 2})
    assert [entry.attributes for entry in client.vector_stores.files.list(store)] == [{"v": 2}]


def test_deleting_a_file_empties_the_stores(client):
    store = filled(client, "returns.md", "capitals.md")
    newest, oldest = client.vector_stores.files.list(store).data
    client.files.delete(newest.id)
    deleted = client.vector_stores.files.delete(oldest.id, vector_store_id=store)
    assert deleted.to_dict() == {"id": oldest.id, "object": "vector_store.file.deleted", "deleted": True}
    assert client.vector_stores.retrieve(store).file_counts.total == 0
    assert client.files.retrieve(oldest.id).filename == "returns.md"


def test_an_expired_file_leaves_the_stores(client, clock):
    short = client.files.create(
        file=("a.txt", b"words"), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    store = client.vector_stores.create().id
    client.vector_stores.files.create_and_poll(short.id, vector_store_id=store)
    clock.advance(3600)
    assert client.vector_stores.search(store, query="words").data == []
    assert client.vector_stores.retrieve(store).file_counts.total == 0


def test_parsed_content(client):
    store = filled(client, "returns.md")
    [file] = client.vector_stores.files.list(store).data
    [part] = client.vector_stores.files.content(file.id, vector_store_id=store).data
    assert (part.type, part.text) == ("text", TEXTS["returns.md"].decode())


def test_a_batch_counts_its_own_files(client):
    store = filled(client, "capitals.md")
    files = [upload(client, "returns.md"), upload(client, "empty.md")]
    batch = client.vector_stores.file_batches.create(store, file_ids=[*files, files[0]], attributes={"b": True})
    assert (batch.status, batch.file_counts.in_progress, batch.file_counts.total) == ("in_progress", 2, 2)
    done = client.vector_stores.file_batches.poll(batch.id, vector_store_id=store)
    assert (done.status, done.file_counts.completed, done.file_counts.failed) == ("completed", 1, 1)
    listed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store, filter="completed").data
    assert [(entry.id, entry.attributes) for entry in listed] == [(files[0], {"b": True})]


def test_a_batch_takes_files_with_their_own_attributes(client):
    store, files = client.vector_stores.create().id, [upload(client, "returns.md"), upload(client, "capitals.md")]
    entries = [{"file_id": file, "attributes": {"n": n}} for n, file in enumerate(files)]
    batch = client.post(f"/vector_stores/{store}/file_batches", cast_to=object, body={"files": entries})
    client.vector_stores.file_batches.poll(batch["id"], vector_store_id=store)
    found = client.vector_stores.files.list(store, order="asc").data
    assert [(entry.id, entry.attributes) for entry in found] == [(files[0], {"n": 0}), (files[1], {"n": 1})]


def test_a_cancelled_batch_stops(held):
    with sandbox(in_process=True, clock=held) as server:
        client = server.client()
        store = client.vector_stores.create().id
        batch = client.vector_stores.file_batches.create(store, file_ids=[upload(client, "returns.md")])
        cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
        assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 1)
        held.advance(1)
        again = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
        assert again.status == "cancelled"
        assert client.vector_stores.retrieve(store).file_counts.cancelled == 1


def test_cancelling_a_finished_batch_changes_nothing(client):
    store = client.vector_stores.create().id
    batch = client.vector_stores.file_batches.create_and_poll(store, file_ids=[upload(client, "returns.md")])
    assert client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store) == batch


def test_search_ranks_by_shared_words(client):
    store = filled(client, "returns.md", "capitals.md")
    found = client.vector_stores.search(store, query="What is the capital of France?").data
    assert [(entry.filename, entry.score) for entry in found] == [("capitals.md", 1.0), ("returns.md", 0.0)]
    assert found[0].content[0].text == TEXTS["capitals.md"].decode()
    raw = client.vector_stores.with_raw_response.search(store, query=["capital", "thirty days"], max_num_results=1)
    shown = raw.http_response.json()
    assert (shown["object"], shown["search_query"]) == ("vector_store.search_results.page", ["capital", "thirty days"])
    assert (len(shown["data"]), shown["has_more"], shown["next_page"]) == (1, False, None)


def test_search_keeps_to_the_threshold(client):
    store = filled(client, "returns.md", "capitals.md")
    found = client.vector_stores.search(store, query="capital France", ranking_options={"score_threshold": 0.5}).data
    assert [entry.filename for entry in found] == ["capitals.md"]


def test_search_returns_passages_of_the_chunk_size(client):
    words = " ".join(f"word{n}" for n in range(300)).encode()
    store, file = client.vector_stores.create().id, client.files.create(file=("w.txt", words), purpose="assistants").id
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}}
    client.vector_stores.files.create_and_poll(file, vector_store_id=store, chunking_strategy=strategy)
    [best, *_] = client.vector_stores.search(store, query="word250").data
    assert "word250" in best.content[0].text
    assert len(best.content[0].text.split()) <= 100


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"type": "eq", "key": "region", "value": "eu"}, {1}),
        ({"type": "ne", "key": "region", "value": "eu"}, {2, 3}),
        ({"type": "gt", "key": "year", "value": 2020}, {2}),
        ({"type": "gte", "key": "year", "value": 2020}, {1, 2}),
        ({"type": "lt", "key": "year", "value": 2021}, {1}),
        ({"type": "lte", "key": "region", "value": "us"}, {1, 2}),
        ({"type": "in", "key": "region", "value": ["eu", "us"]}, {1, 2}),
        ({"type": "nin", "key": "region", "value": ["eu"]}, {2, 3}),
        (
            {
                "type": "and",
                "filters": [
                    {"type": "in", "key": "region", "value": ["eu", "us"]},
                    {"type": "lt", "key": "year", "value": 2021},
                ],
            },
            {1},
        ),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "region", "value": "us"},
                    {"type": "and", "filters": [{"type": "eq", "key": "year", "value": 2020}]},
                ],
            },
            {1, 2},
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_search_filters_by_attributes(client, rule, expected):
    store = client.vector_stores.create().id
    marks = {1: {"region": "eu", "year": 2020}, 2: {"region": "us", "year": 2021}, 3: {}}
    for number, attributes in marks.items():
        file = client.files.create(file=(f"{number}.txt", b"same words"), purpose="assistants").id
        client.vector_stores.files.create_and_poll(file, vector_store_id=store, attributes=attributes)
    found = client.vector_stores.search(store, query="same words", filters=rule).data
    assert {int(entry.filename[0]) for entry in found} == expected


def test_attributes_change(client):
    store = filled(client, "returns.md", version=1.5, final=True)
    [file] = client.vector_stores.files.list(store).data
    assert file.attributes == {"name": "returns.md", "version": 1.5, "final": True}
    changed = client.vector_stores.files.update(file.id, vector_store_id=store, attributes={"final": False})
    assert changed.attributes == {"final": False}
    assert client.vector_stores.files.update(file.id, vector_store_id=store, attributes=None).attributes == {}


def test_a_store_expires_after_its_last_use(client, clock):
    store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})
    assert store.expires_at - store.last_active_at == 86_400
    client.vector_stores.files.create_and_poll(upload(client, "returns.md"), vector_store_id=store.id)
    clock.advance(80_000)
    client.vector_stores.search(store.id, query="returns")
    clock.advance(80_000)
    assert client.vector_stores.retrieve(store.id).status == "completed"
    clock.advance(7_000)
    assert client.vector_stores.retrieve(store.id).status == "expired"
    with pytest.raises(openai.BadRequestError, match="has expired"):
        client.vector_stores.search(store.id, query="returns")
    assert len(client.vector_stores.files.list(store.id).data) == 1


def test_update_changes_what_it_names(client):
    store = client.vector_stores.create(name="a", metadata={"k": "v"}).id
    changed = client.vector_stores.update(store, expires_after={"anchor": "last_active_at", "days": 2})
    assert (changed.name, changed.metadata, changed.expires_at - changed.last_active_at) == ("a", {"k": "v"}, 172_800)
    cleared = client.vector_stores.update(store, name="b", metadata=None, expires_after=None)
    assert (cleared.name, cleared.metadata, cleared.expires_at) == ("b", {}, None)


def test_a_deleted_store_is_gone_but_not_its_files(client):
    store = filled(client, "returns.md")
    [file] = client.vector_stores.files.list(store).data
    assert client.vector_stores.delete(store).deleted
    with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{store}'."):
        client.vector_stores.retrieve(store)
    assert client.files.retrieve(file.id).id == file.id
    assert client.vector_stores.list().data == []


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"file_ids": ["nope"]}, "file_ids[0]", "invalid_value"),
        ({"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor", "invalid_value"),
        ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "expires_after.days", "integer_above_max_value"),
        ({"expires_after": {"anchor": "last_active_at"}}, "expires_after.days", "missing_required_parameter"),
        ({"chunking_strategy": {"type": "magic"}}, "chunking_strategy.type", "invalid_value"),
        (
            {
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 101},
                }
            },
            "chunking_strategy.static.chunk_overlap_tokens",
            "invalid_value",
        ),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
        ({"colour": "red"}, "colour", "unknown_parameter"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_store_is_refused(client, body, param, code):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/vector_stores", cast_to=object, body=body)
    assert (caught.value.param, caught.value.code) == (param, code)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "query"),
        ({"query": "x", "max_num_results": 51}, "max_num_results"),
        ({"query": "x", "filters": {"type": "eq", "key": "k"}}, "filters.value"),
        ({"query": "x", "filters": {"type": "like", "key": "k", "value": 1}}, "filters.type"),
        ({"query": "x", "filters": {"type": "and", "filters": [{"type": "in", "key": "k", "value": 1}]}}, "value"),
        ({"query": "x", "ranking_options": {"ranker": "best"}}, "ranking_options.ranker"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_search_is_refused(client, body, param):
    store = client.vector_stores.create().id
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/vector_stores/{store}/search", cast_to=object, body=body)
    assert caught.value.param.endswith(param)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "file_ids"),
        ({"file_ids": []}, "file_ids"),
        ({"file_ids": ["file-a"], "files": [{"file_id": "file-a"}]}, "files"),
        ({"files": [{}]}, "files[0].file_id"),
    ],
    ids=["neither", "empty", "both", "no id"],
)
def test_a_wrong_batch_is_refused(client, body, param):
    store = client.vector_stores.create().id
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(f"/vector_stores/{store}/file_batches", cast_to=object, body=body)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([], "invalid_type"),
        ({"k": []}, "invalid_type"),
        ({"k": "v" * 513}, "string_above_max_length"),
        ({"k" * 65: 1}, "string_above_max_length"),
        ({str(n): n for n in range(17)}, "object_above_max_properties"),
    ],
    ids=["a list", "a list inside", "long value", "long key", "many"],
)
def test_wrong_attributes_are_refused(client, attributes, code):
    store = filled(client, "returns.md")
    [file] = client.vector_stores.files.list(store).data
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.files.update(file.id, vector_store_id=store, attributes=attributes)
    assert (caught.value.code, caught.value.param.split(".")[0]) == (code, "attributes")


def test_unknown_ids_are_named(client):
    store = client.vector_stores.create().id
    with pytest.raises(openai.NotFoundError, match="No file found with id 'file-x' in vector store"):
        client.vector_stores.files.retrieve("file-x", vector_store_id=store)
    with pytest.raises(openai.NotFoundError, match="No file found with id 'file-x'"):
        client.vector_stores.files.create(store, file_id="file-x")
    with pytest.raises(openai.BadRequestError, match="Expected an ID that begins with 'vsfb_'"):
        client.vector_stores.file_batches.retrieve(store, vector_store_id=store)
    with pytest.raises(openai.NotFoundError, match="vsfb_x"):
        client.vector_stores.file_batches.retrieve("vsfb_x", vector_store_id=store)


def test_stores_and_what_was_being_indexed_survive_a_restart(tmp_path, held):
    state = tmp_path / "state.sqlite"
    with sandbox(in_process=True, state=state, clock=held) as server:
        client = server.client()
        store = client.vector_stores.create(name="kept", file_ids=[upload(client, "returns.md")]).id
    with sandbox(in_process=True, state=state) as server:
        client = server.client()
        assert settled(client, store).file_counts.completed == 1
        assert client.vector_stores.search(store, query="thirty days").data[0].filename == "returns.md"
