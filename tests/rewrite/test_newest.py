"""Which listings of which only the newest message is read are the text of the response before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

PROGRAM = """\
from openai import OpenAI

client = OpenAI()


def ask(thread_id, assistant_id, other):
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
{body}
"""
NEWEST = {
    "of the run's own messages": """
    page = client.beta.threads.messages.list(thread_id, run_id=run.id)
    print(page.data[0].content[0].text.value)
""",
    "of a list of them": """
    messages = list(client.beta.threads.messages.list(thread_id=thread_id, run_id=run.id))
    print(messages[0].content[0].text.value)
""",
    "as a dictionary": """
    page = client.beta.threads.messages.list(thread_id)
    print(page.model_dump()["data"][0]["content"][0]["text"]["value"])
""",
    "as a dictionary of its own": """
    page = client.beta.threads.messages.list(thread_id)
    print(page.data[0].to_dict()["content"][0]["text"]["value"])
""",
    "under a name that is used again": """
    page = client.beta.threads.messages.list(thread_id)
    print(page.data[0].content[0].text.value)
    page = [other]
    print(page)
""",
}
OTHERS = {
    "as a dictionary of some keys": """
    page = client.beta.threads.messages.list(thread_id)
    print(page.model_dump(include=other)["data"][0]["content"][0]["text"]["value"])
""",
    "of another run": """
    page = client.beta.threads.messages.list(thread_id, run_id=other)
    print(page.data[0].content[0].text.value)
""",
    "whose absence is asked for": """
    try:
        print(client.beta.threads.messages.list(thread_id, run_id=run.id).data[0].content[0].text.value)
    except IndexError:
        print("nothing")
""",
    "or something else": """
    page = client.beta.threads.messages.list(thread_id, run_id=run.id)
    if other:
        page = other
    print(page.data[0].content[0].text.value)
""",
}


@pytest.mark.parametrize("body", [pytest.param(text, id=name) for name, text in NEWEST.items()])
def test_the_newest_message_is_the_output_text(body: str, tmp_path: Path) -> None:
    text = rewritten(PROGRAM.format(body=body.strip("\n")), tmp_path).text
    assert "print(run.output_text)" in text
    assert "messages.list" not in text


@pytest.mark.parametrize("body", [pytest.param(text, id=name) for name, text in OTHERS.items()])
def test_another_message_is_not(body: str, tmp_path: Path) -> None:
    assert "output_text" not in rewritten(PROGRAM.format(body=body.strip("\n")), tmp_path).text
