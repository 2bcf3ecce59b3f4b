"""Which listings of messages can be listings of items, and why others cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.schema.findings import Level
from tests.rewrite.one_file import rewritten

param = pytest.param

HEAD = "import json\nfrom openai import OpenAI\nclient = OpenAI()\n\ndef show(t, given=None):\n"
LISTING = "client.beta.threads.messages.list(t)"
ITEMS = "client.conversations.items.list(conversation_id(t))"


def shown(body: str, folder: Path) -> str:
    """The rewritten body of a function that is given a thread's id `t`."""
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    return rewritten(text, folder).text.partition("def show(t, given=None):\n")[2]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        param(f"page = {LISTING}\nprint(page.data[0].role)", "    )\n    print(message.role)\n", id="first"),
        param(
            f"page = {LISTING}\nif page.data[0].role == 'user':\n    return", "if message.role == ", id="first in test"
        ),
        param(
            f"message = {LISTING}\nprint(message.data[0].role)", "    message = next(\n", id="first that is called so"
        ),
        param(f"page = {LISTING}\nmessage = given\nprint(page.data[0].role)", "newest_message = next(", id="taken"),
        param(
            f"page = {LISTING[:-1]}, order='asc')\nprint(page.data[0].role, '{{message}}', message)",
            "first_message = next(",
            id="the oldest",
        ),
        param(
            f"a = {LISTING}\nprint(a.data[0].role)\nb = {LISTING}\nprint(b.data[0].role)",
            "    print(newest_message.role)\n",
            id="two of them",
        ),
        param(
            f"page = {LISTING}\nlast = page.data[0]\nprint(last.role)",
            '        if item.type == "message"\n    )\n    print(last.role)\n',
            id="first gets a name",
        ),
        param(
            f"page = {LISTING}\nfound = []\nlast = page.data[0]\nfound += [last.role]",
            "    )\n    found = []\n    found += [last.role]\n",
            id="first gets a name later",
        ),
        param(
            f"found = {LISTING}\n# In order\nfound = list(found)\nfound.reverse()\nfor m in found:\n    print(m.role)",
            "    ]\n    # In order\n    found.reverse()\n",
            id="made a list under its own name",
        ),
        param(
            f"last = given\npage = {LISTING}\nprint(last)\nlast = page.data[0]\nprint(last.role)",
            "    print(last)\n    last = message\n",
            id="first gets a name that is in use",
        ),
        param(
            f"page = {LISTING}\nprint(''.join(c.text.value for c in page.data[0].content if c.type == 'text'))",
            "for c in message.content if",
            id="first at once gone through",
        ),
        param(f"page = {LISTING}\nif given:\n    print(page.data[0].role)", "print(page[0].role)", id="first if any"),
        param(f"page = {LISTING}\nprint(given or page.data[0].role)", "page[0].role", id="first if no other"),
        param(f"page = {LISTING}\ndef f():\n    return page.data[0].role\nf()", "page[0].role", id="first, later"),
        param(
            f"page = {LISTING}\ntry:\n    return page.data[0].role\nexcept IndexError:\n    return 0",
            "page[0].role",
            id="first, or its error",
        ),
        param(f"page = {LISTING}\nyield page.data[0].role", "page[0].role", id="first in a generator"),
        param(f"page = {LISTING}\nprint(page.data[0].role, page.data[1].role)", "page[1].role", id="first and second"),
        param(f"try:\n    {LISTING}\nexcept Exception:\n    print('none')", f"    {ITEMS}\n", id="asked for nothing"),
        param(f"print({LISTING})", f"    print({ITEMS})\n", id="printed whole"),
        param(
            f"page = {LISTING[:-1]}, limit=5)\nprint(page)", f"    page = {ITEMS[:-1]}, limit=5)\n", id="only printed"
        ),
        param(
            f"page = {LISTING}\nprint(page.model_dump_json())",
            f"    page = {ITEMS}\n    print(page.model",
            id="only dumped",
        ),
        param(
            f"page = {LISTING}\nprint(str(type(page)), page)\nprint(page.data[0].role)",
            '        if item.type == "message"\n    ]\n    print(str(type(page)), page)\n    print(page[0].role)\n',
            id="printed and read",
        ),
        param(f"for m in {LISTING}:\n    print(m)", "continue\n        print(m)\n", id="each is printed"),
        param(
            f"page = {LISTING}\nprint(page)\nfor m in page.data:\n    print(m.content[0].text, m.role)",
            "    ][:20]\n    print(page)\n    for m in page:\n        print(m.content[0].text, m.role)\n",
            id="printed, and a page of it read",
        ),
        param(f"for m in {LISTING}:\n    print(m.role, m.id)", f"for m in {ITEMS}:", id="loop"),
        param(f"return [m.role for m in {LISTING}]", f'for m in {ITEMS} if m.type == "message"]', id="comprehension"),
        param(
            f"return [\n    m.role\n    for m in {LISTING}\n]",
            f'        for m in {ITEMS}\n        if m.type == "message"\n    ]',
            id="comprehension on lines",
        ),
        param(
            f"return [m.id for m in {LISTING} if m.role == 'user' or given]",
            "if m.type == \"message\" and (m.role == 'user' or given)]",
            id="condition with or",
        ),
        param(f"page = {LISTING}\nfor m in page.data:\n    print(m.role)", "][:20]", id="a page is cut"),
        param(f"page = {LISTING[:-1]}, limit=3)\nprint(len(page.data))", "][:3]", id="a limited page is cut"),
        param(
            f"page = {LISTING}\nfor m in page.data[1:4]:\n    print(m.role)",
            "    ]\n    for m in page[1:4]:",
            id="cut itself",
        ),
        param(
            f"page = {LISTING}\nprint(len(page.data[:21]))", "    ][:20]\n    print(len(page[:21]))", id="cut by more"
        ),
        param(
            f"page = {LISTING}\nprint(len(page.data[-3:]))",
            "    ][:20]\n    print(len(page[-3:]))",
            id="cut at the end",
        ),
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
        param(
            f"found = []\nwhile given:\n    found = {LISTING}\n    found = [m for m in found if m.role == 'user']\nprint(found[0].role)",
            "        found = [m for m in found if m.role == 'user']\n    print(found[0].role)\n",
            id="empty at first, then replaced at once",
        ),
        param(
            f"found = []\nfor m in {LISTING}:\n    if m.role == 'user':\n        found.append(m)\nprint(len(found), found[-1].content[0].text.value)",
            "            found.append(m)\n    print(len(found), found[-1].content[0].text)\n",
            id="put into a list",
        ),
        param(
            f"def tell(page):\n    for m in page.data:\n        print(m.role)\ntell({LISTING})",
            "        for m in page:\n",
            id="a page goes to a function",
        ),
        param(
            f"last = None\nfor m in {LISTING}:\n    last = m\nif last is not None:\n    print(last.role)",
            "        last = m\n    if last is not None:\n        print(last.role)\n",
            id="none at first",
        ),
        param(
            f"for m in {LISTING}:\n    print(m.content[0].text.annotations)",
            "        print(cited_text(m.content[0]).annotations)\n",
            id="citations",
        ),
        param(
            f"text = {LISTING}.data[0].content[0].text\ntext.value = text.value.replace(text.annotations[0].text, '')\nreturn text",
            "    text = cited_text(next(\n",
            id="citations of the newest, taken out of it",
        ),
        param(
            f"page = {LISTING}\nreturn page.dict()['data'][0]['content'][0]['text']['value']",
            "    ]\n    return page[0].content[0].text\n",
            id="dictionaries",
        ),
        param(
            f"page = {LISTING}\ndata = json.loads(page.model_dump_json())\nfor m in data['data']:\n    print(m['id'], m['role'])",
            "    data = page\n    for m in data:\n        print(m.id, m.role)\n",
            id="dictionaries of a text",
        ),
        param(
            f"for m in {LISTING}:\n    d = m.to_dict()\n    print([c['text']['value'] for c in d['content'] if c['type'] == 'text'])",
            "[c.text for c in d.content if c.type in ('input_text', 'output_text')]",
            id="a dictionary of each",
        ),
        param(
            f"for m in {LISTING}:\n    said = m.content[0].text.model_dump(mode='json')\n    print(said['value'])",
            "        said = m.content[0].text\n        print(said)\n",
            id="a dictionary of the text",
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
        param(
            f"page = {LISTING}\nprint(page.model_dump_json())\nfor m in page:\n    print(m.role)", id="dumped and read"
        ),
        param(f"page = {LISTING}\nprint(vars(page))\nfor m in page:\n    print(m.role)", id="opened and read"),
        param(f"return str({LISTING})", id="given to others as a text"),
        param(f"for m in {LISTING}:\n    print(m.model_dump()['created_at'])", id="time in a dictionary"),
        param(f"for m in {LISTING}:\n    print(m.dict().get('role'))", id="dictionary asked for a key"),
        param(f"for m in {LISTING}:\n    print(m.dict(exclude={{'role'}})['id'])", id="dictionary of some keys"),
        param(f"for key in {LISTING}.dict():\n    print(key)", id="keys of a dictionary"),
        param(f"d = {LISTING}.dict()\nprint(json.dumps(d))\nprint(d['data'][0]['id'])", id="dictionary as JSON"),
        param(f"d = {LISTING}.dict()\nprint(d[given])", id="dictionary asked for any key"),
        param(
            f"for m in {LISTING}:\n    d = m.dict()\n    d['role'] = 'me'\n    print(d['role'])",
            id="dictionary changed",
        ),
        param(f"return {LISTING}", id="returned to nobody"),
        param(f"for m in {LISTING}:\n    print(m.created_at)", id="time"),
        param(f"for m in {LISTING}:\n    print(m.metadata)", id="metadata"),
        param(
            f"for m in {LISTING}:\n    m.content[0].text.value = ''\n    print(m.content[0].text.value)",
            id="changed and read again",
        ),
        param(
            f"for m in {LISTING}:\n    print(m.to_dict()['content'][0]['text']['annotations'])", id="citations by key"
        ),
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
        param(
            f"found = []\ntry:\n    found = {LISTING}\n    found = [m for m in found]\nexcept OSError:\n    pass\nprint(found[0].role)",
            id="replaced unless it fails",
        ),
        param(
            f"found = []\nwhile given:\n    found = {LISTING}\n    if t:\n        break\n    found = [m for m in found]\nprint(found[0].role)",
            id="replaced unless the loop ends",
        ),
        param(
            f"found = []\nfound.append(given)\nif given:\n    found = [m for m in {LISTING}]\nfor m in found:\n    print(m.role)",
            id="a list that held something",
        ),
        param(
            f"found = []\nfor m in {LISTING}:\n    found.append(m)\nfound.append(given)\nprint(found[0].role)",
            id="put beside something",
        ),
        param(
            f"found = [given]\nfor m in {LISTING}:\n    found.append(m)\nprint(found[0].role)",
            id="put behind something",
        ),
        param(
            f"found = []\nfor m in {LISTING}:\n    found.append(m)\nfound.extend(given)\nprint(found[0].role)",
            id="put before something",
        ),
        param(f"found = []\nfor m in {LISTING}:\n    found.append(m)\nreturn found", id="put into a list for nobody"),
        param(f"page = given\nif given:\n    page = {LISTING}\nprint(page.data[0].role)", id="one of two"),
        param(f"page = {LISTING}\nfor m in page:\n    print(m.role)\nprint(len(page.data))", id="both all and a page"),
    ],
)
def test_messages(body: str, tmp_path: Path) -> None:
    assert "threads(client)" in shown(body, tmp_path)


