"""An archive with everything that a page must show, and with markup wherever a text can stand."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from assist2resp.browse.index import place_beside, prepare
from assist2resp.browse.shelf import Shelf, open_shelf
from assist2resp.export.source import Settings
from tests.export.scenes import exported

MARKUP = '</title></style><script>alert(1)</script><img src=x onerror="alert(2)">\'"{{ 7*7 }}{% raw %}'
ODD = "\x00\x1b[31m\u202egnp.\u202c \ud83d half"


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0abc")) + chunk(b"IEND", b"")


def message(number: int, thread: str = "thread_a", **fields: Any) -> dict[str, Any]:
    """A user's message, unless it says otherwise."""
    text = fields.pop("text", f"Message {number}.")
    given = {"role": "user", "content": [{"type": "text", "text": {"value": text, "annotations": []}}]}
    about = {"id": f"msg_{thread}_{number}", "object": "thread.message", "thread_id": thread}
    return {**about, "created_at": 1_700_000_000 + number, **given, **fields}


def rows() -> list[dict[str, Any]]:
    """The objects of the archive."""
    image = {"type": "image_file", "image_file": {"file_id": "file-png"}}
    elsewhere = {"type": "image_url", "image_url": {"url": "https://tracker.example/pixel.gif"}}
    script = {"type": "image_url", "image_url": {"url": "javascript:alert(3)"}}
    step = {"object": "thread.run.step", "thread_id": "thread_a", "run_id": "run_a", "created_at": 1_700_000_002}
    function = {"name": f"order{MARKUP}", "arguments": '{"zebra": 1}', "output": "shipped"}
    code = {"input": "print(quagga)", "outputs": [{"type": "logs", "logs": MARKUP}]}
    calls = [
        {"id": "call_f", "type": "function", "function": function},
        {"id": "call_c", "type": "code_interpreter", "code_interpreter": code},
    ]
    return [
        {
            "id": "asst_a",
            "object": "assistant",
            "name": f"Bot {MARKUP}",
            "instructions": MARKUP,
            "model": "gpt-4o",
        },
        {"id": "thread_a", "object": "thread", "created_at": 1_700_000_000, "metadata": {MARKUP: MARKUP, "c": "okapi"}},
        message(1, text=f"A chart, please. {MARKUP}"),
        message(2, text="Ein schönes Café, 返品したいです", attachments=[{"file_id": "file-svg", "tools": []}]),
        {"id": "run_a", "object": "thread.run", "thread_id": "thread_a", "assistant_id": "asst_a", "status": MARKUP},
        {**step, "id": "step_a", "step_details": {"type": "tool_calls", "tool_calls": calls}},
        {**step, "id": "step_b", "step_details": {"message_creation": {"message_id": "msg_thread_a_3"}}},
        message(3, role="assistant", run_id="run_a", assistant_id="asst_a", text=ODD),
        message(4, content=[image, elsewhere, script]),
        {"id": "thread_b", "object": "thread", "created_at": 1_690_000_000},
        message(-9_999_000, "thread_b", text="An older chart."),
        {"id": "thread_c", "object": "thread", "created_at": 1_710_000_000},
        *(message(number, "thread_c", text=f"Turn {number}") for number in range(450)),
        message(450, "thread_c", text="long " * 40_000),
        {"id": "file-png", "object": "file", "filename": "evil.html", "bytes": 1, "purpose": "vision"},
        {"id": "file-svg", "object": "file", "filename": f"{MARKUP}.svg", "purpose": "vision"},
        {"id": "file-gone", "object": "file", "filename": "gone.txt", "bytes": 12},
        {"id": "vs_a", "object": "vector_store", "name": MARKUP},
    ]


BYTES = {"file-png": png(), "file-svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(4)"/>'}


def make_archive(folder: Path) -> Path:
    """The archive, by a dump for its objects and a recording for the bytes of its files."""
    (folder / "in.json").write_text(json.dumps(rows()))
    exported("dump", Settings(inputs=(folder / "in.json",)), folder / "kept")
    entries = [
        {
            "request": {"method": "GET", "url": f"https://api.openai.com/v1/files/{file_id}/content"},
            "response": {"status": 200, "content": {"text": b64encode(data).decode(), "encoding": "base64"}},
        }
        for file_id, data in BYTES.items()
    ]
    (folder / "in.har").write_text(json.dumps({"log": {"entries": entries}}))
    exported("cassette", Settings(inputs=(folder / "in.har",)), folder / "kept")
    return folder / "kept"


def indexed(folder: Path) -> tuple[Shelf, Path]:
    """The archive with its index."""
    shelf = open_shelf(folder)
    prepare(shelf, place_beside(folder))
    return shelf, place_beside(folder)
