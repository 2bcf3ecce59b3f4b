"""Vector stores that expired or are gone are made again, of files, bytes or parsed text, and ids lead to them."""

from __future__ import annotations

import json

import pytest

from assist2resp.load.rollback import roll_back
from assist2resp.mapping.items import Thread
from assist2resp.schema.archive import StoredFile, VectorStoreRecord
from tests.load.scenes import archive, id_map, loaded, message, new_world, rows, settings

LIVING = {"files": [{"id": "file-a", "filename": "a.md", "text": "Alpha."}]}


def stored(file_id: str, text: str | None = None) -> StoredFile:
    content = {"object": "vector_store.file_content.page", "data": [{"type": "text", "text": text}]} if text else None
    file = {
        "id": file_id,
        "attributes": {"team": "x"},
        "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 100}},
    }
    return StoredFile(file=file, content=content)


def store(*files: StoredFile) -> VectorStoreRecord:
    about = {"id": "vs_old", "name": "kb", "metadata": {"k": "v"}, "status": "completed"}
    return VectorStoreRecord(id="vs_old", vector_store=about, files=files)


@pytest.fixture
def thread() -> Thread:
    resources = {"file_search": {"vector_store_ids": ["vs_old"]}}
    return Thread("thread_a", {"id": "thread_a", "tool_resources": resources}, [message("thread_a", 0)])


def contents(server, name: str) -> dict[str, str]:
    client = server.client()
    found = {}
    for file in client.vector_stores.files.list(name):
        page = client.vector_stores.files.content(file.id, vector_store_id=name)
        found[client.files.retrieve(file.id).filename] = "".join(part.text for part in page)
    return found


def test_a_store_is_made_again_of_what_is_left(thread, tmp_path):
    folder = archive(
        tmp_path,
        thread,
        stores=(store(stored("file-a"), stored("file-b"), stored("file-c", "Gamma."), stored("file-d")),),
    )
    (folder / "files").mkdir()
    (folder / "files/file-b.bin").write_bytes(b"Beta.")
    about = {
        "id": "file-b",
        "file": {"filename": "b.md"},
        "bytes": {"path": "files/file-b.bin", "size": 5, "sha256": ""},
    }
    (folder / "files/file-b.json").write_text(json.dumps(about))
    with new_world(seed=LIVING) as server:
        result = loaded(folder, server, stores=True)
        new = id_map(folder)["vs_old"]
        assert result.stores == [("vs_old", new)]
        assert contents(server, new) == {"a.md": "Alpha.", "b.md": "Beta.", "file-c.txt": "Gamma."}
        shown = server.client().vector_stores.retrieve(new)
        assert (shown.name, shown.metadata) == ("kb", {"k": "v", "assist2resp_vector_store": "vs_old"})
        assert result.notes["a file of a vector store is gone, and so is its text"] == 1
        [(body,)] = rows(folder / "assistants_compat.sqlite", "SELECT body FROM kept WHERE kind = 'thread'")
        assert json.loads(body)["tool_resources"] == {"file_search": {"vector_store_ids": [new]}}
        assert loaded(folder, server, stores=True).requests == 0
        roll_back(folder, settings(server))
        assert [file.id for file in server.client().files.list()] == ["file-a"]
        assert list(server.client().vector_stores.list()) == []
        assert id_map(folder) == {}


def test_a_store_that_lives_stays(thread, tmp_path):
    folder = archive(tmp_path, thread, stores=(store(stored("file-a")),))
    seed = {**LIVING, "vector_stores": [{"id": "vs_old", "file_ids": ["file-a"]}]}
    with new_world(seed=seed) as server:
        result = loaded(folder, server, stores=True)
        assert result.stores == []
        assert [row.id for row in server.client().vector_stores.list()] == ["vs_old"]
        roll_back(folder, settings(server))
        assert [row.id for row in server.client().vector_stores.list()] == ["vs_old"]


def test_a_store_of_which_nothing_is_left_is_a_failure(thread, tmp_path):
    folder = archive(tmp_path, thread, stores=(store(stored("file-d")),))
    with new_world() as server:
        result = loaded(folder, server, stores=True)
        assert result.failures == [
            ("vs_old", "vector store: none of its files is left, neither on the server nor in the archive")
        ]
        assert result.tally["loaded"] == 1


@pytest.mark.parametrize("seed", range(3))
def test_lost_answers_make_no_second_store_or_file(seed, thread, tmp_path):
    folder = archive(tmp_path, thread, stores=(store(stored("file-a"), stored("file-c", "Gamma.")),))
    with new_world(seed=LIVING, faults=f"cut-body@POST *:0.4,times=6; 500@POST *:0.2,times=3; seed={seed}") as server:
        for _ in range(12):
            if loaded(folder, server, stores=True).is_complete:
                break
        assert [row.id for row in server.client().vector_stores.list()] == [id_map(folder)["vs_old"]]
        assert len(list(server.client().files.list())) == 2
        assert contents(server, id_map(folder)["vs_old"]) == {"a.md": "Alpha.", "file-c.txt": "Gamma."}
