"""Old data for benchmarks: threads and messages as the API wrote them, always the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assist2resp.export.engine import export
from assist2resp.export.source import Settings, open_source

PER_THREAD = 10
_COMMON = [
    "what",
    "is",
    "your",
    "return",
    "policy",
    "for",
    "shoes",
    "that",
    "I",
    "have",
    "worn",
    "twice",
    "please",
    "help",
    "order",
    "number",
    "status",
    "delivery",
]


def threads(messages: int, per_thread: int = PER_THREAD) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each thread with its messages."""
    dice = random.Random(1)
    words = [*_COMMON * 200, *(f"word{number}" for number in range(20_000))]
    for thread in range(messages // per_thread):
        owner, made = f"thread_{thread:024x}", 1_700_000_000 + thread * per_thread
        body = {"id": owner, "object": "thread", "created_at": made, "metadata": {"customer": str(thread)}}
        said = (" ".join(dice.choices(words, k=dice.randrange(8, 60))) for _ in range(per_thread))
        yield body, [_message(owner, made + number, number, text) for number, text in enumerate(said)]


def _message(owner: str, made: int, number: int, text: str) -> dict[str, Any]:
    answers = number % 2 == 1
    return {
        "id": f"msg_{made:012x}{number:012x}",
        "object": "thread.message",
        "created_at": made,
        "assistant_id": "asst_abcdefghijklmnopqrstuvwx" if answers else None,
        "thread_id": owner,
        "run_id": f"run_{made:024x}" if answers else None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": made if answers else None,
        "role": "assistant" if answers else "user",
        "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
        "attachments": [],
        "metadata": {},
    }


def make_archive(folder: Path, messages: int) -> None:
    """An archive of so many messages."""
    source = folder.with_suffix(".jsonl")
    with source.open("w", encoding="utf-8") as file:
        for thread, said in threads(messages):
            file.writelines(json.dumps(row) + "\n" for row in (thread, *said))
    export(open_source("dump", Settings(inputs=(source,))), folder)
