"""What a framework keeps for a user between two calls is followed from where it is written to where it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options

SPELLINGS = {
    "streamlit attribute": ("import streamlit as st", "st.session_state.{key} = {value}", "st.session_state.{key}"),
    "streamlit key": ("import streamlit as st", "st.session_state['{key}'] = {value}", "st.session_state['{key}']"),
    "streamlit both": ("import streamlit as st", "st.session_state['{key}'] = {value}", "st.session_state.{key}"),
    "streamlit imported": (
        "from streamlit import session_state",
        "session_state['{key}'] = {value}",
        "session_state.get('{key}')",
    ),
    "chainlit": ("import chainlit as cl", "cl.user_session.set('{key}', {value})", "cl.user_session.get('{key}')"),
    "flask": ("from flask import g", "g.{key} = {value}", "g.{key}"),
}


def levels(source: str, folder: Path) -> dict[str, tuple[str, int]]:
    """Level and flow of each site."""
    path = folder / "app.py"
    path.write_text(source, encoding="utf-8")
    found = rewrite([path], Options()).findings.findings
    return {f.symbol: (str(f.level), f.flow or 0) for f in found if f.symbol.startswith("beta")}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_client_and_a_thread_are_followed_through_a_session(spelling: tuple[str, str, str], tmp_path: Path) -> None:
    head, write, read = spelling
    found = levels(
        f"""{head}
from openai import OpenAI

def start():
    {write.format(key="client", value="OpenAI()")}
    client = {read.format(key="client")}
    {write.format(key="thread", value="client.beta.threads.create()")}

def stop():
    thread = {read.format(key="thread")}
    {read.format(key="client")}.beta.threads.update(thread.id, metadata={{"done": "yes"}})
""",
        tmp_path,
    )
    assert found["beta.threads.create"][0] == "fixed"
    assert found["beta.threads.create"] == found["beta.threads.update"]


@pytest.mark.parametrize(("other", "level"), [("None", "fixed"), ("get_connection()", "manual"), ("{}", "manual")])
def test_a_slot_is_known_if_all_that_it_holds_is_one_thing(other: str, level: str, tmp_path: Path) -> None:
    found = levels(
        f"""import streamlit as st
from openai import OpenAI
from database import get_connection

st.session_state.client = OpenAI()
st.session_state.client = {other}
st.session_state.client.beta.threads.create()
""",
        tmp_path,
    )
    assert found["beta.threads.create"][0] == level


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(("key", "level"), [("client", "fixed"), ("other", "manual")])
def test_a_name_may_be_read_back_from_where_it_was_put(
    spelling: tuple[str, str, str], key: str, level: str, tmp_path: Path
) -> None:
    head, write, read = spelling
    found = levels(
        f"""{head}
from openai import OpenAI

if __name__ == "__main__":
    client = OpenAI()
    {write.format(key="client", value="client")}
else:
    client = {read.format(key=key)}
client.beta.threads.create()
""",
        tmp_path,
    )
    assert found["beta.threads.create"][0] == level


def test_a_session_of_something_else_is_not_followed(tmp_path: Path) -> None:
    found = levels(
        """from store import session
from openai import OpenAI

session.client = OpenAI()
session.client.beta.threads.create()
""",
        tmp_path,
    )
    assert found == {"beta.threads.create": ("manual", 1)}
