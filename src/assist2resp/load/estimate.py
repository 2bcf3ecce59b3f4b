"""What a load would do, without a single request: counts, requests, bytes, tokens, time, and what will be lost."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assist2resp.load.journal import loaded_before
from assist2resp.load.plan import Plan, images_of, plan_of
from assist2resp.load.reading import Choice, Record, read_jobs, read_stores, unknown_threads
from assist2resp.network.access import base_url_of
from assist2resp.network.http import without_secrets
from assist2resp.schema.manifest import read_manifest

_PAGE = 100
_BYTES_A_TOKEN = 4
"""Of English text, by https://platform.openai.com/tokenizer."""


@dataclass
class Estimate:
    """What a load would do."""

    threads: int = 0
    items: int = 0
    requests: int = 0
    bytes: int = 0
    """Of the bodies that are sent."""
    tokens: int = 0
    tokens_by: str = ""
    """What counted the tokens."""
    images: int = 0
    """Whose files may be gone, which is seen only when they are asked for."""
    stores: int = 0
    before: int = 0
    """Threads that are loaded already, and not counted above."""
    unknown: int = 0
    """Threads that were asked for by id, and that the archive does not have."""
    losses: Counter[str] = field(default_factory=Counter)
    """What is lost or changed, by field and reason."""

    def cost(self, price: float) -> float:
        """Dollars for reading all tokens once, at a price for a million of them."""
        return self.tokens / 1e6 * price

    def seconds(self, rate: float) -> float:
        """How long it takes at so many requests a second."""
        return self.requests / rate


def estimate(
    folder: Path, choice: Choice, *, limit: int | None, verify: bool, stores: bool, base_url: str | None = None
) -> Estimate:
    """Read the archive and the journal of its load to this server, and add up."""
    read_manifest(folder)
    count, name = _counter()
    found = Estimate(tokens_by=name)
    place = without_secrets(base_url_of(base_url).rstrip("/"))
    with loaded_before(folder, place, choice.shard) as is_loaded:
        for job in read_jobs(folder, choice):
            if limit is not None and found.threads >= limit:
                break
            if is_loaded(job.thread_id):
                found.before += 1
                continue
            record = job.record()
            _add(found, record, plan_of(record), count, verify=verify)
    found.unknown = len(unknown_threads(folder, choice))
    if stores:
        for store in read_stores(folder):
            found.stores += 1
            found.requests += 3 + 2 * len(store.files)
    return found


def _add(found: Estimate, record: Record, plan: Plan, count: Callable[[str], int], *, verify: bool) -> None:
    found.threads += 1
    found.items += len(plan.items)
    reads = max(1, -(-len(plan.items) // _PAGE)) if verify else 0
    found.requests += 1 + len(plan.ends) + reads
    images = [part for item in plan.items for part in images_of(item)]
    found.images += sum(bool(part.get("file_id")) for part in images)
    found.requests += len({part.get("file_id") for part in images if part.get("file_id")})
    for item in plan.items:
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        found.bytes += len(text.encode("utf-8", "replace"))
        found.tokens += count(_text_of(item))
    found.losses.update(plan.notes)
    found.losses.update(f"{name}: {why}" for name, why in record["losses"]["lost"].items())
    for entry in record["items"]:
        found.losses.update(f"{name}: {why}" for name, why in entry["losses"]["lost"].items())
    found.losses.update(f"left out: {left['reason']}" for left in record["left_out"])


def _text_of(item: dict[str, Any]) -> str:
    """What a model reads of an item; images are not counted."""
    if item["type"] != "message":
        return "".join(str(item.get(name) or "") for name in ("name", "arguments", "output"))
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in item["content"])


def _counter() -> tuple[Callable[[str], int], str]:
    """What counts tokens: tiktoken where it is installed and has its table, else an estimate; and its name."""
    if importlib.util.find_spec("tiktoken"):
        try:
            encoding = importlib.import_module("tiktoken").get_encoding("o200k_base")
        except Exception:  # noqa: BLE001 - it downloads its table, and any error of that means to do without
            return _estimated, "estimated, since tiktoken could not get its table"
        return (lambda text: len(encoding.encode(text, disallowed_special=()))), "counted by tiktoken, o200k_base"
    return _estimated, f"estimated, {_BYTES_A_TOKEN} bytes a token; tiktoken counts them where it is installed"


def _estimated(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)
