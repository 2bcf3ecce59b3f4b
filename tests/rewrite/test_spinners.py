"""A spinner that turned while a loop waited turns while the response is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

PROGRAM = """\
import time

import streamlit as st
from openai import OpenAI

client = OpenAI()


def ask(thread_id, assistant_id):
    # Ask
    run = client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)
{between}    # Wait
    with {spinner}:
        while run.status != "completed":
            time.sleep(1)
            run = client.beta.threads.runs.retrieve(thread_id=thread_id, run_id=run.id)
{after}    return client.beta.threads.messages.list(thread_id=thread_id).data[0].content[0].text.value
"""
HELD = """\
    # Ask
    # Wait
    with st.spinner("Thinking"):
        run = client.responses.create(
            conversation=conversation_id(thread_id),
            **request_arguments(assistant_id),
        )
    return run.output_text
"""


def left(spinner: str, folder: Path, between: str = "", after: str = "") -> str:
    return rewritten(PROGRAM.format(spinner=spinner, between=between, after=after), folder).text


def test_a_spinner_holds_the_request(tmp_path: Path) -> None:
    assert HELD in left('st.spinner("Thinking")', tmp_path)


@pytest.mark.parametrize(
    ("spinner", "between", "after", "inside"),
    [
        ('st.spinner("Thinking")', "    print(thread_id)\n", "", "pass"),
        ('st.spinner("Thinking") as shown', "", "", "pass"),
        ("open(thread_id)", "", "", "pass"),
        ('st.spinner("Thinking")', "", "        st.write(run.id)\n", "st.write(run.id)"),
    ],
    ids=["something between", "a name", "no spinner", "something more in it"],
)
def test_else_both_stay_where_they_are(spinner: str, between: str, after: str, inside: str, tmp_path: Path) -> None:
    assert f"    with {spinner}:\n        {inside}\n" in left(spinner, tmp_path, between, after)
