"""Which listings are read as the output of a response: those of which the messages of a run alone are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

TEXT = """\
from openai import OpenAI
client = OpenAI()


def ask(t, other, tools):
    run = client.beta.threads.runs.create_and_poll(thread_id=t, assistant_id="asst_abc")
{tools}{body}


ask("thread_abc", None, None)
"""
LISTING = "client.beta.threads.messages.list(t)"
TOOLS = """\
    while run.status == "requires_action":
        outputs = [{"tool_call_id": c.id, "output": "1"} for c in run.required_action.submit_tool_outputs.tool_calls]
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(thread_id=t, run_id=run.id, tool_outputs=outputs)
"""
OUTPUT = 'reversed(run.output) if m.type == "message"'


def asked(body: str, folder: Path, tools: str = "") -> str:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    text = rewritten(TEXT.replace("{tools}", tools).replace("{body}", indented), folder).text
    return text.partition("def ask(")[2]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        param(
            f"page = {LISTING}\nreturn [m.id for m in page if m.run_id == run.id]",
            f"    return [m.id for m in {OUTPUT}]\n",
            id="comprehension",
        ),
        param(
            f"page = {LISTING}\nreturn [m.id for m in page.data if run.id == m.run_id and m.role == 'assistant']",
            f"    return [m.id for m in {OUTPUT} and m.role == 'assistant']\n",
            id="first page",
        ),
        param(
            f"return [m.id for m in {LISTING} if m.role == 'assistant' if m.run_id == run.id]",
            f"    return [m.id for m in {OUTPUT} and m.role == 'assistant']\n",
            id="in a test of its own",
        ),
        param(
            f"return [m.id for m in {LISTING} if (m.id and m.role and m.run_id == run.id) if other or m.role]",
            '    return [m.id for m in reversed(run.output) if (m.type == "message" and m.id and m.role) if other or m.role]\n',
            id="last of several tests",
        ),
        param(
            f"return [m.id for m in {LISTING} if (m.id or other) and m.run_id == run.id]",
            f"    return [m.id for m in {OUTPUT} and (m.id or other)]\n",
            id="beside alternatives",
        ),
        param(
            f"return [m.id for m in {LISTING[:-1]}, order='asc') if m.run_id == run.id]",
            '    return [m.id for m in run.output if m.type == "message"]\n',
            id="the oldest first",
        ),
        param(
            f"for m in {LISTING}:\n    if m.run_id == run.id and m.role == 'assistant':\n        print(m.content[0].text.value)",
            "    for m in reversed(run.output):\n"
            "        if m.type == \"message\" and m.role == 'assistant':\n"
            "            print(m.content[0].text)\n",
            id="loop",
        ),
        param(
            f"for m in {LISTING}:\n    if m.run_id == run.id:\n        print(m.role)",
            '    for m in reversed(run.output):\n        if m.type == "message":\n            print(m.role)\n',
            id="loop with no other test",
        ),
        param(
            f"return [m.content[0].text.annotations for m in {LISTING} if m.run_id == run.id]",
            f"    return [cited_text(m.content[0]).annotations for m in {OUTPUT}]\n",
            id="citations",
        ),
        param(
            f"page = {LISTING}\nfound = next((m for m in page if m.run_id == run.id), None)\nreturn found.content[0].text.value",
            f"    found = next((m for m in {OUTPUT}), None)\n    return found.content[0].text\n",
            id="next",
        ),
    ],
)
def test_a_response_has_its_messages(body: str, after: str, tmp_path: Path) -> None:
    found = asked(body, tmp_path)
    assert after in found
    assert "list(" not in found


@pytest.mark.parametrize(
    ("body", "after"),
    [
        param(
            f"for m in {LISTING}:\n    if m.run_id == run.id:\n        print(len(m.content[0].type))\n        print('.')",
            "    for m in run_messages(run):\n        print(len(m.content[0].type))\n        print('.')\n",
            id="types",
        ),
        param(
            f"for m in {LISTING[:-1]}, order='asc'):\n    if m.role == 'user' and m.run_id == run.id:\n        print(m.content[0].type)",
            "    for m in reversed(run_messages(run)):\n        if m.role == 'user':\n            print(m.content[0].type)\n",
            id="parts of any type",
        ),
    ],
)
def test_the_support_module_shows_them_as_a_thread_did(body: str, after: str, tmp_path: Path) -> None:
    found = asked(body, tmp_path)
    assert after in found
    assert "client.responses.create(" in found


@pytest.mark.parametrize(
    "body",
    [
        param(
            f"page = {LISTING}\nprint([m.id for m in page if m.run_id == run.id], len(page.data))", id="page counted"
        ),
        param(f"return [m.id for m in {LISTING} if m.run_id == other]", id="another run"),
        param(f"return [m.id for m in {LISTING} if m.run_id != run.id]", id="all others"),
        param(f"return [m.id for m in {LISTING} if m.run_id == run.id or other]", id="or something else"),
        param(f"return [(m.id, m.run_id == run.id) for m in {LISTING}]", id="told of each"),
        param(f"return [m.id for m in {LISTING[:-1]}, limit=other) if m.run_id == run.id]", id="a part of them"),
        param(f"return [m.id for m in {LISTING[:-1]}, order='asc').data if m.run_id == run.id]", id="the oldest page"),
        param(
            f"for m in {LISTING}:\n    if m.run_id == run.id:\n        print(m.id)\n    else:\n        print('-')",
            id="and others",
        ),
        param(f"for m in {LISTING}:\n    print(m.id)\n    if m.run_id == run.id:\n        break", id="up to the run"),
    ],
)
def test_other_listings_are_not_output(body: str, tmp_path: Path) -> None:
    assert "threads(client).messages.list(" in asked(body, tmp_path)


@pytest.mark.parametrize(
    ("body", "is_output"),
    [
        param(f"return [m.id for m in {LISTING} if m.run_id == run.id][0]", True, id="the newest"),
        param(f"return next(m.id for m in {LISTING} if m.run_id == run.id)", True, id="the next"),
        param(f"return [m.id for m in {LISTING} if m.run_id == run.id]", False, id="all"),
        param(f"return [m.id for m in {LISTING} if m.run_id == run.id][-1]", False, id="the first"),
    ],
)
def test_of_several_responses_the_last_has_the_newest_message(body: str, is_output: bool, tmp_path: Path) -> None:
    assert (OUTPUT in asked(body, tmp_path, TOOLS)) is is_output


def test_what_has_keys_is_no_message(tmp_path: Path) -> None:
    body = (
        "for m in other:\n    print(m['role'])\n"
        f"for m in [m for m in {LISTING} if m.run_id == run.id]:\n    print(len(m.content[0].type))"
    )
    assert "run_messages(run)" in asked(body, tmp_path)


LISTED = "client.beta.threads.messages.list(thread_id=t, run_id=run.id)"
MESSAGES = '[item for item in reversed(run.output) if item.type == "message"]'


@pytest.mark.parametrize(
    ("body", "after"),
    [
        param(f"page = {LISTED}\nreturn [m.id for m in page.data]", f"    page = {MESSAGES}\n", id="page"),
        param(f"found = list({LISTED})\nreturn len(found)", f"    found = {MESSAGES}\n", id="list"),
        param(f"return {LISTED}.data[0].role", "    return next(item for item in reversed(run.output) if", id="newest"),
        param(
            f"page = {LISTED}\nreturn page.data[0].content[0].text.annotations",
            "    return cited_text(message.content[0]).annotations\n",
            id="citations of the newest",
        ),
        param(
            f"for m in {LISTED[:-1]}, order='asc'):\n    print(m.content[0].text.value)",
            '    for m in run.output:\n        if m.type != "message":\n            continue\n        print(m.content[0].text)\n',
            id="loop over the oldest first",
        ),
        param(
            f"page = {LISTED[:-1]}, limit=2)\nreturn len(page.data)", f"    page = {MESSAGES}[:2]\n", id="two of them"
        ),
        param(f"page = {LISTED}\nprint(page)", f"    page = {MESSAGES}\n    print(page)\n", id="shown"),
    ],
)
def test_a_response_has_the_messages_that_are_listed_of_its_run(body: str, after: str, tmp_path: Path) -> None:
    found = asked(body, tmp_path)
    assert after in found
    assert "list(t" not in found


@pytest.mark.parametrize(
    ("body", "tools"),
    [
        param(f"return [m.created_at for m in {LISTED}]", "", id="times"),
        param(f"return [m.id for m in {LISTED}]", TOOLS, id="several responses"),
        param(f"return [m.id for m in {LISTED[:-1]}, after=other)]", "", id="after a message"),
        param(f"return [m.id for m in {LISTED.replace('run.id', 'other')}]", "", id="any run"),
    ],
)
def test_other_messages_of_runs_are_not_output(body: str, tools: str, tmp_path: Path) -> None:
    assert "threads(client).messages.list(" in asked(body, tmp_path, tools)


def test_a_run_that_is_no_response_has_no_output(tmp_path: Path) -> None:
    body = f"print(run.started_at)\nreturn [m.id for m in {LISTED}]"
    assert "threads(client).messages.list(" in asked(body, tmp_path)
