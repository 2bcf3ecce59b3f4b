"""Where the files of Assistants v1 go, by what the project says of its tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = "from openai import OpenAI\n\nclient = OpenAI()\n"
CREATE = "client.beta.assistants.create(model='gpt-5', tools={}, file_ids=files)\n"
SEARCHED = 'tool_resources={"file_search": {"vector_stores": [{"file_ids": files}]}}'
RUN = 'tool_resources={"code_interpreter": {"file_ids": files}}'


@pytest.mark.parametrize(
    ("body", "given"),
    [
        param(CREATE.format("[{'type': 'retrieval'}]"), SEARCHED, id="at the call"),
        param("tools = [{'type': 'code_interpreter'}]\n" + CREATE.format("tools"), RUN, id="by name"),
        param("tools.insert(0, {'type': 'retrieval'})\n" + CREATE.format("tools"), SEARCHED, id="in the file"),
        param(
            "X = {'type': 'retrieval'}\n" + CREATE.format("[{'type': 'code_interpreter'}]"), RUN, id="the call's own"
        ),
    ],
)
def test_files_go_to_the_tools(body: str, given: str, tmp_path: Path) -> None:
    result = rewritten(HEAD + "\n\ndef make(files, tools=()):\n    " + body.replace("\n", "\n    "), tmp_path)
    assert given in result.text
    assert "file_ids=" not in result.text
    assert {each.level for each in result.findings if each.code == "A2R810"} == {"review"}


@pytest.mark.parametrize(
    "body",
    [
        param(CREATE.format("tools"), id="no tool is described"),
        param(CREATE.format("[{'type': 'retrieval'}]") + "print(assistant.file_ids)\n", id="file_ids are read"),
        param(CREATE.format("tools").replace("create(", "update('asst_a', "), id="an update"),
    ],
)
def test_files_are_given_at_run_time(body: str, tmp_path: Path) -> None:
    result = rewritten(
        HEAD + "\n\ndef make(files, tools=()):\n    assistant = " + body.replace("\np", "\n    p"), tmp_path
    )
    assert 'extra_body={"file_ids": files}' in result.text
    assert "def _with_files(" in result.files["assistants_compat.py"]
    assert {each.level for each in result.findings if each.code == "A2R810"} == {"review"}


@pytest.mark.parametrize(
    ("body", "given"),
    [
        param("client.beta.assistants.files.create('asst_a', file_id=file)\n", ".files.create('asst_a', ", id="given"),
        param("print([f.id for f in client.beta.assistants.files.list('asst_a')])\n", ".files.list(", id="listed"),
        param(
            "api = client.beta.assistants\n    api.files.delete(file, assistant_id='asst_a')\n",
            "api.files.",
            id="alias",
        ),
    ],
)
def test_files_of_an_assistant_go_through_the_support_module(body: str, given: str, tmp_path: Path) -> None:
    result = rewritten(HEAD + "\n\ndef give(file):\n    " + body, tmp_path)
    assert given in result.text
    assert ".beta" not in result.text
    assert "class _AssistantFiles" in result.files["assistants_compat.py"]
    assert {each.level for each in result.findings if each.symbol.startswith("beta.assistants.files")} == {"review"}


@pytest.mark.parametrize(
    "body",
    [
        param(CREATE.format("tools").replace("files)", "files, extra_body={'x': 1})"), id="another body"),
        param(CREATE.format("tools").replace("files)", "files or NOT_GIVEN)"), id="perhaps not given"),
        param(
            "print(client.beta.threads.messages.retrieve('msg_a', thread_id='thread_a').file_ids)\n", id="a message's"
        ),
    ],
)
def test_a_flow_stays(body: str, tmp_path: Path) -> None:
    result = rewritten(HEAD + "\n\ndef make(files, tools=()):\n    " + body, tmp_path)
    assert "client.beta." in result.text
    assert "manual" in {each.level for each in result.findings if each.code == "A2R810"}


def test_an_unknown_client_stays_unknown(tmp_path: Path) -> None:
    body = "def make(client, files):\n    client.beta.assistants.update('asst_a', file_ids=files)\n"
    result = rewritten("import openai\n\n\n" + body, tmp_path)
    assert "file_ids=files" in result.text
    assert {each.code for each in result.findings} == {"A2R010"}


def test_no_files_need_no_place(tmp_path: Path) -> None:
    body = HEAD + "client.beta.assistants.create(model='gpt-5', file_ids=None, name='x')\n"
    assert "file_ids" not in rewritten(body, tmp_path).text


def test_files_of_a_call_that_stays_stay(tmp_path: Path) -> None:
    body = "def make(client, files):\n    return client.beta.assistants.create(model='m', file_ids=files)\n\nX = {'type': 'retrieval'}\n"
    result = rewritten(body, tmp_path)
    assert result.text == body
    assert result.codes == {"A2R010"}


def test_messages_with_files_leave_their_runs_plain(tmp_path: Path) -> None:
    text = (
        "from openai import OpenAI\nclient = OpenAI()\n"
        "thread = client.beta.threads.create()\n"
        "client.beta.threads.messages.create(thread_id=thread.id, role='user', content='Hi', file_ids=['file-abc'])\n"
        "run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id='asst_abc')\n"
    )
    after = rewritten(text, tmp_path).text
    assert "run = client.responses.create(" in after
    assert "thread_id=thread.id)" in after
