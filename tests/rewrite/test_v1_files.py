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
        param(
            CREATE.format("[{'type': 'retrieval'}]")
            + "    print(client.beta.assistants.retrieve('asst_a').file_ids)\n",
            id="file_ids are read",
        ),
    ],
)
def test_a_flow_stays(body: str, tmp_path: Path) -> None:
    result = rewritten(HEAD + "\n\ndef make(files, tools=()):\n    " + body, tmp_path)
    assert "beta.assistants.create(" in result.text
    assert "manual" in {each.level for each in result.findings if each.code == "A2R810"}


def test_no_files_need_no_place(tmp_path: Path) -> None:
    body = HEAD + "client.beta.assistants.create(model='gpt-5', file_ids=None, name='x')\n"
    assert "file_ids" not in rewritten(body, tmp_path).text


def test_files_of_a_call_that_stays_stay(tmp_path: Path) -> None:
    body = "def make(client, files):\n    return client.beta.assistants.create(model='m', file_ids=files)\n\nX = {'type': 'retrieval'}\n"
    result = rewritten(body, tmp_path)
    assert result.text == body
    assert result.codes == {"A2R010"}
