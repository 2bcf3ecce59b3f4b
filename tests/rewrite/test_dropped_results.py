"""A message that is written and returned is an item only where nobody looks at what is returned."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

PROGRAM = """\
from openai import OpenAI

client = OpenAI()


def say(thread_id, text){annotation}:
    return client.beta.threads.messages.create(thread_id=thread_id, role="user", content=text)


thread = client.beta.threads.create()
{uses}
"""
ITEM = "return client.conversations.items.create("
WRITTEN = 'say(thread.id, "Hello")'


@pytest.mark.parametrize(
    ("uses", "annotation", "is_item"),
    [
        pytest.param(WRITTEN, "", True, id="dropped"),
        pytest.param(f"if thread:\n    {WRITTEN}\n{WRITTEN}", "", True, id="dropped twice"),
        pytest.param("", "", False, id="called by nobody"),
        pytest.param(f"{WRITTEN}\nprint({WRITTEN})", "", False, id="shown once"),
        pytest.param(f"{WRITTEN}\nwriters = [say]\nprint(writers[0])", "", False, id="named without a call"),
        pytest.param(
            f"from concurrent.futures import ThreadPoolExecutor\n{WRITTEN}\nwith ThreadPoolExecutor() as pool:\n"
            '    print(pool.submit(say, thread.id, "Hello").result())',
            "",
            False,
            id="run elsewhere",
        ),
        pytest.param(WRITTEN, ' -> "object"', False, id="annotated"),
    ],
)
def test_a_returned_message_is_an_item_where_it_is_dropped(
    uses: str, annotation: str, is_item: bool, tmp_path: Path
) -> None:
    text = rewritten(PROGRAM.format(uses=uses, annotation=annotation), tmp_path).text
    assert (ITEM in text) is is_item
