"""Files and vector stores as a model sees them, and as a run or a response makes them."""

from __future__ import annotations

from collections.abc import Iterable

from assist2resp.sandbox import indexing
from assist2resp.sandbox.app import World
from assist2resp.sandbox.files import add_file, document
from assist2resp.sandbox.indexing import used_store
from assist2resp.sandbox.prompt import Document

__all__ = ["add_file", "document", "documents", "until_indexed", "used_store"]

INDEXING_SECONDS = 60.0
"""A run waits at most so long for files that are being indexed."""


def documents(world: World, store_ids: Iterable[str], param: str = "vector_store_ids") -> tuple[Document, ...]:
    """The indexed files of these vector stores, each once, in the order of their digests."""
    found = {
        link.body["id"]: document(world, link.body["id"])
        for store_id in store_ids
        for link in indexing.links_of(world, used_store(world, store_id, param).id)
        if link.body["status"] == "completed"
    }
    return tuple(sorted(found.values(), key=lambda one: (one.digest, one.filename)))


async def until_indexed(world: World, store_ids: Iterable[str]) -> None:
    """Wait until no file of these stores is being indexed any more, as a run does before it starts."""
    wanted, deadline = list(store_ids), world.clock.now() + INDEXING_SECONDS
    while world.clock.now() < deadline and any(
        link.body["status"] == "in_progress" for store_id in wanted for link in indexing.links_of(world, store_id)
    ):
        await world.clock.sleep(world.settings.step_seconds / 4)
