"""Assistants stay configuration in code where threads have files of their own, which their runs get beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rewrite.one_file import rewritten
from tests.rewrite.support.surface import surface

PROGRAM = """\
import logging

from openai import OpenAI

client = OpenAI()
assistant = client.beta.assistants.create(model="gpt-4o", tools={tools})
{more}
thread = client.beta.threads.create(tool_resources={{"code_interpreter": {{"file_ids": ["file-1"]}}}})
run = client.beta.threads.runs.create_and_poll(
    thread_id=thread.id, assistant_id=assistant.id{settings}
)
print(run.status)
"""
SEARCH = '[{"type": "file_search"}]'
WAITING = '"tools": [{"type": "file_search", "max_num_results": 20, "vector_store_ids": []}]'
RUN = "**with_thread_files(assistant, thread.id)"


def shown(folder: Path, tools: str = SEARCH, more: str = "", settings: str = "") -> str:
    return rewritten(PROGRAM.format(tools=tools, more=more, settings=settings), folder).text


def test_a_search_waits_for_the_stores_of_threads(tmp_path: Path) -> None:
    text = shown(tmp_path)
    assert WAITING in text
    assert RUN in text


def test_settings_of_a_run_go_with_the_files(tmp_path: Path) -> None:
    text = shown(tmp_path, settings=', instructions="Be brief."')
    assert '**with_thread_files({**assistant, "instructions": "Be brief."}, thread.id)' in text


@pytest.mark.parametrize(
    ("more", "is_configured"),
    [
        pytest.param("logging.info('made %s', assistant)", True, id="logged"),
        pytest.param(
            "client.beta.assistants.update(assistant.id, instructions='Hi')", True, id="other settings change"
        ),
        pytest.param("def again():\n    global assistant\n", True, id="named as global"),
        pytest.param("print(assistant)", False, id="shown, with its id"),
        pytest.param("logging.info('made %s', assistant.id)", False, id="its id is logged"),
        pytest.param(
            "client.beta.assistants.update(\n"
            "    assistant.id, tool_resources={'file_search': {'vector_store_ids': ['vs_1']}}\n)",
            False,
            id="stores are added later",
        ),
    ],
)
def test_what_is_done_with_the_assistant_decides(more: str, is_configured: bool, tmp_path: Path) -> None:
    text = shown(tmp_path, more=more)
    assert (RUN in text) is is_configured
    assert ("**request_arguments(assistant.id, thread_id=thread.id)" in text) is not is_configured


OWN: dict[str, Any] = {"model": "gpt-4o", "instructions": "Help."}
FUNCTION = {"type": "function", "name": "f"}
INTERPRETER = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-a"]}}


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        pytest.param(
            [{"type": "file_search", "vector_store_ids": ["vs_a"]}],
            [{"type": "file_search", "vector_store_ids": ["vs_a", "vs_t"]}],
            id="stores are united",
        ),
        pytest.param(
            [{"type": "file_search", "vector_store_ids": ["vs_t"]}],
            [{"type": "file_search", "vector_store_ids": ["vs_t"]}],
            id="each once",
        ),
        pytest.param(
            [FUNCTION, INTERPRETER],
            [FUNCTION, {**INTERPRETER, "container": {"type": "auto", "file_ids": ["file-a", "file-t"]}}],
            id="files are united",
        ),
        pytest.param([FUNCTION], [FUNCTION], id="other tools need none"),
    ],
)
def test_a_thread_brings_its_files(tools: list[Any], expected: list[Any], tmp_path: Path) -> None:
    resources = {"code_interpreter": {"file_ids": ["file-t"]}, "file_search": {"vector_store_ids": ["vs_t"]}}
    with surface("sync", tmp_path) as api:
        assert api.support
        thread = api("threads.create", tool_resources=resources)
        assert api.support.with_thread_files({**OWN, "tools": tools}, thread.id) == {**OWN, "tools": expected}
        assert api.support.with_thread_files(OWN, thread.id) == OWN


def test_a_search_without_any_store_is_left_out(tmp_path: Path) -> None:
    search = {"type": "file_search", "vector_store_ids": []}
    with surface("sync", tmp_path) as api:
        assert api.support
        thread = api("threads.create")
        assert api.support.with_thread_files({**OWN, "tools": [search]}, thread.id) == OWN
        assert api.support.with_thread_files({**OWN, "tools": [search, FUNCTION]}, thread.id)["tools"] == [FUNCTION]
