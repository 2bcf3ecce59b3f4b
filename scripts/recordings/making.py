"""Makes on the sandbox what a recording needs, by requests of the two APIs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from assist2resp.sandbox.prompt import Answer, FunctionCall, Usage
from recordings.answers import response_answer
from recordings.ids import known_model, learn, renamed
from recordings.needs import ROWS, Need, Use, body_needs, purpose_of, unmade_calls
from recordings.reading import Interaction
from recordings.run_answers import run_answers
from recordings.wire import RefusedError, Wire

ASSISTANT_KEYS = (
    "name",
    "description",
    "instructions",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "response_format",
)
RUN_KEYS = (
    "instructions",
    "metadata",
    "max_completion_tokens",
    "max_prompt_tokens",
    "truncation_strategy",
    "response_format",
    "tool_choice",
    "parallel_tool_calls",
)
RESPONSE_KEYS = ("instructions", "metadata", "tools", "tool_choice", "text", "max_output_tokens", "background")
CONTENT = {"jsonl": '{"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {}}\n'}
"""What is in a file of this kind, where the recording does not show it."""
Maker: TypeAlias = Callable[[str, Use, dict[str, Any]], Awaitable[Any]]


@dataclass
class Workshop:
    """Makes objects on one sandbox, from what `shown` (every object of the recording, by id) tells of them."""

    wire: Wire
    ids: dict[str, str]
    shown: Mapping[str, dict[str, Any]]
    later: Sequence[Interaction] = ()
    refusals: list[str] = field(default_factory=list)
    """What the sandbox would not make, and why."""

    async def meet(self, use: Use) -> None:
        """Make all that an exchange needs: what it names, and the rows of the list that it answers."""
        for need in use.named():
            if need.id not in self.ids and not (use.place.template == "/threads/runs" and need.kind == "thread"):
                await self._make(need, use)
        kind = ROWS.get(use.place.template)
        if kind is not None:
            if use.has_more:
                await self._make(Need(kind, ""), use)
            for row in await self._missing(use):
                if row.get("run_id") is None:
                    await self._make(Need(kind, str(row.get("id") or row.get("file_id"))), use, row)
                elif row["run_id"] not in self.ids:
                    await self._make(Need("run", str(row["run_id"])), use)
                    await self._until_idle(f"/v1/threads/{self._now(use, 'thread')}/runs")

    async def _missing(self, use: Use) -> list[dict[str, Any]]:
        """The rows that the recording has not made: those of unknown ids, less the sandbox's rows of unknown ids."""
        unknown = [row for row in use.rows if (row.get("id") or row.get("file_id")) not in self.ids]
        unknown = [row for row in unknown if row.get("run_id") not in self.ids]
        if not unknown or use.place.template.endswith("/search"):
            return unknown
        there = await self.wire.get(use.place.path(self.ids))
        rows = there.get("data") if isinstance(there, dict) else None
        known = set(self.ids.values())
        strangers = [row for row in rows or () if row["id"] not in known and row.get("run_id") not in known]
        return unknown[: max(len(unknown) - len(strangers), 0)]

    async def _make(self, need: Need, use: Use, row: dict[str, Any] | None = None) -> None:
        makers: dict[str, Maker] = {
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
            "found_file": self._vector_store_file,
            "batch": self._batch,
            "container": self._container,
            "container_file": self._container_file,
        }
        seen = row or self.shown.get(need.id, {})
        try:
            made = await makers[need.kind](need.id, use, seen)
        except RefusedError as error:
            self.refusals.append(f"{need.kind}: {error}")
            return
        learn(self.ids, seen, made)
        if isinstance(made, dict) and isinstance(made.get("id"), str):
            self.ids[need.id] = made["id"]

    async def _assistant(self, object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        seen = seen or self._of("assistant_id", object_id)
        for need in body_needs(seen.get("tool_resources")):
            if need.id not in self.ids:
                await self._make(need, use)
        body = {"model": known_model(seen.get("model")), **_known(seen, ASSISTANT_KEYS)}
        return await self.wire.post("/v1/assistants", renamed(body, self.ids))

    async def _thread(self, _object_id: str, use: Use, _seen: dict[str, Any]) -> Any:
        starts_run = use.succeeded and isinstance(use.body, dict) and "assistant_id" in use.body
        has_runs = "run" in use.parents or use.place.template == "/threads/{thread}/runs"
        messages = [{"role": "user", "content": "Hello"}] if starts_run or (has_runs and use.body is None) else []
        return await self.wire.post("/v1/threads", {"messages": messages})

    async def _message(self, _object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        texts = [part["text"]["value"] for part in seen.get("content") or () if part.get("type") == "text"]
        role = "assistant" if seen.get("role") == "assistant" else "user"
        said = {"role": role, "content": "\n".join(texts) or "Hello", **_known(seen, ("metadata",))}
        return await self.wire.post(f"/v1/threads/{self._now(use, 'thread')}/messages", said)

    async def _run(self, object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        seen = seen or self._of("run_id", object_id)
        assistant = str(seen.get("assistant_id") or "assistant")
        if assistant not in self.ids:
            await self._make(Need("assistant", assistant), use)
        path = f"/v1/threads/{self._now(use, 'thread')}/runs"
        await self._until_idle(path)
        awaited = _awaited_calls(use)
        before, after = _parted(run_answers(object_id, self.later), awaited)
        self.wire.say(before)
        made = await self.wire.post(
            path, {"assistant_id": self.ids.get(assistant, assistant), **_known(seen, RUN_KEYS)}
        )
        if seen.get("status") == "cancelled":
            await self.wire.post(f"{path}/{made['id']}/cancel", {})
        if awaited:
            await self._map_calls(f"{path}/{made['id']}", awaited)
            self.wire.say(after)
        return made

    async def _map_calls(self, path: str, awaited: Sequence[FunctionCall]) -> None:
        """Let the run come to its calls, and take over their ids."""
        for _ in range(200):
            action = (await self.wire.get(path)).get("required_action")
            if action:
                calls = action["submit_tool_outputs"]["tool_calls"]
                self.ids |= {was.call_id: now["id"] for was, now in zip(awaited, calls, strict=False)}
                return
            await self.wire.tick()

    async def _until_idle(self, path: str) -> None:
        for _ in range(400):
            runs = (await self.wire.get(path)).get("data") or []
            if not any(run["status"] in {"queued", "in_progress", "cancelling"} for run in runs):
                return
            await self.wire.tick()

    async def _step(self, _object_id: str, use: Use, _seen: dict[str, Any]) -> Any:
        path = f"/v1/threads/{self._now(use, 'thread')}/runs/{self._now(use, 'run')}/steps"
        for _ in range(200):
            rows = (await self.wire.get(path)).get("data")
            if rows:
                return rows[-1]
            await self.wire.tick()
        return None

    async def _response(self, _object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        calls = seen["output"] if seen.get("output") else unmade_calls(use.body)
        if calls:
            self.wire.say([response_answer({**seen, "output": calls})])
        model = seen.get("model") or (use.body.get("model") if isinstance(use.body, dict) else None)
        body = {"model": known_model(model), "input": "Hello", **_known(seen, RESPONSE_KEYS)}
        if "stream=true" in use.place.query:
            body |= {"background": True, "stream": True}
        made = await self.wire.post("/v1/responses", body)
        learn(self.ids, {"output": calls}, made)
        return made

    async def _conversation(self, _object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        made = {**_known(seen, ("metadata",)), "items": unmade_calls(use.body)}
        return await self.wire.post("/v1/conversations", made)

    async def _item(self, _object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        item = {"type": "message", "role": seen.get("role") or "user", "content": seen.get("content") or "Hello"}
        if "conversation" in use.parents:
            path = f"/v1/conversations/{self._now(use, 'conversation')}/items"
            return (await self.wire.post(path, {"items": [item]}))["data"][0]
        made = await self.wire.post("/v1/responses", {"model": "gpt-4o", "input": "Hello"})
        return made["output"][0]

    async def _file(self, object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        read = use.place.template == "/files/{file}/content"
        purpose = str(seen.get("purpose") or ("batch" if read else purpose_of(use.body, object_id)))
        image = purpose == "vision"
        name = str(seen.get("filename") or ("notes.jsonl" if purpose in {"batch", "fine-tune"} else "notes.txt"))
        text = "\n".join(str(row.get("text", "")) for row in use.rows)
        made = await self._upload("/v1/files", "a.png" if image else name, text, purpose=purpose)
        attached = isinstance(use.body, dict) and use.body.get("file_id") == object_id
        if "vector_store" in use.parents and not attached:
            path = f"/v1/vector_stores/{self._now(use, 'vector_store')}/files"
            await self.wire.post(path, {"file_id": made["id"], **_known(seen, ("attributes",))})
            await self.wire.tick(1.0)
        return made

    async def _vector_store(self, _object_id: str, _use: Use, seen: dict[str, Any]) -> Any:
        return await self.wire.post("/v1/vector_stores", _known(seen, ("name", "expires_after", "metadata")))

    async def _vector_store_file(self, _object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        parts = seen.get("content") or ()
        text = "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
        made = await self._upload("/v1/files", str(seen.get("filename") or "notes.txt"), text, purpose="assistants")
        path = f"/v1/vector_stores/{self._now(use, 'vector_store')}/files"
        linked = await self.wire.post(path, {"file_id": made["id"], **_known(seen, ("attributes",))})
        await self.wire.tick(1.0)
        return linked

    async def _batch(self, _object_id: str, use: Use, _seen: dict[str, Any]) -> Any:
        files = []
        for row in use.rows or [{"id": ""}]:
            made = await self._upload("/v1/files", "notes.txt", purpose="assistants")
            self.ids[str(row["id"])] = made["id"]
            files.append(made["id"])
        path = f"/v1/vector_stores/{self._now(use, 'vector_store')}/file_batches"
        return await self.wire.post(path, {"file_ids": files})

    async def _container(self, _object_id: str, _use: Use, seen: dict[str, Any]) -> Any:
        return await self.wire.post("/v1/containers", {"name": "container", **_known(seen, ("name",))})

    async def _container_file(self, _object_id: str, use: Use, seen: dict[str, Any]) -> Any:
        name = str(seen.get("path") or "notes.txt").rsplit("/", 1)[-1]
        return await self._upload(f"/v1/containers/{self._now(use, 'container')}/files", name)

    async def _upload(self, path: str, filename: str, text: str = "", **fields: str) -> Any:
        content = text or CONTENT.get(filename.rpartition(".")[2], "Some notes.\n")
        parts = [
            f'--part\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        head = f'--part\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        body = "".join(parts) + head + f"Content-Type: text/plain\r\n\r\n{content}\r\n--part--\r\n"
        headers = {"content-type": "multipart/form-data; boundary=part"}
        return (await self.wire.send("POST", path, body.encode(), **headers)).accepted()

    def _now(self, use: Use, kind: str) -> str:
        """The sandbox's id for one of the path."""
        return self.ids.get(use.parents[kind], use.parents[kind])

    def _of(self, key: str, object_id: str) -> dict[str, Any]:
        """The object of the recording that belongs to this one and tells most of it."""
        own = [seen for seen in self.shown.values() if seen.get(key) == object_id]
        return max(own, key=lambda seen: len(_known(seen, ASSISTANT_KEYS)), default={})


def _known(seen: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: seen[key] for key in keys if seen.get(key) is not None}


def _parted(answers: list[Answer], awaited: tuple[FunctionCall, ...]) -> tuple[list[Answer], list[Answer]]:
    """What the model says up to the calls that wait for outputs, and what after them."""
    if not awaited:
        return answers, []
    ids = {call.call_id for call in awaited}
    for place, answer in enumerate(answers):
        if any(isinstance(part, FunctionCall) and part.call_id in ids for part in answer.parts):
            return answers[: place + 1], answers[place + 1 :]
    return [Answer(awaited, Usage(1, 1))], answers


def _awaited_calls(use: Use) -> tuple[FunctionCall, ...]:
    """The calls that a request gives outputs for, if the recorded run took them."""
    outputs = use.body.get("tool_outputs") if isinstance(use.body, dict) and use.succeeded else None
    return tuple(FunctionCall(str(row.get("tool_call_id")), "function", "{}") for row in outputs or ())
