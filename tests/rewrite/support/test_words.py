"""Which words of the API a program reads, as far as its support module hangs on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.support.usage import FACTS
from assist2resp.rewrite.support.words import words_of
from tests.rewrite.flows_of import flows_of

param = pytest.param
HEAD = """\
from openai import OpenAI
client = OpenAI()
page = client.beta.threads.messages.list('thread_abc')
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        param("for m in page:\n    print(m.role, m.content[0].text.value)\n", set(), id="texts"),
        param("print([m.content for m in page.data if m.role == 'user'])\n", set(), id="comprehension"),
        param("for m in reversed(list(page)):\n    print(m.id)\n", set(), id="reversed"),
        param("for m in page:\n    print(m.created_at)\n", {"created_at"}, id="attribute"),
        param("print(sorted(page, key=lambda m: m.created_at)[0].id)\n", {"created_at"}, id="key function"),
        param("rows = [m.metadata for m in page.data]\n", {"metadata"}, id="in a comprehension"),
        param("for m in page:\n    print(getattr(m, 'run_id'))\n", FACTS, id="getattr of a message"),
        param("for m in page:\n    print(m)\n", FACTS, id="a whole message shown"),
        param("render('page.html', messages=page.data)\n", FACTS, id="messages given away"),
        param("rows = [m.model_dump() for m in page]\nprint(rows[0]['run_id'])\n", FACTS, id="key of a dump"),
        param("rows.append(page.data[0])\n", FACTS, id="kept elsewhere"),
        param("def show(order):\n    print(order.created_at)\n", {"created_at"}, id="of something unknown"),
        param("from shop import order\nprint(order().metadata)\n", {"metadata"}, id="of another package's"),
        param("print([m.model_dump() for m in page])\n", FACTS, id="dump"),
        param("print(page.to_json())\n", FACTS, id="dump of a page"),
        param("t = client.beta.threads.create()\nprint(t.created_at)\n", set(), id="of a thread"),
        param("done = 'requires_action'\n", {"required_action"}, id="status of calls"),
        param("add(content='x', attachments=files)\n", {"attachments"}, id="keyword"),
    ],
)
def test_words_of_a_program(text: str, expected: set[str], tmp_path: Path) -> None:
    _, inference = flows_of(HEAD + text, tmp_path)
    assert words_of(inference.project, inference) == expected
