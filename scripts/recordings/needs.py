"""Makes on the sandbox what a recording uses without having made it.

The rule: an id that stands in a request (in its path, or in its body at a key that names an object) or in a row of a
recorded list, and that no earlier answer of the same recording gave, is made first, with what the recording shows of
the object anywhere, unless the recorded answer says that it does not exist (404). Nothing else is made.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from recordings.answers import response_answer, run_answers
from recordings.reading import Interaction
from recordings.routes import Place
from recordings.wire import RefusedError, Wire

ASSISTANT_KEYS = ("name", "description", "instructions", "tools", "metadata", "temperature", "top_p", "response_format")
TERMINAL = frozenset({"completed", "failed", "cancelled", "expired", "incomplete", "requires_action"})
BODY_KEYS = {
    "assistant_id": "assistant",
    "thread_id": "thread",
    "previous_response_id": "response",
    "conversation": "conversation",
    "file_id": "file",
    "file_ids": "file",
    "vector_store_id": "vector_store",
    "vector_store_ids": "vector_store",
    "container": "container",
}
ROWS = {
    "/assistants": "assistant",
    "/threads/{thread}/messages": "message",
    "/threads/{thread}/runs": "run",
    "/conversations/{conversation}/items": "item",
    "/vector_stores": "vector_store",
    "/vector_stores/{vector_store}/files": "vector_store_file",
    "/vector_stores/{vector_store}/file_batches/{batch}/files": "vector_store_file",
    "/files": "file",
    "/containers": "container",
    "/containers/{container}/files": "container_file",
}


@dataclass(frozen=True)
class Need:
    """An object that must exist: its kind and recorded id."""

    kind: str
    id: str


def body_needs(body: Any, key: str = "") -> Iterator[Need]:
    """The objects that a request's body names."""
    if isinstance(body, dict):
        if key == "conversation" and isinstance(body.get("id"), str):
            yield Need("conversation", body["id"])
        if body.get("type") == "item_reference":
            yield Need("item", str(body.get("id")))
        for name, value in body.items():
            if name not in {"metadata", "parameters", "schema"}:
                yield from body_needs(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from body_needs(value, key)
    elif isinstance(body, str) and key in BODY_KEYS and body:
        yield Need(BODY_KEYS[key], body)


@dataclass
class Maker:
    """Makes objects on one sandbox, from what `shown` (every object of the recording, by id) tells of them."""

    wire: Wire
    ids: dict[str, str]
    shown: Mapping[str, dict[str, Any]]
    later: tuple[Interaction, ...] = ()
    refusals: list[str] = field(default_factory=list)
    """What the sandbox would not make, and why."""

    async def meet(self, place: Place, body: Any, rows: Any, succeeded: bool) -> None:
        """Make all that an exchange needs: its path, its body, and the rows of the list that it answers."""
        parents = place.ids
        for need in itertools.chain((Need(*pair) for pair in parents.items()), body_needs(body)):
            if need.id not in self.ids and need.kind != "model" and not _made_by(place, need):
                await self._make(need, parents, body, succeeded)
        kind = ROWS.get(place.template)
        if kind and isinstance(rows, list):
            oldest_first = rows if "order=asc" in place.query else reversed(rows)
            for row in sorted(oldest_first, key=lambda row: row.get("created_at") or 0):
                own = row.get("run_id") in self.ids
                if isinstance(row.get("id"), str) and row["id"] not in self.ids and not own:
                    await self._make(Need(kind, row["id"]), parents, row, succeeded)

    async def _make(self, need: Need, parents: Mapping[str, str], body: Any, succeeded: bool) -> None:
        makers: dict[str, Callable[[str, Mapping[str, str], Any, bool], Awaitable[Any]]] = {
            "assistant": self._assistant,
            "thread": self._thread,
            "message": self._message,
            "run": self._run,
            "step": self._step,
            "response": self._response,
            "conversation": self._conversation,
            "item": self._item,
            "file": self._file,
            "vector_store": self._vector_store,
            "vector_store_file": self._vector_store_file,
            "batch": self._batch,
            "container": self._container,
            "container_file": self._container_file,
        }
        try:
            made = await makers[need.kind](need.id, parents, body, succeeded)
        except RefusedError as error:
            self.refusals.append(f"{need.kind}: {error}")
            return
        learn(self.ids, self.shown.get(need.id), made)
        if isinstance(made, dict) and isinstance(made.get("id"), str):
            self.ids[need.id] = made["id"]

    async def _assistant(self, object_id: str, _parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id) or self._of("assistant_id", object_id)
        known = {key: seen[key] for key in ASSISTANT_KEYS if seen.get(key) is not None}
        return await self.wire.post("/v1/assistants", {"model": seen.get("model") or "gpt-4o", **known})

    async def _thread(self, _object_id: str, parents: Mapping[str, str], body: Any, succeeded: bool) -> Any:
        starts_run = succeeded and isinstance(body, dict) and "assistant_id" in body
        messages = [{"role": "user", "content": "Hello"}] if starts_run or "run" in parents else []
        return await self.wire.post("/v1/threads", {"messages": messages})

    async def _message(self, object_id: str, parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id, {})
        texts = [part["text"]["value"] for part in seen.get("content") or () if part.get("type") == "text"]
        role = "assistant" if seen.get("role") == "assistant" else "user"
        path = f"/v1/threads/{self._now(parents['thread'])}/messages"
        return await self.wire.post(path, {"role": role, "content": "\n".join(texts) or "Hello"})

    async def _run(self, object_id: str, parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id) or self._of("run_id", object_id)
        assistant = str(seen.get("assistant_id") or "assistant")
        if assistant not in self.ids:
            await self._make(Need("assistant", assistant), {}, None, True)
        self.wire.say(run_answers(object_id, self.later))
        path = f"/v1/threads/{self._now(parents['thread'])}/runs"
        return await self.wire.post(path, {"assistant_id": self._now(assistant)})

    async def _step(self, _object_id: str, parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        path = f"/v1/threads/{self._now(parents['thread'])}/runs/{self._now(parents['run'])}/steps"
        for _ in range(200):
            rows = (await self.wire.get(path)).get("data")
            if rows:
                return rows[-1]
            await self.wire.tick()
        return None

    async def _response(self, object_id: str, _parents: Mapping[str, str], body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id)
        calls = seen["output"] if seen and "output" in seen else list(_unmade_calls(body))
        if calls:
            self.wire.say([response_answer({**(seen or {}), "output": calls})])
        asked = body if isinstance(body, dict) else {}
        model = str((seen or asked).get("model") or "gpt-4o")
        made = await self.wire.post("/v1/responses", {"model": model, "input": "Hello"})
        learn(self.ids, {"output": calls}, made)
        return made

    async def _conversation(self, object_id: str, _parents: Mapping[str, str], body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id, {})
        made = {"metadata": seen.get("metadata") or {}, "items": list(_unmade_calls(body))}
        return await self.wire.post("/v1/conversations", made)

    async def _item(self, object_id: str, parents: Mapping[str, str], body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id) or (body if isinstance(body, dict) else {})
        item = {"type": "message", "role": seen.get("role") or "user", "content": seen.get("content") or "Hello"}
        if "conversation" in parents:
            path = f"/v1/conversations/{self._now(parents['conversation'])}/items"
            return (await self.wire.post(path, {"items": [item]}))["data"][0]
        made = await self.wire.post("/v1/responses", {"model": "gpt-4o", "input": "Hello"})
        return made["output"][0]

    async def _file(self, object_id: str, parents: Mapping[str, str], body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id, {})
        purpose = str(seen.get("purpose") or ("vision" if _is_image(body, object_id) else "assistants"))
        made = await self._upload("/v1/files", str(seen.get("filename") or "notes.txt"), purpose=purpose)
        if isinstance(made, dict) and "vector_store" in parents:
            path = f"/v1/vector_stores/{self._now(parents['vector_store'])}/files"
            if not (isinstance(body, dict) and body.get("file_id") == object_id):
                await self.wire.post(path, {"file_id": made["id"]})
        return made

    async def _vector_store(self, object_id: str, _parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        seen = self.shown.get(object_id, {})
        known = {key: seen[key] for key in ("name", "expires_after", "metadata") if seen.get(key) is not None}
        return await self.wire.post("/v1/vector_stores", known)

    async def _vector_store_file(self, object_id: str, parents: Mapping[str, str], _body: Any, _ok: bool) -> Any:
        made = await self._file(object_id, {}, None, True)
        path = f"/v1/vector_stores/{self._now(parents['vector_store'])}/files"
        return await self.wire.post(path, {"file_id": made["id"]})

    async def _batch(self, object_id: str, parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        made = await self._file(object_id, {}, None, True)
        path = f"/v1/vector_stores/{self._now(parents['vector_store'])}/file_batches"
        return await self.wire.post(path, {"file_ids": [made["id"]]})

    async def _container(self, object_id: str, _parents: Mapping[str, str], _body: Any, _succeeded: bool) -> Any:
        name = self.shown.get(object_id, {}).get("name")
        return await self.wire.post("/v1/containers", {"name": name or "container"})

    async def _container_file(self, object_id: str, parents: Mapping[str, str], _body: Any, _ok: bool) -> Any:
        path = str(self.shown.get(object_id, {}).get("path") or "notes.txt")
        return await self._upload(f"/v1/containers/{self._now(parents['container'])}/files", path.rsplit("/", 1)[-1])

    async def _upload(self, path: str, filename: str, **fields: str) -> Any:
        parts = [
            f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        head = f'--part\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        body = "".join(parts) + head + "Content-Type: text/plain\r\n\r\nSome notes.\r\n--part--\r\n"
        headers = {"content-type": "multipart/form-data; boundary=part"}
        return (await self.wire.send("POST", path, body.encode(), **headers)).accepted()

    def _now(self, object_id: str) -> str:
        return self.ids.get(object_id, object_id)

    def _of(self, key: str, object_id: str) -> dict[str, Any]:
        """Some object of the recording that belongs to this one."""
        return next((seen for seen in self.shown.values() if seen.get(key) == object_id), {})


def learn(ids: dict[str, str], was: Any, now: Any) -> None:
    """Take over which id of the sandbox stands where a recorded one stood, unless that is known."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in was.keys() & now.keys():
            if (key == "id" or key.endswith("_id")) and isinstance(was[key], str) and isinstance(now[key], str):
                ids.setdefault(was[key], now[key])
            learn(ids, was[key], now[key])
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for left, right in zip(was, now, strict=True):
            learn(ids, left, right)


def _made_by(place: Place, need: Need) -> bool:
    """Whether the exchange itself makes the object: a file that is put into a store exists, its place there not yet."""
    return place.template == "/threads/runs" and need.kind == "thread"


def _unmade_calls(body: Any) -> Iterator[dict[str, Any]]:
    """The function calls that a request answers without giving them."""
    rows = body.get("input") if isinstance(body, dict) else None
    items = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    given = {row.get("call_id") for row in items if row.get("type") == "function_call"}
    for row in items:
        if row.get("type") == "function_call_output" and row.get("call_id") not in given:
            yield {"type": "function_call", "call_id": row["call_id"], "name": "function", "arguments": "{}"}


def _is_image(body: Any, object_id: str) -> bool:
    if isinstance(body, dict):
        named = body.get("file_id") == object_id
        return (named and body.get("type") == "input_image") or any(
            (key == "image_file" and isinstance(value, dict) and value.get("file_id") == object_id)
            or _is_image(value, object_id)
            for key, value in body.items()
        )
    return isinstance(body, list) and any(_is_image(value, object_id) for value in body)
