"""A conversation as it is shown: turns in their order, with what each lost on its way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assist2resp.schema.archive import ConversationItem, ConversationRecord, LeftOut, Losses, Origin
from assist2resp.schema.moments import seconds_of, shown

_INLINE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
"""Images within a message that may be shown; every other address is only named."""


@dataclass(frozen=True)
class Part:
    """A piece of a turn."""

    kind: str
    """`text`, `refusal`, `code`, `file` (an image or another file of the archive), `inline` or `address`."""
    text: str


@dataclass(frozen=True)
class Loss:
    """A field that is not as it was."""

    field: str
    what: str
    """`changed` or `lost`."""
    how: str


@dataclass(frozen=True)
class Turn:
    """Something that was said, called or answered."""

    anchor: str
    role: str
    """`user`, `assistant`, `tool` or `left out`."""
    title: str
    when: str
    parts: tuple[Part, ...]
    files: tuple[str, ...] = ()
    """Ids of attached and cited files."""
    losses: tuple[Loss, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def turns_of(record: ConversationRecord, assistant: Mapping[str, str]) -> list[Turn]:
    """The turns of a thread; `assistant` gives the names of assistants by their ids."""
    placed = _placed(record)
    names: dict[str, str] = {}
    turns: list[Turn] = []
    for number, entry in enumerate(record.items):
        turns += [_left_out(record.left_out[place], place) for place in placed.get(number, ())]
        turns.append(_turn(entry, number, names, assistant))
    return turns + [_left_out(record.left_out[place], place) for place in placed.get(len(record.items), ())]


def losses_of(losses: Losses) -> tuple[Loss, ...]:
    """What was lost, and then what was changed."""
    lost = [Loss(field, "lost", why) for field, why in losses.lost.items()]
    return tuple(lost + [Loss(field, "changed", how) for field, how in losses.changed.items()])


def _placed(record: ConversationRecord) -> dict[int, list[int]]:
    """Where what is no item stood: before what its run said, or else before the first item that is younger."""
    first_of_run: dict[str, int] = {}
    for number, entry in enumerate(record.items):
        if entry.origin.run_id is not None and entry.item.get("role") == "assistant":
            first_of_run.setdefault(entry.origin.run_id, number)
    times = [seconds_of(entry.origin.created_at) for entry in record.items]
    placed: dict[int, list[int]] = {}
    for place, left in enumerate(record.left_out):
        before = first_of_run.get(left.origin.run_id or "")
        if before is None:
            before = _first_after(times, seconds_of(left.origin.created_at))
        placed.setdefault(before, []).append(place)
    return placed


def _first_after(times: Sequence[float | None], moment: float | None) -> int:
    if moment is not None:
        for number, time in enumerate(times):
            if time is not None and time > moment:
                return number
    return len(times)


def _turn(entry: ConversationItem, number: int, names: dict[str, str], assistant: Mapping[str, str]) -> Turn:
    item, origin = entry.item, entry.origin
    kind, anchor, when = item.get("type"), f"m{number}", shown(origin.created_at)
    losses = losses_of(entry.losses)
    if kind == "message":
        role = str(item.get("role"))
        said = assistant.get(origin.assistant_id or "") if role == "assistant" else None
        parts = (*_parts(item.get("content")), *_images(origin.images))
        files = tuple(dict.fromkeys([*_attached(origin), *_cited(item)]))
        return Turn(anchor, role, said or role, when, parts, files, losses, _facts(origin))
    call = str(item.get("call_id"))
    if kind == "function_call":
        names[call] = str(item.get("name"))
        return Turn(
            anchor, "tool", f"calls {names[call]}", when, (Part("code", pretty(item.get("arguments"))),), (), losses
        )
    output = Part("code", pretty(item.get("output")))
    return Turn(anchor, "tool", f"{names.get(call, call)} answers", when, (output,), (), losses, _facts(origin))


def _left_out(left: LeftOut, place: int) -> Turn:
    call = left.tool_call
    parts = [Part("text", f"Not in the conversation: {left.reason}.")]
    title, files = "left out", _attached(left.origin)
    if isinstance(call, dict):
        title = f"{call.get('type')}"
        parts += _call_parts(call)
        files += [image["file_id"] for image in _images_within(call)]
    losses = (Loss("tool call" if call is not None else "message", "lost", left.reason),)
    return Turn(f"x{place}", "left out", title, shown(left.origin.created_at), tuple(parts), tuple(files), losses)


def _call_parts(call: Mapping[str, Any]) -> Iterator[Part]:
    """Code and its logs as such; other calls as they were."""
    code = call.get("code_interpreter")
    if not isinstance(code, dict):
        yield Part("code", pretty({name: value for name, value in call.items() if name != "id"}))
        return
    yield Part("code", str(code.get("input") or ""))
    outputs = code.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict) and isinstance(output.get("logs"), str):
            yield Part("code", output["logs"])


def _images_within(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("file_id"), str):
            yield value
        for entry in value.values():
            yield from _images_within(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _images_within(entry)


def _parts(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        yield Part("text", content)
        return
    for part in content or ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "input_image":
            yield _image(part.get("file_id"), part.get("image_url"))
        elif kind == "refusal":
            yield Part("refusal", str(part.get("refusal")))
        elif kind in ("input_text", "output_text"):
            yield Part("text", str(part.get("text")))
        else:
            yield Part("code", pretty(part))


def _images(blocks: Sequence[Any]) -> Iterator[Part]:
    """Images that an assistant showed, and that an item cannot hold."""
    for block in blocks:
        image = block.get(block.get("type")) if isinstance(block, dict) else None
        if isinstance(image, dict):
            yield _image(image.get("file_id"), image.get("url"))


def _image(file_id: Any, address: Any) -> Part:
    if isinstance(file_id, str):
        return Part("file", file_id)
    inline = isinstance(address, str) and _INLINE.fullmatch(address)
    return Part("inline" if inline else "address", str(address))


def _attached(origin: Origin) -> list[str]:
    found = [entry.get("file_id") for entry in origin.attachments if isinstance(entry, dict)]
    return [file_id for file_id in found if isinstance(file_id, str)]


def _cited(item: Mapping[str, Any]) -> list[str]:
    content = item.get("content")
    found = [
        annotation.get("file_id")
        for part in (content if isinstance(content, list) else ())
        for annotation in part.get("annotations") or ()
    ]
    return [file_id for file_id in found if isinstance(file_id, str)]


def _facts(origin: Origin) -> tuple[tuple[str, str], ...]:
    """What the origin says, in words; ids among it."""
    named = [("id", origin.id), ("run", origin.run_id), ("step", origin.step_id), ("assistant", origin.assistant_id)]
    named += [("status", origin.status), ("completed", shown(origin.completed_at))]
    named += [("incomplete", pretty(origin.incomplete_details) if origin.incomplete_details else None)]
    named += [(f"metadata.{name}", value) for name, value in origin.metadata.items()]
    return tuple((name, str(value)) for name, value in named if value)


def pretty(value: Any) -> str:
    """JSON as it is read best; other texts as they are."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return str(value)
