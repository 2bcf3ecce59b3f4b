"""A stand-in for a client keeps plain calls away only from the files that it may meet in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

SHARED = "from openai import OpenAI\n\nclient = OpenAI()\n"
BOT = """\
from shared import client


def ask(thread_id, text):
    client.beta.threads.messages.create(thread_id, role="user", content=text)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id="asst_abc")
    return run.status
"""
MAIN = "from bot import ask\n\nprint(ask('thread_abc', 'Hello'))\n"
FAKE = "class FakeOpenAI:\n    def __init__(self):\n        self.beta = self\n"
PLAIN = "client.responses.create("


@pytest.mark.parametrize(
    ("others", "is_plain"),
    [
        pytest.param({}, True, id="no stand-in"),
        pytest.param({"fake.py": f"import shared\n\n{FAKE}"}, True, id="imports what the bot imports"),
        pytest.param(
            {"test_shared.py": f"import shared\n\n{FAKE}\nshared.client = FakeOpenAI()\n"}, True, id="tests that"
        ),
        pytest.param({"test_bot.py": f"import bot\n\n{FAKE}\nbot.client = FakeOpenAI()\n"}, False, id="tests the bot"),
        pytest.param({"test_main.py": f"import main\n\n{FAKE}"}, False, id="tests what runs the bot"),
        pytest.param(
            {"fake.py": f"{FAKE}\nTARGET = 'bot.client'\nSURFACE = 'client.beta.threads'\n"}, False, id="names the bot"
        ),
        pytest.param(
            {"fake.py": f"import shared\n\n{FAKE}", "test_it.py": "import bot\nimport fake\n"},
            False,
            id="a test holds both",
        ),
        pytest.param(
            {"conftest.py": f"import shared\n\n{FAKE}", "test_it.py": "import bot\n"}, False, id="a fixture of the test"
        ),
        pytest.param(
            {
                "fake.py": f"import shared\n\n{FAKE}\nSURFACE = 'client.beta.threads'\n",
                "test_it.py": "import bot\n\nPLUGINS = ['fake']\nSURFACE = 'client.beta.threads'\n",
            },
            False,
            id="a test names it",
        ),
        pytest.param(
            {"fake.py": f"import shared\n\n{FAKE}", "other.py": "import fake\nimport shared\n"},
            True,
            id="another uses it",
        ),
    ],
)
def test_stand_ins_reach_what_they_meet(others: dict[str, str], is_plain: bool, tmp_path: Path) -> None:
    files = rewritten({"shared.py": SHARED, "bot.py": BOT, "main.py": MAIN, **others}, tmp_path).files
    assert (PLAIN in files["bot.py"]) is is_plain
