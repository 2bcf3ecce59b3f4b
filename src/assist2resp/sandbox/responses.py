"""The response engine: from a request to a job, from the job to events, an ended response and a longer conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from assist2resp.sandbox import items, late_tools, response_context, response_tools
from assist2resp.sandbox.app import World
from assist2resp.sandbox.models_data import Model
from assist2resp.sandbox.prompt import Answer, Prompt
from assist2resp.sandbox.response_body import conversation_id, ended, new_body, shown
from assist2resp.sandbox.response_events import item_events
from assist2resp.sandbox.response_prompt import check_model, check_settings, prompt_of
from assist2resp.sandbox.response_render import Rendered, Renderer
from assist2resp.sandbox.run_events import listen, publish
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, sse

ENDED = frozenset({"completed", "incomplete", "failed", "cancelled"})


@dataclass
class Job:
    """A response to be made: its record, what the model is given, and where its items go."""

    world: World
    record: Record
    model: Model
    prompt: Prompt
    container: Record | None
    sent: int = field(default=0)

    @property
    def conversation(self) -> str | None:
        """The conversation that the response works on."""
        return conversation_id(self.record.private["request"])

    def event(self, kind: str, **parts: Json) -> Json:
        """An event with its number, padded unless the request does not want that."""
        number, self.sent = self.sent, self.sent + 1
        if (self.record.private["request"].get("stream_options") or {}).get("include_obfuscation") is False:
            parts.pop("obfuscation", None)
        return {"type": kind, **parts, "sequence_number": number}

    def status_event(self, kind: str) -> Json:
        """An event that shows the response as it is now."""
        include = self.record.private["request"].get("include") or ()
        return self.event(f"response.{kind}", response=shown(self.record.body, include, streamed=True))

    def is_over(self) -> bool:
        """Whether the response was cancelled or deleted meanwhile."""
        gone = self.record.body["store"] and self.world.store.table("responses").get(self.record.id) is not self.record
        return gone or self.record.body["status"] == "cancelled"


def prepare(world: World, request: Json) -> Job:
    """Check a request as far as the API does before it starts, and begin the response; its conversation is locked."""
    model = check_model(world, request.get("model"))
    check_settings(world, model, request)
    response_context.check_sources(request)
    conversation = conversation_id(request)
    response_context.check_unlocked(world, conversation)
    past = response_context.before(world, request)
    own = response_context.own_items(world, request)
    items.check_unique([*past, *own])
    items.check_calls([*past, *own])
    tools = response_tools.effective(request.get("tools") or [], [*past, *own])
    container = response_tools.container_of(world, tools, [*past, *own])
    prompt = prompt_of(world, request, tools, [*past, *own], container)
    body = new_body(world, request, model, tools)
    private = {"request": request, "input": own, "container": container.id if container else None, "events": []}
    record = Record(body["id"], body, private=private)
    if body["store"]:
        world.store.table("responses").add(record)
    if conversation is not None:
        world.working.add(conversation)
    return Job(world, record, model, prompt, container)


def resume(world: World, record: Record) -> None:
    """Go on with a background response that was at work when the sandbox stopped."""
    if record.body["status"] in ENDED or record.id in world.working:
        return
    request, own = record.private["request"], record.private["input"]
    model = check_model(world, request["model"])
    container = world.store.table("containers").get(record.private["container"] or "")
    past = response_context.before(world, request)
    prompt = prompt_of(world, request, record.body["tools"], [*past, *own], container)
    record.private["events"] = []
    if (conversation := conversation_id(request)) is not None:
        world.working.add(conversation)
    start(Job(world, record, model, prompt, container))


def start(job: Job) -> asyncio.Task[None]:
    """Work on the response in the background."""
    job.world.working.add(job.record.id)
    return job.world.spawn(_carry_out(job))


async def _carry_out(job: Job) -> None:
    """Work until the end and tell whoever listens; a background response's events are kept for those who come later."""
    kept = job.record.private["events"]
    try:
        async for event in work(job):
            if job.record.body["background"]:
                kept.append(event)
            publish(job.world, job.record.id, event["type"], event)
    finally:
        job.world.working.discard(job.record.id)
        for queue in job.world.listeners.pop(job.record.id, []):
            queue.put_nowait(None)
        _save(job)


