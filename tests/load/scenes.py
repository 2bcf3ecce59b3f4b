"""What the tests of loads have in common: archives, a server of the new API, and what is on it afterwards."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from assist2resp.load.engine import load
from assist2resp.load.reading import Choice
from assist2resp.load.session import Result, Settings
from assist2resp.mapping.items import Thread, conversation_of
from assist2resp.sandbox import sandbox
from assist2resp.schema.archive import ConversationRecord, Manifest, VectorStoreRecord

KEY = "sk-canary-7f3a9c2e51d84b60"
SIZES = {"thread_a": 0, "thread_b": 1, "thread_c": 45, "thread_d": 20, "thread_e": 21}
MADE = 1_700_000_000


def text(value: str, annotations: list[Any] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": annotations or []}}


def image(file_id: str) -> dict[str, Any]:
    return {"type": "image_file", "image_file": {"file_id": file_id, "detail": "low"}}


def message(thread: str, number: int, *content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A message of a thread, of the user and the assistant in turn."""
    own = {"id": f"msg_{thread}_{number}", "role": "assistant" if number % 2 else "user", "object": "thread.message"}
    shown = list(content) or [text(f"Turn {number} of {thread}.")]
    return {**own, "created_at": MADE + number, "content": shown, "metadata": {"n": str(number)}, **changes}


def thread(name: str, size: int, **changes: Any) -> Thread:
    about = {"id": name, "created_at": MADE, "metadata": {"customer": name}, **changes}
    return Thread(name, about, [message(name, number) for number in range(size)])


def archive(folder: Path, *threads: Thread, stores: tuple[VectorStoreRecord, ...] = ()) -> Path:
    """An archive of these threads, or of those of `SIZES`."""
    records = [conversation_of(one) for one in threads or [thread(name, size) for name, size in SIZES.items()]]
    (folder / "conversations").mkdir(parents=True, exist_ok=True)
    models = [ConversationRecord.model_validate(record) for record in sorted(records, key=itemgetter("thread_id"))]
    lines = "".join(f"{model.model_dump_json()}\n" for model in models)
    (folder / "conversations/part-00001.jsonl").write_text(lines, encoding="utf-8")
    for store in stores:
        (folder / "vector_stores").mkdir(exist_ok=True)
        (folder / f"vector_stores/{store.id}.json").write_text(store.model_dump_json())
    items = sum(len(record["items"]) for record in records)
    converted = {"conversations": len(records), "items": items}
    manifest = Manifest(tool_version="1", sources=(), complete=True, counts={}, converted=converted, files={})
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


@contextlib.contextmanager
def new_world(**options: Any) -> Iterator[Any]:
    """A server without the old API."""
    with sandbox(sunset=True, **options) as server:
        yield server
        assert server.failures == [], server.failures


def settings(server: Any, **changes: Any) -> Settings:
    return Settings(**{"base_url": server.url, "api_key": KEY, "patience": 0.001, **changes})


def loaded(folder: Path, server: Any, **changes: Any) -> Result:
    return load(folder, settings(server, **changes))


def only(*names: str) -> Choice:
    return Choice(frozenset(names))


def conversations(server: Any) -> dict[str, list[dict[str, Any]]]:
    """The items of every conversation that has any, by its id."""
    store = server.world.store
    rows = {
        row.id: [item.body for item in store.table("items").of(row.id)] for row in store.table("conversations").all()
    }
    return {name: items for name, items in rows.items() if items}


def said(items: list[dict[str, Any]]) -> list[str]:
    return [
        part.get("text") or part.get("refusal") or part["type"] for item in items for part in item.get("content", [])
    ]


def turns(name: str, size: int) -> list[str]:
    return [f"Turn {number} of {name}." for number in range(size)]


def rows(path: Path, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def id_map(folder: Path) -> dict[str, str]:
    return dict(rows(folder / "id_map.sqlite", "SELECT old, new FROM ids"))


def check_exactly_once(folder: Path, server: Any, sizes: dict[str, int] = SIZES) -> None:
    """Every item of every thread is once where the map says, and nowhere else."""
    found = conversations(server)
    mapped = id_map(folder)
    assert {name: said(found.get(mapped[name], [])) for name in sizes} == {
        name: turns(name, size) for name, size in sizes.items()
    }
    assert set(found) == {mapped[name] for name, size in sizes.items() if size}
    for name, size in sizes.items():
        items = found.get(mapped[name], [])
        assert [mapped[f"msg_{name}_{number}"] for number in range(size)] == [item["id"] for item in items]
