"""Which listings of which only the newest message is read are the text of the response before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

PROGRAM = """\
from openai import OpenAI

client = OpenAI()


def say(thread_id, text):
    client.beta.threads.messages.create(thread_id=thread_id, role="user", content=text)


def again(thread_id, assistant_id):
    say(thread_id, "And shorter?")
    return client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)


def twice(thread_id, assistant_id):
    again(thread_id, assistant_id)
    again(thread_id, assistant_id)


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
    "of the run that a function gives": """
    run = again(thread_id, assistant_id)
    page = client.beta.threads.messages.list(thread_id)
    print(page.data[0].content[0].text.value)
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
    "of a run that another function starts": """
    twice(thread_id, assistant_id)
    page = client.beta.threads.messages.list(thread_id)
    print(page.data[0].content[0].text.value)
""",
    "that another function writes": """
    say(thread_id, "Thanks.")
    print(client.beta.threads.messages.list(thread_id).data[0].content[0].text.value)
""",
    "of a run without a name": """
    client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    page = client.beta.threads.messages.list(thread_id)
    print(page.data[0].content[0].text.value)
""",
}
SENT_ELSEWHERE = """\
from openai import OpenAI

client = OpenAI()


def wait(run):
    while run.status != "completed":
        run = client.beta.threads.runs.retrieve(thread_id=run.thread_id, run_id=run.id)
        if run.status == "requires_action":
            call = run.required_action.submit_tool_outputs.tool_calls[0]
            run = client.beta.threads.runs.submit_tool_outputs(
                thread_id=run.thread_id, run_id=run.id, tool_outputs=[{"tool_call_id": call.id, "output": "ok"}]
            )


def ask(thread_id, assistant_id):
    run = client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)
    wait(run)
    page = client.beta.threads.messages.list(thread_id=thread_id)
    print(page.data[0].content[0].text.value)
"""


@pytest.mark.parametrize("body", [pytest.param(text, id=name) for name, text in NEWEST.items()])
def test_the_newest_message_is_the_output_text(body: str, tmp_path: Path) -> None:
    text = rewritten(PROGRAM.format(body=body.strip("\n")), tmp_path).text
    assert "print(run.output_text)" in text
    assert "messages.list" not in text


@pytest.mark.parametrize("body", [pytest.param(text, id=name) for name, text in OTHERS.items()])
def test_another_message_is_not(body: str, tmp_path: Path) -> None:
    assert "output_text" not in rewritten(PROGRAM.format(body=body.strip("\n")), tmp_path).text


def test_the_text_of_a_run_that_goes_on_elsewhere_is_not_its_own(tmp_path: Path) -> None:
    assert "output_text" not in rewritten(SENT_ELSEWHERE, tmp_path).text
