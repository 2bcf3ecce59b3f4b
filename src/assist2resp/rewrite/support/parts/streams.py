"""Runs that stream: the events of a response told as the events of a thread."""

from __future__ import annotations

import time
from typing import Any

from assist2resp.rewrite.support.parts.content import _is_image, _message, _with_facts
from assist2resp.rewrite.support.parts.conversations import _new_thread
from assist2resp.rewrite.support.parts.files import _remember_files
from assist2resp.rewrite.support.parts.run_record import _kept_run, _Run, _take_in
from assist2resp.rewrite.support.parts.runs import _answers_to, _create, _new_run, _request
from assist2resp.rewrite.support.parts.steps import _closed, _details, _step, _tool_call
from assist2resp.rewrite.support.parts.stream_text import _StreamedText
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _Work

_Told = list[tuple[str, Json]]


class _Translation:
    """Takes the events of one response and gives those of the old API, as pairs of a name and its data."""

    def __init__(self, call: _Call, run: _Run, source: Any, before: _Told) -> None:
        self.source = source
        self._call = call
        self._run = run
        self._told = before
        self._begun = False
        self._step: Json = {}
        self._items: list[Json] = []
        self._message: Json = {}
        self._text = _StreamedText(may_cite=False)
        self._images = 0
        self._expected = 0
        self._held: list[Json] = []

    def feed(self, event: Json) -> _Work:
        """What the old API tells at this event of the response."""
        kind = event["type"]
        if "response" in event and not self._begun:
            self._begin(event["response"])
        if kind == "response.output_item.added":
            self._item_added(event["item"])
        elif kind == "response.output_item.done":
            self._item_done(event["item"])
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            yield from self._end(event["response"])
        elif kind == "error":
            error = {"code": "server_error", "message": event.get("message") or ""}
            self._run.move("failed", last_error=error)
            self._tell_run("failed")
        elif "delta" in event or "annotation" in event:
            self._piece(kind, event)
        told, self._told = self._told, []
        return told

    def abandon(self) -> None:
        """Take note that nobody listens any more, which ends a response that is not made in the background."""
        # region record
        status = self._run.shown["status"]
        # region cancel
        status = "unknown"
        # endregion
        if status in ("queued", "in_progress"):
            self._run.move("cancelled")
        # endregion

    def _tell(self, name: str, data: Json) -> None:
        self._told.append((f"thread.{name}", {**data}))

    def _tell_run(self, status: str) -> None:
        self._tell(f"run.{status}", self._run.shown)

    def _begin(self, response: Json) -> None:
        self._begun, first = True, not self._run.responses
        self._run.shown["id"] = self._run.shown["id"] or response["id"]
        self._run.responses.append(response["id"])
        self._run.move("queued")
        if first:
            self._tell_run("created")
        self._tell_run("queued")
        self._run.move("in_progress")
        self._tell_run("in_progress")

    def _end(self, response: Json) -> _Work:
        yield from _take_in(self._call, self._run, response)
        status = self._run.shown["status"]
        if self._step and status != "requires_action":
            self._close_step(self._run.latest)
        self._tell_run(status)

    def _open_step(self, item: Json) -> None:
        details = _details([item], {})
        if item["type"] != "message":
            details = {"type": "tool_calls", "tool_calls": []}
        self._step = _step(self._run, item["id"], details, int(time.time()))
        self._items = []
        self._tell("run.step.created", self._step)
        self._tell("run.step.in_progress", self._step)

    def _close_step(self, usage: list[int] | None = None) -> None:
        closed = _closed(
            {**self._step, "step_details": _details(self._items, {})}, "completed", int(time.time()), usage
        )
        self._tell("run.step.completed", closed)
        self._step = {}

    def _item_added(self, item: Json) -> None:
        if item["type"] not in ("message", "function_call", "code_interpreter_call", "file_search_call"):
            return
        together = item["type"] == "function_call" and self._items and self._items[0]["type"] == "function_call"
        if self._step and not together:
            self._close_step()
        if not self._step:
            self._open_step(item)
        self._items.append(item)
        if item["type"] == "message":
            self._text = _StreamedText(may_cite="tools" in self._run.arguments)
            self._images = 0
            self._message = self._shown_message({**item, "content": []}, None)
            self._tell("message.created", self._message)
            self._tell("message.in_progress", self._message)
        else:
            started = {**item, "arguments": "", "code": "", "outputs": None, "results": None}
            shown = _tool_call(started, {})
            self._step_delta({**shown, **({"file_search": {}} if "file_search" in shown else {})})

    def _shown_message(self, item: Json, ended_at: int | None) -> Json:
        shown = self._run.shown
        own = {"run_id": shown["id"], "assistant_id": shown["assistant_id"]}
        return _with_facts(
            _message(item, shown["thread_id"]), {**own, "created_at": int(time.time()), "ended_at": ended_at}
        )

    def _item_done(self, item: Json) -> None:
        if not self._step or item["id"] != self._items[-1]["id"]:
            return
        self._items[-1] = item
        if item["type"] == "message":
            self._release()
            self._tell_text(self._text.rest())
            done = self._shown_message(item, int(time.time()))
            self._tell(f"message.{done['status']}", done)
        elif item["type"] == "code_interpreter_call":
            self._expected += sum(output["type"] == "image" for output in item.get("outputs") or [])
            for index, output in enumerate(_tool_call(item, {})["code_interpreter"]["outputs"]):
                shown = {"outputs": [{"index": index, **output}]}
                self._step_delta({"type": "code_interpreter", "code_interpreter": shown})

    def _hold(self, event: Json) -> bool:
        """Hold the text back until the images have been told that come before it and that a response cites later."""
        if not self._expected or not event["type"].startswith("response.output_text"):
            return False
        if _is_image(event.get("annotation") or {"type": ""}):
            file_id = event["annotation"]["file_id"]
            self._message_delta({"index": self._images, "type": "image_file", "image_file": {"file_id": file_id}})
            self._images += 1
            self._expected -= 1
            if not self._expected:
                self._release()
        else:
            self._held.append(event)
        return True

    def _release(self) -> None:
        self._expected = 0
        held, self._held = self._held, []
        for event in held:
            self._piece(event["type"], event)

    def _piece(self, kind: str, event: Json) -> None:
        # region container_files
        if "annotation" in event:
            _remember_files(self._run.conversation, [event["annotation"]])
        # endregion
        if self._hold(event):
            return
        if kind == "response.output_text.delta":
            self._tell_text(self._text.add(event["delta"]))
        elif kind == "response.output_text.annotation.added":
            self._tell_text(self._text.cite(event["annotation"]))
        elif kind == "response.refusal.delta":
            self._message_delta({"index": 0, "type": "refusal", "refusal": event["delta"]})
        elif kind == "response.function_call_arguments.delta":
            self._step_delta({"type": "function", "function": {"arguments": event["delta"]}})
        elif kind == "response.code_interpreter_call_code.delta":
            self._step_delta({"type": "code_interpreter", "code_interpreter": {"input": event["delta"]}})

    def _tell_text(self, deltas: list[Json]) -> None:
        for text in deltas:
            self._message_delta({"index": self._images, "type": "text", "text": text})

    def _message_delta(self, part: Json) -> None:
        delta = {"id": self._message["id"], "object": "thread.message.delta", "delta": {"content": [part]}}
        self._tell("message.delta", delta)

    def _step_delta(self, tool_call: Json) -> None:
        details = {"type": "tool_calls", "tool_calls": [{"index": len(self._items) - 1, **tool_call}]}
        delta = {"id": self._step["id"], "object": "thread.run.step.delta", "delta": {"step_details": details}}
        self._tell("run.step.delta", delta)


