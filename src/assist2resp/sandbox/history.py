"""How a model reads items: turns, calls of functions and their outputs; hosted-tool calls and reasoning are left out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence

from assist2resp.sandbox import files, tokens
from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import FunctionCall, FunctionOutput, Turn
from assist2resp.sandbox.wire import Json

Entry = Turn | FunctionCall | FunctionOutput


def history_of(world: World, items: Iterable[Json]) -> list[Entry]:
    """The entries that these items are to a model."""
    history: list[Entry] = []
    for item in items:
        match item["type"]:
            case "message":
                history.append(_turn(world, item["role"], item["content"]))
            case "function_call":
                history.append(FunctionCall(item["call_id"], item["name"], item["arguments"]))
            case "function_call_output":
                history.append(FunctionOutput(item["call_id"], _output(world, item["output"])))
            case "compaction":
                digest = hashlib.sha256(item["encrypted_content"].encode()).hexdigest()
                history.append(Turn("developer", f"Summary of what was said before: {digest}"))
    return history


def _turn(world: World, role: str, content: Sequence[Json]) -> Turn:
    texts = [str(part.get("text", part.get("refusal"))) for part in content if "text" in part or "refusal" in part]
    images = tuple(_image(world, part) for part in content if part["type"] == "input_image")
    attached = tuple(_file(world, part) for part in content if part["type"] == "input_file")
    match role:
        case "user" | "system" | "developer":
            return Turn(role, "\n".join(texts), images, attached)
    return Turn("assistant", "\n".join(texts))


def _image(world: World, part: Json) -> str:
    if part.get("image_url"):
        return str(part["image_url"])
    return files.document(world, part["file_id"]).digest


def _file(world: World, part: Json) -> str:
    if part.get("file_id"):
        document = files.document(world, part["file_id"])
        return f"{document.digest} {document.filename}"
    if part.get("file_url"):
        return str(part["file_url"])
    return f"{_digest_of(part['file_data'])} {part.get('filename') or ''}"


def _digest_of(file_data: str) -> str:
    """The digest of a file given as base64 or as a data URL."""
    try:
        data = base64.b64decode(file_data.partition(",")[2] or file_data, validate=True)
    except binascii.Error:
        data = file_data.encode()
    return hashlib.sha256(data).hexdigest()


def _output(world: World, output: str | list[Json]) -> str:
    if isinstance(output, str):
        return output
    turn = _turn(world, "user", output)
    return "\n".join([turn.text, *turn.images, *turn.files])


def cut_to_fit(history: Sequence[Entry], budget: int) -> list[Entry]:
    """The end of the history that fits: entries go from the beginning, an output with its call."""
    left = list(history)
    while left and sum(map(tokens.of_entry, left)) > budget:
        dropped = left.pop(0)
        if isinstance(dropped, FunctionCall):
            left = [one for one in left if not (isinstance(one, FunctionOutput) and one.call_id == dropped.call_id)]
    return left


def compacted(world: World, items: Sequence[Json]) -> str:
    """What stands for these items in a compaction: opaque to whoever reads it, the same for the same history."""
    entries = [[type(entry).__name__, *map(str, vars(entry).values())] for entry in history_of(world, items)]
    return "gAAAA" + base64.urlsafe_b64encode(zlib.compress(json.dumps(entries).encode(), 9)).decode()
