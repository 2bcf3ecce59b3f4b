"""Messages that are written become items or inputs where no more is done with them than an item's creation allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

HEAD = """\
from openai import OpenAI

client = OpenAI()
assistant = client.beta.assistants.create(model="gpt-5")
thread = client.beta.threads.create()
question = input()
"""
CREATE = 'client.beta.threads.messages.create(thread_id=thread.id, role="user", content=question)\n'
SAID = CREATE.replace("=question", "=message")
RUN = "run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)\n"
TALK = (
    "for message in client.beta.threads.messages.list(thread_id=thread.id):\n    print(message.content[0].text.value)\n"
)
INPUT, ITEM, OLD = 'input=[{"role": "user", "content": ', "conversations.items.create(", ").messages.create("


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(f"message = {CREATE}{RUN}{TALK}", INPUT, id="the name is taken again by a loop"),
        pytest.param(f"message = {CREATE}{RUN}{TALK}print(message.id)", OLD, id="the loop may leave it"),
        pytest.param(f"message = {CREATE}{RUN}print(message.id)", ITEM, id="its id is read"),
        pytest.param(f"message = 'Hello'\nmessage = {SAID}{RUN}print(run.status)", INPUT, id="the name held its text"),
        pytest.param(f"message = ''\nif question:\n    message = {CREATE}{RUN}print([message])", OLD, id="or a text"),
        pytest.param(f"message = {CREATE}{RUN}print(message.created_at)", OLD, id="its time is read"),
    ],
)
def test_what_is_done_with_a_message_decides(lines: str, expected: str, tmp_path: Path) -> None:
    text = rewritten(f"{HEAD}{lines}\n", tmp_path).text
    assert [found for found in (INPUT, ITEM, OLD) if found in text] == [expected]


def test_two_messages_under_one_name_become_items_together(tmp_path: Path) -> None:
    pair = f"message = {CREATE}if not question:\n    message = {CREATE.replace('question', 'question, {more}')}"
    both = rewritten(f"{HEAD}{pair.format(more='timeout=3')}print(message.id)\n", tmp_path / "both").text
    assert both.count(ITEM) == 2
    assert "message.first_id" in both
    one = rewritten(f"{HEAD}{pair.format(more='metadata={}')}print(message.id)\n", tmp_path / "one").text
    assert ITEM not in one
    assert "message.id" in one


CLASS = """\
from openai import OpenAI


class Chat{base}:
    def __init__(self):
        self.client = OpenAI()
        self.message = None
        self.thread = self.client.beta.threads.create()

    def say(self, text):
        self.message = self.client.beta.threads.messages.create(self.thread.id, role="user", content=text)


{uses}
"""


@pytest.mark.parametrize(
    ("base", "uses", "is_item"),
    [
        pytest.param("", "Chat().say(input())", True, id="nobody asks"),
        pytest.param("", "error = ValueError()\nprint(error.message)", True, id="others have the word too"),
        pytest.param("", "chat = Chat()\nprint(chat.message)", False, id="somebody asks"),
        pytest.param("", "def show(chat):\n    print(chat.message)", False, id="something unknown is asked"),
        pytest.param("", "print(getattr(Chat(), 'message'))", False, id="the word is a text"),
        pytest.param("(Base)", "Chat().say(input())", False, id="a base may ask"),
    ],
)
def test_a_message_that_nobody_asks_for_is_an_item(base: str, uses: str, is_item: bool, tmp_path: Path) -> None:
    text = rewritten(CLASS.format(base=base, uses=uses), tmp_path).text
    assert (ITEM in text) is is_item


def test_another_module_may_read_the_variable(tmp_path: Path) -> None:
    program = {"main.py": f"{HEAD}message = {CREATE}", "shown.py": "from main import message\n\nprint(message)\n"}
    assert OLD in rewritten(program, tmp_path).files["main.py"]


@pytest.mark.parametrize(
    ("lines", "is_item"),
    [
        pytest.param("print(thread.created_at)", True, id="of a thread"),
        pytest.param("print(client.files.retrieve('file-1').created_at)", True, id="of a file"),
        pytest.param("import shop\nshop.order.created_at = 3", True, id="set"),
        pytest.param("import shop\nprint(shop.order.created_at)", False, id="of what is not known"),
        pytest.param(
            "for m in client.beta.threads.messages.list(thread.id):\n    print(m.created_at)", False, id="of messages"
        ),
        pytest.param("print(client.files.retrieve('file-1').to_dict()['created_at'])", False, id="by name"),
    ],
)
def test_whose_time_is_read_decides(lines: str, is_item: bool, tmp_path: Path) -> None:
    stored = "for run in client.beta.threads.runs.list(thread.id):\n    print(run.id)\n"
    text = rewritten(f"{HEAD}{CREATE}{stored}{lines}\n", tmp_path).text
    assert (ITEM in text) is is_item
