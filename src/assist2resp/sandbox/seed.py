"""The objects that a sandbox begins with: `--seed FILE`, JSON or YAML, or the same from Python.

    files:
      - {id: file-policy, filename: policy.md, text: Returns within 30 days.}   # or path: …, purpose: assistants
    vector_stores:
      - {id: vs_policy, name: Policies, file_ids: [file-policy]}
    assistants:
      - {id: asst_support, model: gpt-4o, instructions: Be brief.}
    threads:
      - id: thread_ada
        messages: [{role: user, content: Hello}, {role: assistant, content: Hi.}]
    conversations:
      - {id: conv_ada, items: [{role: user, content: Hello}]}

Every entry is the body of the request that creates such an object, sent to the sandbox's own routes, so that they judge
it. Beyond that an entry may fix its `id` and `created_at`, and a message its `assistant_id` and `run_id`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from starlette.types import ASGIApp, Message

from assist2resp.sandbox import files
from assist2resp.sandbox.app import BEFORE_SUNSET, World, create_app
from assist2resp.sandbox.inputs import Part, part_of
from assist2resp.sandbox.wire import Ids

Source: TypeAlias = str | Path | Mapping[str, Any]
Seed: TypeAlias = dict[str, list[Part]]

KINDS = {
    "files": "file-",
    "vector_stores": "vs_",
    "assistants": "asst_",
    "threads": "thread_",
    "conversations": "conv_",
}
FIXED = ("id", "created_at", "assistant_id", "run_id")
MOST_ITEMS = 20


class WantedIds(Ids):
    """Ids that are asked for come first: the next id of a prefix is the wanted one, if it has that prefix."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.wanted: str | None = None

    def new(self, prefix: str, length: int = 24) -> str:
        """The wanted id, once, or the next of the world's own."""
        if self.wanted is not None and self.wanted.startswith(prefix):
            wanted, self.wanted = self.wanted, None
            return wanted
        return self._ids.new(prefix, length)


def read_seed(source: Source) -> Seed:
    """The entries of a seed by kind, checked as far as that needs no sandbox."""
    root = part_of(Path(source) if isinstance(source, str) else source, "seed")
    kinds = root.mapping(*KINDS)
    found = {kind: kinds[kind].sequence() for kind in KINDS if kind in kinds}
    for kind, parts in found.items():
        for part in parts:
            _check_fixed(part, KINDS[kind])
    return found


def _check_fixed(part: Part, prefix: str) -> None:
    keys = part.mapping()
    if "id" in keys and not keys["id"].text().startswith(prefix):
        raise keys["id"].problem(f"'{keys['id'].value}' does not begin with '{prefix}'.")
    if "created_at" in keys:
        keys["created_at"].whole()


async def plant(world: World, seed: Seed) -> None:
    """Make the objects of a seed that are not there yet, whatever the sandbox's date and key."""
    settings, ids = world.settings, world.ids
    world.settings = replace(settings, sunset=False, today=BEFORE_SUNSET, api_key=None)
    world.ids = WantedIds(ids)
    planter = Planter(world, world.ids, create_app(world))
    try:
        for kind, parts in seed.items():
            for part in parts:
                await planter.make(kind, part)
            await asyncio.gather(*world.tasks)
    finally:
        world.settings, world.ids = settings, ids


class Planter:
    """Makes one object after the other through the application's own routes."""

    def __init__(self, world: World, ids: WantedIds, app: ASGIApp) -> None:
        self._world = world
        self._ids = ids
        self._app = app

    async def make(self, kind: str, part: Part) -> None:
        """Make one object, and what it holds; one whose id exists already stays as it is."""
        keys = part.mapping()
        if "id" in keys and self._world.store.table(kind).get(keys["id"].text()) is not None:
            return
        if kind == "files":
            self._file(part)
            return
        inner = {"threads": "messages", "conversations": "items"}.get(kind, "")
        children = keys[inner].sequence() if inner in keys else []
        made = await self._post(f"/v1/{kind}", part, kind, without=inner)
        if kind == "threads":
            for child in children:
                await self._post(f"/v1/threads/{made}/messages", child, "messages")
        for start in range(0, len(children) if kind == "conversations" else 0, MOST_ITEMS):
            await self._items(made, keys[inner], [child.value for child in children[start : start + MOST_ITEMS]])

    def _file(self, part: Part) -> None:
        keys = part.mapping("id", "created_at", "filename", "text", "path", "purpose")
        if "path" in keys:
            path = part.source.path.parent / keys["path"].text()
            try:
                data, name = path.read_bytes(), path.name
            except OSError as error:
                raise keys["path"].problem(f"{path} cannot be read ({error.strerror}).") from error
        elif "text" in keys:
            data, name = keys["text"].text().encode(), "file.txt"
        else:
            raise part.problem("a file needs 'text' or 'path'.")
        name = keys["filename"].text() if "filename" in keys else name
        purpose = keys["purpose"].text() if "purpose" in keys else "assistants"
        record = files.add_file(self._world, name, data, purpose, file_id=keys["id"].text() if "id" in keys else None)
        self._fix("files", record.id, part)

    async def _items(self, conversation: str, part: Part, items: list[Any]) -> None:
        await self._send(f"/v1/conversations/{conversation}/items", {"items": items}, part)

    async def _post(self, path: str, part: Part, kind: str, without: str = "") -> str:
        keys = part.mapping()
        self._ids.wanted = keys["id"].text() if "id" in keys else None
        body = {key: part.value[key] for key in keys if key not in (*FIXED, without)}
        made: str = (await self._send(path, body, part))["id"]
        self._fix(kind, made, part)
        return made

    def _fix(self, kind: str, object_id: str, part: Part) -> None:
        """Write what no request can say: when it was made, and by which run."""
        record = self._world.store.table(kind).get(object_id)
        given = {key: part.value[key] for key in FIXED[1:] if key in part.value}
        if record is not None and given:
            record.body.update(given)
            self._world.store.table(kind).save(record)

    async def _send(self, path: str, body: dict[str, Any], part: Part) -> dict[str, Any]:
        status, answer = await _post_json(self._app, path, body)
        if status != 200:
            raise part.problem(f"is refused: {answer['error']['message']}")
        return answer


async def _post_json(app: ASGIApp, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    sent: list[Message] = []
    content = json.dumps(body, default=str).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [
        (b"authorization", b"Bearer seed"),
        (b"content-type", b"application/json"),
        (b"openai-beta", b"assistants=v2"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "scheme": "http",
        "server": ("sandbox", 80),
    }
    await app(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))
