"""A function that a dictionary of the project chooses is called as any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = """\
import json
import sys

from openai import OpenAI


def stop(client, name):
    client.beta.threads.delete(name)


def start(client, name):
    return client.beta.threads.create().id


def other(client, name):
    print(client, name)


client = OpenAI()
command, name = sys.argv[1:]
"""
TABLE = 'COMMANDS = {"start": start, "stop": stop}\n'


def is_rewritten(text: str, folder: Path) -> bool:
    return "beta" not in rewritten(HEAD + text, folder).text


@pytest.mark.parametrize(
    "text",
    [
        param('{"start": start, "stop": stop}[command](client, name)\n', id="written where it is used"),
        param(f"{TABLE}COMMANDS[command](client, name)\n", id="named"),
        param(f"{TABLE}print(COMMANDS.get(command)(client, name=name))\n", id="get"),
        param(f"{TABLE}COMMANDS.get(command, other)(client, name)\n", id="get with another"),
        param(f"{TABLE}run = COMMANDS.get(command, None)\nif run:\n    run(client, name)\n", id="get with nothing"),
        param(f"{TABLE}run = COMMANDS[command]\nrun(client, name)\n", id="chosen first"),
        param(
            f"{TABLE}def run():\n    chosen = COMMANDS[command]\n    chosen(client, name)\nrun()\n", id="in a function"
        ),
    ],
)
def test_a_client_is_followed_into_it(text: str, tmp_path: Path) -> None:
    assert is_rewritten(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        param(f"{TABLE}COMMANDS['dump'] = json.dumps\nCOMMANDS[command](client, name)\n", id="changed in place"),
        param("COMMANDS = {'start': start, 'stop': stop, **extra}\nCOMMANDS[command](client, name)\n", id="spread"),
        param(
            "COMMANDS = {'start': start, 'stop': stop, 'f': json.dumps}\nCOMMANDS[command](client, 1)\n", id="another's"
        ),
        param(f"{TABLE}COMMANDS = given\nCOMMANDS[command](client, name)\n", id="bound anew"),
        param(f"{TABLE}COMMANDS[command](given, name)\n", id="something unknown"),
        param(f"{TABLE}COMMANDS[command](name)\n", id="something else"),
        param(f"{TABLE}COMMANDS.get(command, given)(client, name)\n", id="get with something unknown"),
    ],
)
def test_what_is_not_certain_stays(text: str, tmp_path: Path) -> None:
    assert not is_rewritten(text, tmp_path)


def test_what_it_gives_back_is_followed(tmp_path: Path) -> None:
    """The id of a thread that one entry makes is the conversation that the caller names."""
    text = f"{TABLE}thread_id = COMMANDS['start'](client, name)\nclient.beta.threads.retrieve(thread_id)\n"
    found = rewritten(HEAD + text, tmp_path)
    assert "client.conversations.retrieve(" in found.text
    made_and_read = {"beta.threads.create", "beta.threads.retrieve"}
    assert len({finding.flow for finding in found.findings if finding.symbol in made_and_read}) == 1
