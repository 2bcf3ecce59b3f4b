"""Containers: their files, their end, and the interpreter that runs in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from assist2resp.sandbox.clock import ManualClock
from tests.sandbox.old_scene import world_of


@pytest.fixture
def client() -> Iterator[OpenAI]:
    with world_of() as server:
        yield server.client(max_retries=0, _strict_response_validation=True)


def uploaded(client: OpenAI, name: str = "data.csv", data: bytes = b"a,b\n1,2\n") -> str:
    return client.files.create(file=(name, data), purpose="assistants").id


def interpreter(container: Any) -> Any:
    return {"type": "code_interpreter", "container": container}


def test_life_of_a_container(client: OpenAI) -> None:
    file = uploaded(client)
    made = client.containers.create(name="mine", file_ids=[file])
    assert (made.object, made.status, made.name, made.memory_limit) == ("container", "running", "mine", "1g")
    assert made.expires_after is not None
    assert made.expires_after.minutes == 20
    assert client.containers.retrieve(made.id).id == made.id
    assert [row.id for row in client.containers.list(name="mine")] == [made.id]
    assert list(client.containers.list(name="other")) == []
    (copied,) = client.containers.files.list(made.id)
    assert (copied.path, copied.source, copied.bytes) == (f"/mnt/data/{file}-data.csv", "user", 8)
    client.containers.delete(made.id)
    with pytest.raises(openai.NotFoundError, match=f"Container with id '{made.id}' not found"):
        client.containers.retrieve(made.id)


def test_files_of_a_container(client: OpenAI) -> None:
    container = client.containers.create(name="mine").id
    upload = client.containers.files.create(container, file=("notes.txt", b"hello"))
    copy = client.containers.files.create(container, file_id=uploaded(client))
    assert upload.path.endswith("-notes.txt")
    assert [row.id for row in client.containers.files.list(container, order="asc")] == [upload.id, copy.id]
    assert client.containers.files.retrieve(upload.id, container_id=container) == client.containers.files.retrieve(
        upload.id, container_id=container
    )
    assert client.containers.files.content.retrieve(upload.id, container_id=container).read() == b"hello"
    client.containers.files.delete(upload.id, container_id=container)
    with pytest.raises(openai.NotFoundError, match=f"Container file with id '{upload.id}' not found"):
        client.containers.files.content.retrieve(upload.id, container_id=container)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "name"),
        ({"name": "c", "expires_after": {"anchor": "created_at", "minutes": 5}}, "expires_after.anchor"),
        ({"name": "c", "memory_limit": "2g"}, "memory_limit"),
        ({"name": "c", "nonsense": 1}, "nonsense"),
    ],
)
def test_refusals(client: OpenAI, body: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/containers", body=body, cast_to=object)
    assert caught.value.param == param


def test_a_file_that_does_not_exist(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.containers.create(name="c", file_ids=["file-x"])
    assert caught.value.param == "file_ids"
    assert list(client.containers.list()) == []


def test_an_idle_container_expires_for_good() -> None:
    clock = ManualClock()
    with world_of(clock=clock) as server:
        client = server.client(max_retries=0)
        container = client.containers.create(name="mine", file_ids=[uploaded(client)]).id
        clock.advance(19 * 60)
        client.containers.files.list(container)
        clock.advance(19 * 60)
        assert client.containers.retrieve(container).status == "running"
        clock.advance(60)
        assert client.containers.retrieve(container).status == "expired"
        for call in (
            lambda: client.containers.files.list(container),
            lambda: client.responses.create(model="gpt-4o", input="a", tools=[interpreter(container)]),
        ):
            with pytest.raises(openai.BadRequestError, match="Container is expired"):
                call()


def test_a_chart_and_a_table_are_files_that_the_answer_cites(client: OpenAI) -> None:
    made = client.responses.create(
        model="gpt-4o",
        input="Plot 3, 5 and 8, and save them as sums.csv",
        tools=[interpreter({"type": "auto"})],
        include=["code_interpreter_call.outputs"],
    )
    call, message = (item.to_dict() for item in made.output)
    container: Any = call["container_id"]
    outputs: Any = call["outputs"]
    assert [output["type"] for output in outputs] == ["logs", "image"]
    content: Any = message["content"]
    chart, table = content[0]["annotations"]
    assert {chart["type"], table["type"]} == {"container_file_citation"}
    assert {chart["container_id"], table["container_id"]} == {container}
    assert content[0]["text"][table["start_index"] : table["end_index"]] == "sandbox:/mnt/data/sums.csv"
    png = client.containers.files.content.retrieve(chart["file_id"], container_id=container).read()
    csv = client.containers.files.content.retrieve(table["file_id"], container_id=container).read()
    assert png.startswith(b"\x89PNG")
    assert csv == b"item,value\n1,3\n2,5\n3,8\n"
    files = client.containers.files.list(container, order="asc")
    assert [(row.path, row.source) for row in files] == [
        (f"/mnt/data/{chart['filename']}", "assistant"),
        ("/mnt/data/sums.csv", "assistant"),
    ]


def test_auto_goes_on_in_the_container_of_an_earlier_call(client: OpenAI) -> None:
    conversation = client.conversations.create().id
    request: Any = {"model": "gpt-4o", "conversation": conversation}
    tool = interpreter({"type": "auto"})
    first: Any = client.responses.create(input="calculate 1 + 1", tools=[tool], **request).output[0]
    more = interpreter({"type": "auto", "file_ids": [uploaded(client)]})
    second: Any = client.responses.create(input="calculate 2 + 2", tools=[more], **request).output[0]
    assert second.container_id == first.container_id
    assert len(list(client.containers.files.list(first.container_id))) == 1
    alone: Any = client.responses.create(model="gpt-4o", input="calculate 1 + 1", tools=[tool]).output[0]
    assert alone.container_id != first.container_id


def test_the_interpreter_reads_what_the_container_holds(client: OpenAI) -> None:
    container = client.containers.create(name="c", file_ids=[uploaded(client)]).id
    tool = interpreter(container)
    with_file = client.responses.create(model="gpt-4o", input="calculate 1 + 1", tools=[tool])
    assert "The code printed 2, 2." in with_file.output_text
    auto = interpreter({"type": "auto", "file_ids": [uploaded(client)]})
    assert (
        client.responses.create(model="gpt-4o", input="calculate 1 + 1", tools=[auto]).output_text
        == with_file.output_text
    )


def test_a_container_that_does_not_exist(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Container with id 'cntr_x' not found"):
        client.responses.create(model="gpt-4o", input="a", tools=[interpreter("cntr_x")])
