"""A real PostgreSQL: ids by the million, streamed; messages in a column of JSON; errors without the password."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from assist2resp.errors import UsageError
from assist2resp.export.database import rows_of
from assist2resp.export.source import Settings
from tests.export.scenes import conversations, exported
from tests.postgres import PASSWORD, postgres, program

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(program("initdb") is None, reason="needs Debian's package postgresql"),
]
MOST_GROWTH = 40 * 2**20
"""Bytes that ten times as many ids may cost: the checkpoint's cache is the only thing that grows, to its limit."""

TAKE = """
import asyncio, resource, sys
from pathlib import Path
from assist2resp.cli._thread_ids import wanted_threads
from assist2resp.export.engine import export
from assist2resp.export.source import Unit

class Source:
    place, concurrency, wanted = "stub", 16, ""
    async def units(self):
        for thread_id in wanted_threads(None, sys.argv[1], sys.argv[2]):
            yield Unit("threads", thread_id)
    async def fetch(self, unit):
        return
        yield
    async def close(self):
        pass

export(Source(), Path(sys.argv[3]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.fixture(scope="module")
def url():
    with postgres() as running:
        yield running


def test_a_million_ids_are_streamed(url, tmp_path):
    peaks = []
    for count in (100_000, 1_000_000):
        query = f"SELECT 'thread_' || number FROM generate_series(1, {count}) AS number"
        command = [sys.executable, "-c", TAKE, url, query, str(tmp_path / str(count))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < MOST_GROWTH, peaks
    assert peaks[1] < 250 * 2**20, peaks


def test_a_column_of_json(url, tmp_path, out, monkeypatch):
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE chat (id serial, chat text, body jsonb, sent timestamptz)"))
        insert = sqlalchemy.text("INSERT INTO chat (chat, body, sent) VALUES (:chat, CAST(:body AS jsonb), :sent)")
        for number, role in enumerate(("user", "assistant")):
            body = f'{{"role": "{role}", "content": "text {number}"}}'
            connection.execute(insert, {"chat": "c1", "body": body, "sent": f"2024-05-01T12:00:0{number}Z"})
    engine.dispose()
    monkeypatch.setenv("CHAT_DATABASE", url)
    (tmp_path / "chat.toml").write_text(
        'database = "env:CHAT_DATABASE"\nquery = "SELECT * FROM chat ORDER BY id"\n'
        '[columns]\nthread = "chat"\nmessage = "body"\nid = "id"\ncreated_at = "sent"\n'
    )
    manifest = exported("dump", Settings(inputs=(tmp_path / "chat.toml",)), out)
    assert manifest.complete
    items = conversations(out)["c1"]["items"]
    assert [entry["item"]["content"][0]["text"] for entry in items] == ["text 0", "text 1"]
    assert items[0]["origin"]["created_at"] == 1714564800
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in everything


WRONG = {
    "a wrong password": (lambda url: url.replace(PASSWORD, f"{PASSWORD}x"), "SELECT 1", "password authentication"),
    "no such database": (lambda url: re.sub(r"/postgres$", "/nowhere", url), "SELECT 1", "does not exist"),
    "no such table": (lambda url: url, "SELECT id FROM nowhere", "does not exist"),
    "no SQL": (lambda url: url, "threads please", "syntax error"),
    "nobody there": (lambda url: re.sub(r":\d+/", ":9/", url), "SELECT 1", "refused"),
}


@pytest.mark.parametrize(("change", "query", "message"), WRONG.values(), ids=WRONG)
def test_what_fails_is_one_sentence_without_the_password(change, query, message, url):
    with pytest.raises(UsageError, match=message) as caught:
        list(rows_of(change(url), query))
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