@pytest.mark.parametrize(
    ("body", "level"),
    [
        param(f"print({LISTING})", Level.REVIEW, id="printed"),
        param(f"for m in {LISTING}:\n    print(m.role, m)", Level.REVIEW, id="one of them printed"),
        param(f"for m in {LISTING}:\n    logging.info('Got %s', m)", Level.FIXED, id="logged"),
        param(f"for m in {LISTING}:\n    print(m.role)", Level.FIXED, id="not whole"),
    ],
)
def test_what_users_see_whole_is_for_review(body: str, level: Level, tmp_path: Path) -> None:
    text = "import logging\n" + HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    found = [finding for finding in rewritten(text, tmp_path).findings if finding.code == "A2R260"]
    assert [finding.level for finding in found] == [level]
    assert ("where they are shown whole" in found[0].message) is (level is Level.REVIEW)


def test_what_another_module_does_with_a_page(tmp_path: Path) -> None:
    listed = HEAD + f"    page = {LISTING}\n    return page\n"
    after = rewritten(
        {"main.py": listed, "other.py": "from main import show\npage = show('t')\nprint(page)\n"}, tmp_path
    )
    assert 'if item.type == "message"' in after.text


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


def test_a_page_that_is_awaited_is_a_list(tmp_path: Path) -> None:
    """`async for` goes through the SDK's page, not through a list."""
    text = HEAD.replace("OpenAI", "AsyncOpenAI").replace("def", "async def")
    text += f"    page = await {LISTING}\n    async for m in page:\n        print(m.id)\n    return [m.role async for m in page]\n"
    found = rewritten(text, tmp_path).text
    assert "    for m in page:\n" in found
    assert "return [m.role for m in page]" in found
    assert f"async for item in {ITEMS}" in found


