"""Which listings of messages can be listings of items, and why others cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = "from openai import OpenAI\nclient = OpenAI()\n\ndef show(t, given=None):\n"
LISTING = "client.beta.threads.messages.list(t)"
ITEMS = "client.conversations.items.list(conversation_id(t))"


def shown(body: str, folder: Path) -> str:
    """The rewritten body of a function that is given a thread's id `t`."""
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    return rewritten(text, folder).text.partition("def show(t, given=None):\n")[2]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        param(
            f"page = {LISTING}\nprint(page.data[0].content[0].text.value)", "print(page[0].content[0].text)", id="first"
        ),
        param(f"for m in {LISTING}:\n    print(m.role, m.id)", f"for m in {ITEMS}:", id="loop"),
        param(f"return [m.role for m in {LISTING}]", f'for m in {ITEMS} if m.type == "message"]', id="comprehension"),
        param(
            f"return [m.id for m in {LISTING} if m.role == 'user' or given]",
            "if m.type == \"message\" and (m.role == 'user' or given)]",
            id="condition with or",
        ),
        param(f"page = {LISTING}\nfor m in page.data:\n    print(m.role)", "][:20]", id="a page is cut"),
        param(f"page = {LISTING[:-1]}, limit=3)\nprint(len(page.data))", "][:3]", id="a limited page is cut"),
        param(
            f"page = {LISTING}\nfor m in page:\n    print(m.role)", "    ]\n    for m in page:", id="all pages are not"
        ),
        param(
            f"for m in {LISTING}.data:\n    print(m.role)",
            "    ][:20]\n    for m in messages:\n",
            id="a page gets a name for its loop",
        ),
        param(
            f"messages = {LISTING}\nmessages = messages.data\nprint(messages[0].role)",
            "    ]\n    print(messages[0].role)\n",
            id="rebound to its data",
        ),
        param(
            f"for m in {LISTING}:\n    for c in m.content:\n        if c.type != 'text':\n            continue\n        print(c.text.value)",
            "if c.type not in ('input_text', 'output_text'):",
            id="parts that are no text",
        ),
        param(f"last = list({LISTING})[-1]\nprint(last.role)", "    ][-1]\n", id="list of the page"),
        param(
            f"found = next((m for m in {LISTING} if m.role == 'user'), None)\nif found is None:\n    return\nprint(found.id)",
            "for m in " + ITEMS,
            id="next",
        ),
    ],
)
def test_items(body: str, after: str, tmp_path: Path) -> None:
    found = shown(body, tmp_path)
    assert after in found
    assert "threads(client)" not in found


@pytest.mark.parametrize(
    "body",
    [
        param(f"print({LISTING})", id="printed whole"),
        param(f"return {LISTING}", id="returned to nobody"),
        param(f"for m in {LISTING}:\n    print(m.created_at)", id="time"),
        param(f"for m in {LISTING}:\n    print(m.metadata)", id="metadata"),
        param(f"for m in {LISTING}:\n    print(m.content[0].text.annotations)", id="annotations"),
        param(f"for m in {LISTING}:\n    m.content[0].text.value = ''", id="changed in place"),
        param(f"for m in {LISTING}:\n    print(m.content[0].type)", id="type shown"),
        param(f"for m in {LISTING}:\n    given.append(m)", id="stored"),
        param(f"page = {LISTING}\nprint(page.has_more, page.data[0].role)", id="paging"),
        param(f"page = {LISTING}\nif page:\n    print(page.data[0].role)", id="truth of the page"),
        param(
            f"page = {LISTING} if given else None\nprint(page.data[0].role if page else given)", id="truth of either"
        ),
        param(f"page = {LISTING[:-1]}, run_id=given)\nprint(page.data[0].role)", id="of a run"),
        param(f"page = {LISTING[:-1]}, before=given)\nprint(page.data[0].role)", id="before"),
        param(f"page = {LISTING[:-1]}, after=given)\nprint(page.data[0].role)", id="after something unknown"),
        param(f"page = {LISTING[:-1]}, limit=given)\nprint(len(page.data))", id="limit that may be None"),
        param(f"page = given\nif given:\n    page = {LISTING}\nprint(page.data[0].role)", id="one of two"),
        param(f"page = {LISTING}\nfor m in page:\n    print(m.role)\nprint(len(page.data))", id="both all and a page"),
    ],
)
def test_messages(body: str, tmp_path: Path) -> None:
    assert "threads(client)" in shown(body, tmp_path)


def test_a_name_used_again_is_another_variable(tmp_path: Path) -> None:
    body = f"m = given.first()\nprint(m.text.value)\nfor m in {LISTING}:\n    print(m.content[0].text.value)"
    found = shown(body, tmp_path)
    assert "print(m.text.value)" in found
    assert "print(m.content[0].text)" in found


def test_a_listing_is_followed_into_functions(tmp_path: Path) -> None:
    text = f"{HEAD}    return {LISTING}\n\ndef tell(messages):\n    for m in messages:\n        print(m.content[0].text.value)\n\ntell(show('thread_abc'))\n"
    found = rewritten(text, tmp_path).text
    assert "print(m.content[0].text)" in found
    assert "client.conversations.items.list(conversation_id(t))" in found


def test_a_function_given_something_else_keeps_its_messages(tmp_path: Path) -> None:
    text = f"{HEAD}    return {LISTING}\n\ndef tell(messages):\n    for m in messages:\n        print(m.content[0].text.value)\n\ntell(show('thread_abc'))\ntell(given)\n"
    assert "print(m.content[0].text.value)" in rewritten(text, tmp_path).text


def test_a_method_that_is_only_named_is_no_call(tmp_path: Path) -> None:
    text = f"{HEAD}    start = given or client.beta.threads.runs.create\n    print(start, {LISTING}.data[0].role)\n"
    assert "runs.create" in rewritten(text, tmp_path).text
