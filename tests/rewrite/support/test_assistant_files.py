"""The files of assistants as Assistants v1 gave and took them, which no old API is left to compare with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest

from assist2resp.rewrite.support.shake import support_source
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
from tests.rewrite.support.surface import QUICK, support_module

USES = (
    "assistants.create(model,tools,file_ids)",
    "assistants.update(file_ids)",
    "assistants.files.create",
    "assistants.files.list",
    "assistants.files.retrieve",
    "assistants.files.delete",
    "request_arguments",
)
TOOLS = [{"type": "retrieval"}, {"type": "code_interpreter"}]
FUNCTION = {"type": "function", "function": {"name": "now"}}


def searched(arguments: dict[str, Any]) -> list[str]:
    return next((tool["vector_store_ids"] for tool in arguments["tools"] if tool["type"] == "file_search"), [])


def run_on(arguments: dict[str, Any]) -> list[str]:
    interpreters = [tool for tool in arguments["tools"] if tool["type"] == "code_interpreter"]
    return next((tool["container"].get("file_ids", []) for tool in interpreters), [])


def test_files_go_to_the_tools_of_the_assistant(tmp_path: Path) -> None:
    with sandbox(settings=Settings(sunset=True, **QUICK), in_process=True) as server, server.client() as client:
        module = support_module(tmp_path, *USES)
        assistants = module.assistants(client)
        a, b = (client.files.create(file=(f"{name}.txt", b"Open at nine."), purpose="assistants").id for name in "ab")
        made = assistants.create(model="gpt-4o", tools=TOOLS, extra_body={"file_ids": [a]})
        assert made.file_ids == [a]
        (store,) = searched(module.request_arguments(made.id))
        assert run_on(module.request_arguments(made.id)) == [a]
        given = assistants.files.create(assistant_id=made.id, file_id=b)
        assert (given.id, given.assistant_id, given.object) == (b, made.id, "assistant.file")
        assert assistants.files.retrieve(b, assistant_id=made.id) == given
        assert {file.id for file in assistants.files.list(made.id, limit=1)} == {a, b}
        assert {file.id for file in client.vector_stores.files.list(store)} == {a, b}
        assert run_on(module.request_arguments(made.id)) == [a, b]
        assert assistants.files.delete(a, assistant_id=made.id).deleted
        assert [file.id for file in client.vector_stores.files.list(store)] == [b]
        assert run_on(module.request_arguments(made.id)) == [b]
        with pytest.raises(openai.NotFoundError):
            assistants.files.retrieve(a, assistant_id=made.id)


def test_other_files_take_the_place_of_those_before(tmp_path: Path) -> None:
    with sandbox(settings=Settings(sunset=True, **QUICK), in_process=True) as server, server.client() as client:
        module = support_module(tmp_path, *USES)
        assistants = module.assistants(client)
        a, b = (client.files.create(file=(f"{name}.txt", b"Open at nine."), purpose="assistants").id for name in "ab")
        made = assistants.create(model="gpt-4o", tools=[*TOOLS, FUNCTION], extra_body={"file_ids": [a]})
        (old,) = searched(module.request_arguments(made.id))
        assistants.update(made.id, extra_body={"file_ids": [b]})
        (new,) = searched(module.request_arguments(made.id))
        assert old != new
        assert run_on(module.request_arguments(made.id)) == [b]
        assert assistants.update(made.id, extra_body={"file_ids": []}).file_ids == []
        assert not searched(module.request_arguments(made.id))
        assert not run_on(module.request_arguments(made.id))


def test_an_assistant_without_readers_only_lists_its_files(tmp_path: Path) -> None:
    with sandbox(settings=Settings(sunset=True, **QUICK), in_process=True) as server:
        module = support_module(tmp_path, *USES)

        async def given() -> list[str]:
            async with server.async_client() as client:
                assistants = module.assistants(client)
                made = await assistants.create(model="gpt-4o", tools=[FUNCTION])
                assert made.file_ids == []
                await assistants.files.create(made.id, file_id="file-a")
                return [file.id async for file in assistants.files.list(made.id)]

        assert asyncio.run(given()) == ["file-a"]
        assert not [request for request in server.requests if "vector_stores" in request.path]


def test_others_do_not_carry_it() -> None:
    text = support_source(["*", "beta", "assistants.create(model)"], is_async=True, is_sync=True)
    assert "file_ids" in text
    assert "_AssistantFiles" not in text