WRITE = 'client.beta.threads.messages.create(t, role="user", content=given)\n'
PART = '"content": [{"type": "input_text", "text": given}]'


@pytest.mark.parametrize(
    ("body", "in_parts"),
    [
        param(f"for m in {LISTING}:\n    print(m.content[0].text.value)", True, id="all messages"),
        param(f"page = {LISTING}\nprint(page.data[1].content[0].text.value)", True, id="an earlier one"),
        param(f'page = {LISTING[:-1]}, order="asc")\nprint(page.data[0].content[0].text.value)', True, id="the oldest"),
        param(f"print({LISTING}.data[0].content[0].text.value)", False, id="the newest"),
        param(f"page = {LISTING}\nprint(page.data[0].content[0].text.value)", False, id="the newest of a page"),
        param(f"for m in {LISTING}:\n    print(m.role)", False, id="no part"),
    ],
)
def test_a_text_is_written_as_the_part_that_is_read(body: str, in_parts: bool, tmp_path: Path) -> None:
    found = shown(WRITE + body, tmp_path)
    assert ('"content": given' in found) is not in_parts
    assert (PART in found) is in_parts


def test_a_list_is_indented_as_its_file(tmp_path: Path) -> None:
    text = "from openai import OpenAI\nclient = OpenAI()\n\ndef show_all_messages(thread):\n\tlisted = client.beta.threads.messages.list(thread, order='asc')\n\tfor m in listed:\n\t\tprint(m.role)\n"
    assert "[\n\t\titem\n\t\tfor item" in rewritten(text, tmp_path).text


RUN = "run = client.beta.threads.runs.create(thread_id=t, assistant_id='asst_abc')\nprint(run.started_at)\n"


@pytest.mark.parametrize(
    ("body", "is_listed"),
    [
        param(f"print({LISTING})", False, id="printed"),
        param(f"page = {LISTING}\nprint(page)\nfor m in page:\n    print(m.role)", False, id="printed and read"),
        param(f"logging.info({LISTING})", True, id="logged"),
        param(
            f"def tell(page):\n    print(page)\n    for m in page:\n        print(m.role)\ntell({LISTING})\ntell({LISTING})",
            False,
            id="printed where another is",
        ),
        param(f"print({LISTING})\nfor m in {LISTING}:\n    print(m.role)", True, id="another is read"),
    ],
)
def test_where_the_support_module_runs_it_lists_what_users_see_whole(
    body: str, is_listed: bool, tmp_path: Path
) -> None:
    assert (ITEMS in shown(f"import logging\n{RUN}{body}", tmp_path)) is is_listed