def _streamed(call: _Call, run: _Run, outputs: list[Json], before: _Told) -> _Work:
    """Start the run's next response as a stream."""
    request = {**_request(run, outputs), "stream": True, **call.options}
    # region cancel
    request["background"] = True
    # endregion
    source = yield from _create(call, run, request)
    return _Translation(call, run, source, before)


@_answers("STREAM /threads/{}/runs")
def _stream_run(call: _Call, thread_id: str) -> _Work:
    run = yield from _new_run(call, thread_id)
    return (yield from _streamed(call, run, [], []))


@_answers("STREAM /threads/runs")
def _stream_thread_and_run(call: _Call) -> _Work:
    thread = yield from _new_thread(call, call.body.get("thread") or {})
    run = yield from _new_run(call, thread["id"], call.body.get("tool_resources"))
    return (yield from _streamed(call, run, [], [("thread.created", thread)]))


@_answers("STREAM /threads/{}/runs/{}/submit_tool_outputs")
def _stream_tool_outputs(call: _Call, thread_id: str, run_id: str) -> _Work:
    run = yield from _kept_run(call, thread_id, run_id)
    calls = run.calls
    outputs = _answers_to(call, run)
    answered = [
        {**waiting, "function": {**waiting["function"], "output": run.outputs[waiting["id"]]}} for waiting in calls
    ]
    details = {"type": "tool_calls", "tool_calls": answered}
    step = _step(run, run.waiting, details, run.shown["created_at"])
    before = [("thread.run.step.completed", _closed(step, "completed", int(time.time()), run.latest))]
    return (yield from _streamed(call, run, outputs, before))
