"""An answer of the model written down as the Assistants API shows it: run steps, messages, and their events."""

from __future__ import annotations

import re
from typing import Any

from assist2resp.sandbox import library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.citations import Piece, mark
from assist2resp.sandbox.prompt import Answer, FunctionCall, InterpreterCall, Refusal, SearchCall, Text, Usage
from assist2resp.sandbox.run_events import pause, publish
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.threads import message_body
from assist2resp.sandbox.wire import Json

RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}


def usage_body(usage: Usage) -> Json:
    """Tokens as runs and steps count them."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


class Renderer:
    """Writes one answer of one run. `usage` goes to the answer's last step, since the model counts once per answer."""

    def __init__(self, world: World, run: Record, answer: Answer) -> None:
        self.world = world
        self.run = run
        self.answer = answer
        self.written: dict[str, str] = {}
        """Ids of the files that the interpreter wrote in this answer, by name."""
        self.images: list[str] = []

    async def render(self) -> list[Json]:
        """Write every part; the calls of functions that now wait for outputs."""
        calls = [part for part in self.answer.parts if isinstance(part, FunctionCall)]
        speech = [part for part in self.answer.parts if isinstance(part, Text | Refusal)]
        hosted = [part for part in self.answer.parts if isinstance(part, SearchCall | InterpreterCall)]
        for number, part in enumerate(hosted, start=1):
            last = number == len(hosted) and not calls and not speech
            await self._hosted(part, last=last)
        for number, said in enumerate(speech, start=1):
            await self._message(said, last=number == len(speech) and not calls)
        return await self._functions(calls) if calls else []

    def _usage(self, *, last: bool) -> Json:
        return usage_body(self.answer.usage if last else Usage(0, 0))

    def _step(self, details: Json) -> Record:
        """A new step in progress, told twice as the API does."""
        body = {
            "id": self.world.ids.new("step_"),
            "object": "thread.run.step",
            "created_at": self.world.seconds(),
            "run_id": self.run.id,
            "assistant_id": self.run.body["assistant_id"],
            "thread_id": self.run.body["thread_id"],
            "type": details["type"],
            "status": "in_progress",
            "cancelled_at": None,
            "completed_at": None,
            "expires_at": self.run.body["expires_at"],
            "failed_at": None,
            "last_error": None,
            "step_details": details,
            "usage": None,
        }
        step = self.world.store.table("steps").add(Record(body["id"], body, self.run.id))
        self._tell("thread.run.step.created", step.body)
        self._tell("thread.run.step.in_progress", step.body)
        return step

    def _tell(self, event: str, data: Json) -> None:
        publish(self.world, self.run.id, event, data)

    async def _step_delta(self, step: Record, call: Json) -> None:
        details = {"type": "tool_calls", "tool_calls": [call]}
        delta = {"id": step.id, "object": "thread.run.step.delta", "delta": {"step_details": details}}
        self._tell("thread.run.step.delta", delta)
        await pause(self.world, self.run, 0)

    def _finish(self, step: Record, usage: Json) -> None:
        step.body.update(status="completed", completed_at=self.world.seconds(), usage=usage)
        self.world.store.table("steps").save(step)
        self._tell("thread.run.step.completed", step.body)

    async def _hosted(self, part: SearchCall | InterpreterCall, *, last: bool) -> None:
        step = self._step({"type": "tool_calls", "tool_calls": []})
        call_id = self.world.ids.new("call_")
        if isinstance(part, SearchCall):
            call = {"id": call_id, "type": "file_search", "file_search": self._search(part)}
            await self._step_delta(step, {"index": 0, "id": call_id, "type": "file_search", "file_search": {}})
        else:
            call = await self._interpreter(step, call_id, part)
        step.body["step_details"]["tool_calls"] = [call]
        self._finish(step, self._usage(last=last))

    def _search(self, part: SearchCall) -> Json:
        searches = [tool for tool in self.run.body["tools"] if tool["type"] == "file_search"]
        results = [
            {
                "file_id": result.document.file_id,
                "file_name": result.document.filename,
                "score": result.score,
                "content": [{"type": "text", "text": result.text}],
            }
            for result in part.results
        ]
        ranking = searches[0]["file_search"]["ranking_options"] if searches else RANKING
        return {"ranking_options": ranking, "results": results}

    async def _interpreter(self, step: Record, call_id: str, part: InterpreterCall) -> Json:
        kind = "code_interpreter"
        start = {"index": 0, "id": call_id, "type": kind, kind: {"input": "", "outputs": []}}
        await self._step_delta(step, start)
        for piece in _pieces(part.code):
            await self._step_delta(step, {"index": 0, "type": kind, kind: {"input": piece}})
        outputs: list[Json] = [{"type": "logs", "logs": part.logs}] if part.logs else []
        if part.image is not None:
            image = self._keep(f"{self.world.ids.new('plot-', 8)}.png", part.image)
            self.images.append(image)
            outputs.append({"type": "image", "image": {"file_id": image}})
        for file in part.files:
            self.written[file.filename] = self._keep(file.filename, file.data)
        for index, output in enumerate(outputs):
            await self._step_delta(step, {"index": 0, "type": kind, kind: {"outputs": [{"index": index, **output}]}})
        return {"id": call_id, "type": kind, kind: {"input": part.code, "outputs": outputs}}

    def _keep(self, filename: str, data: bytes) -> str:
        return library.add_file(self.world, filename, data, "assistants_output").id

    async def _functions(self, calls: list[FunctionCall]) -> list[Json]:
        step = self._step({"type": "tool_calls", "tool_calls": []})
        asked: list[Json] = []
        for index, call in enumerate(calls):
            call_id = self.world.ids.new("call_")
            start = {"name": call.name, "arguments": "", "output": None}
            await self._step_delta(step, {"index": index, "id": call_id, "type": "function", "function": start})
            for piece in _pieces(call.arguments):
                delta = {"index": index, "type": "function", "function": {"arguments": piece}}
                await self._step_delta(step, delta)
            asked.append({"id": call_id, "type": "function", "function": {**start, "arguments": call.arguments}})
        step.body["step_details"]["tool_calls"] = asked
        step.private["usage"] = self._usage(last=True)
        self.world.store.table("steps").save(step)
        return asked

    async def _message(self, part: Text | Refusal, *, last: bool) -> None:
        message = self._begin_message()
        step = self._step(
            {"type": "message_creation", "message_creation": {"message_id": message.id}},
        )
        self._tell("thread.message.created", message.body)
        self._tell("thread.message.in_progress", message.body)
        for image in self.images:
            block = {"type": "image_file", "image_file": {"file_id": image}}
            await self._message_delta(message, {"index": len(message.body["content"]), **block})
            message.body["content"].append(block)
        self.images = []
        if isinstance(part, Text):
            await self._text(message, part)
        else:
            await self._refusal(message, part)
        self._end_message(message)
        self._finish(step, self._usage(last=last))

    def _begin_message(self) -> Record:
        body = message_body(self.world, self.run.body["thread_id"], "assistant", [])
        body.update(status="in_progress", assistant_id=self.run.body["assistant_id"], run_id=self.run.id)
        record = Record(body["id"], body, self.run.body["thread_id"], {"text": ""})
        return self.world.store.table("messages").add(record)

    async def _message_delta(self, message: Record, content: Json) -> None:
        delta = {"id": message.id, "object": "thread.message.delta", "delta": {"content": [content]}}
        self._tell("thread.message.delta", delta)
        await pause(self.world, self.run, 0)

    async def _text(self, message: Record, part: Text) -> None:
        pieces = mark(part, self.written)
        index = len(message.body["content"])
        text: Json = {"value": "", "annotations": []}
        message.body["content"].append({"type": "text", "text": text})
        for number, piece in enumerate(pieces):
            text["value"] += piece.value
            message.private["text"] += "" if piece.is_marker else piece.value
            text["annotations"] += piece.annotations
            shown = _text_delta(piece, len(text["annotations"]) - len(piece.annotations), first=number == 0)
            await self._message_delta(message, {"index": index, "type": "text", "text": shown})
        message.body["attachments"] = [
            {"file_id": self.written[path.filename], "tools": [{"type": "code_interpreter"}]}
            for path in part.paths
            if path.filename in self.written
        ]

    async def _refusal(self, message: Record, part: Refusal) -> None:
        index = len(message.body["content"])
        refusal = {"type": "refusal", "refusal": ""}
        message.body["content"].append(refusal)
        for piece in _pieces(part.text):
            refusal["refusal"] += piece
            message.private["text"] += piece
            await self._message_delta(message, {"index": index, "type": "refusal", "refusal": piece})

    def _end_message(self, message: Record) -> None:
        now = self.world.seconds()
        changes: dict[str, Any] = {"status": "completed", "completed_at": now}
        if self.answer.stop in ("length", "content_filter"):
            reason = "max_tokens" if self.answer.stop == "length" else "content_filter"
            changes = {"status": "incomplete", "incomplete_at": now, "incomplete_details": {"reason": reason}}
        message.body.update(changes)
        self.world.store.table("messages").save(message)
        self._tell(f"thread.message.{message.body['status']}", message.body)


def _text_delta(piece: Piece, before: int, *, first: bool) -> Json:
    shown: Json = {"value": piece.value}
    if first or piece.annotations:
        shown["annotations"] = [{"index": before + offset, **entry} for offset, entry in enumerate(piece.annotations)]
    return shown


def _pieces(text: str) -> list[str]:
    """A text in pieces as tokens would stream it: words with the space before them."""
    return re.findall(r"\s*\S+|\s+$", text)
