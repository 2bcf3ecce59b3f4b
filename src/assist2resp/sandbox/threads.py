"""Threads and their messages: making them, and the lock that an active run puts on a thread."""

from __future__ import annotations

from collections.abc import Sequence

from assist2resp.sandbox import library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.attachments import attach, check_attachments, resolve_resources
from assist2resp.sandbox.params import invalid
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError

ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})


def make_thread(world: World, request: Json) -> Record:
    """A new thread with the messages that the request brings."""
    messages = request.get("messages") or []
    for index, message in enumerate(messages):
        check_message(world, message, f"messages[{index}].")
    thread_id = world.ids.new("thread_")
    body = {
        "id": thread_id,
        "object": "thread",
        "created_at": world.seconds(),
        "metadata": request.get("metadata") or {},
        "tool_resources": resolve_resources(world, request.get("tool_resources")),
    }
    thread = world.store.table("threads").add(Record(thread_id, body))
    for message in messages:
        make_message(world, thread, message)
    return thread


def delete_thread(world: World, thread: Record) -> None:
    """Remove the thread with its messages, runs and steps; a run at work stops at its next step."""
    steps, runs, messages = (world.store.table(name) for name in ("steps", "runs", "messages"))
    for run in runs.of(thread.id):
        for step in steps.of(run.id):
            steps.delete(step.id)
        runs.delete(run.id)
    for message in messages.of(thread.id):
        messages.delete(message.id)
    world.store.table("threads").delete(thread.id)


def check_message(world: World, request: Json, prefix: str = "") -> None:
    """Refuse a message without content, or one that names files that do not exist."""
    content = request["content"]
    if not content or (isinstance(content, str) and not content.strip()):
        raise WireError(400, "Message content must be non-empty.", param=f"{prefix}content")
    if isinstance(content, list):
        for index, part in enumerate(content):
            if part["type"] == "text" and not part["text"].strip():
                raise WireError(400, "Text content must be non-empty.", param=f"{prefix}content[{index}].text")
            if part["type"] == "image_file":
                path = f"{prefix}content[{index}].image_file.file_id"
                library.document(world, part["image_file"]["file_id"], path)
    check_attachments(world, request.get("attachments") or [], prefix)


def make_message(world: World, thread: Record, request: Json) -> Record:
    """A message that the application wrote; `check_message` has passed it."""
    content = [_part(part) for part in _parts(request["content"])]
    attachments = request.get("attachments") or []
    body = message_body(world, thread.id, request["role"], content)
    body.update(attachments=list(attachments), metadata=request.get("metadata") or {})
    attach(world, thread, attachments)
    return world.store.table("messages").add(Record(body["id"], body, thread.id, {"text": text_of(content)}))


def message_body(world: World, thread_id: str, role: str, content: list[Json]) -> Json:
    """A message in the key order of the wire, as the application writes one."""
    return {
        "id": world.ids.new("msg_"),
        "object": "thread.message",
        "created_at": world.seconds(),
        "assistant_id": None,
        "thread_id": thread_id,
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": None,
        "role": role,
        "content": content,
        "attachments": [],
        "metadata": {},
    }


def _parts(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _part(part: Json) -> Json:
    if part["type"] == "text":
        return {"type": "text", "text": {"value": part["text"], "annotations": []}}
    kind = part["type"]
    return {"type": kind, kind: {**part[kind], "detail": part[kind].get("detail", "auto")}}


def text_of(content: Sequence[Json]) -> str:
    """The text parts joined by newlines: what a model reads of a message, but for its images."""
    return "\n".join(part["text"]["value"] for part in content if part["type"] == "text")


def path_id(world: World, table: str, kind: str, prefix: str, object_id: str, *, parent: str | None = None) -> Record:
    """The object that a path names, or the API's refusal: 400 for another kind of id, 404 for one that is not there."""
    if not object_id.startswith(prefix):
        param = f"{kind.replace('run step', 'step')}_id"
        raise invalid(param, f"Invalid '{param}': '{object_id}'. Expected an ID that begins with '{prefix}'.")
    return world.need(table, kind, object_id, parent=parent)


def need_thread(world: World, thread_id: str) -> Record:
    """The thread of this id."""
    return path_id(world, "threads", "thread", "thread", thread_id)