def _save(job: Job) -> None:
    if job.record.body["store"]:
        job.world.store.table("responses").save(job.record)


async def work(job: Job) -> AsyncIterator[Json]:
    """The events of the response, while it is being made; the conversation is free again afterwards."""
    try:
        for event in _begin(job):
            yield event
        if job.record.body["status"] == "queued":
            await job.world.clock.sleep(job.world.settings.queued_seconds)
            if job.is_over():
                return
            job.record.body["status"] = "in_progress"
        yield job.status_event("in_progress")
        await job.world.clock.sleep(job.world.settings.step_seconds)
        if job.is_over():
            return
        answer = await job.world.answer(job.prompt)
        rendered = _render(job, answer)
        for event in _item_events(job, rendered):
            if job.is_over():
                return
            yield event
            await asyncio.sleep(0)
        _end(job, answer, [one.item for one in rendered])
        yield job.status_event(job.record.body["status"])
    finally:
        if job.conversation is not None:
            job.world.working.discard(job.conversation)


def _begin(job: Job) -> Iterator[Json]:
    yield job.status_event("created")
    if job.record.body["status"] == "queued":
        yield job.status_event("queued")


def _render(job: Job, answer: Answer) -> list[Rendered]:
    phase = "final_answer" if job.model.has_phases else None
    summarized = job.record.body["reasoning"]["summary"] is not None
    namespaces = late_tools.namespaces(job.record.body["tools"])
    renderer = Renderer(job.world, job.container, phase, answer.stop, summarized, namespaces)
    return renderer.render(answer, job.record.body["max_tool_calls"])


def _end(job: Job, answer: Answer, output: list[Json]) -> None:
    """End the response; only now its items join the conversation, and not if it failed."""
    job.record.body.update(ended(job.world, answer, output, job.record.body["service_tier"]))
    _save(job)
    if answer.stop != "error":
        _lengthen(job, output)


def _item_events(job: Job, rendered: list[Rendered]) -> Iterator[Json]:
    include = job.record.private["request"].get("include") or ()
    for index, one in enumerate(rendered):
        for event in item_events(one, index, include):
            yield job.event(event.pop("type"), **event)


def _lengthen(job: Job, output: list[Json]) -> None:
    """Append input and output to the conversation, unless nothing is to be stored or the conversation is gone."""
    conversation = job.conversation
    if conversation is None or not job.record.body["store"]:
        return
    if job.world.store.table("conversations").get(conversation) is not None:
        response_context.append(job.world, conversation, [*job.record.private["input"], *output])


def follow(job: Job) -> AsyncIterator[bytes]:
    """Start a response and stream it; one that is not in the background is cancelled when nobody listens any more."""
    stream = listen(job.world, job.record.id)
    return _until_left(job, stream, start(job))


async def _until_left(job: Job, stream: AsyncIterator[bytes], task: asyncio.Task[None]) -> AsyncIterator[bytes]:
    try:
        async for data in stream:
            yield data
    finally:
        if not job.record.body["background"] and not task.done() and job.record.body["status"] not in ENDED:
            job.record.body["status"] = "cancelled"
            task.cancel()


async def replay(world: World, record: Record, after: int) -> AsyncIterator[bytes]:
    """The events of a background response after this number, those to come included."""
    signals = listen(world, record.id)
    seen = 0
    while True:
        events = record.private["events"]
        for event in events[seen:]:
            if event["sequence_number"] > after:
                yield sse(event["type"], event)
        seen = len(events)
        if record.id not in world.working:
            return
        await anext(signals, None)


async def complete(job: Job) -> None:
    """Make the whole response now."""
    async for _event in work(job):
        pass


def cancel(world: World, record: Record) -> None:
    """Stop a background response; one that has ended stays as it is."""
    if record.body["status"] in ENDED:
        return
    record.body["status"] = "cancelled"
    world.store.table("responses").save(record)
    for queue in world.listeners.pop(record.id, []):
        queue.put_nowait(None)
