"""What assistants, threads and messages hang on files and vector stores: tool resources and attachments.

A message's attachment for `file_search` goes into the thread's vector store, which is made if there is none and then
expires seven days after its last use; one for `code_interpreter` joins the thread's files.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from assist2resp.sandbox import library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.params import invalid
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json

IMPLICIT_EXPIRY: Json = {"anchor": "last_active_at", "days": 7}


def resolve_resources(world: World, requested: Json | None, tools: Sequence[Json] = ()) -> Json:
    """`tool_resources` as an object shows them: stores made where asked for, an empty entry for each tool without."""
    resources = copy.deepcopy({key: value for key, value in (requested or {}).items() if value is not None})
    types = {tool["type"] for tool in tools}
    if "code_interpreter" in types or "code_interpreter" in resources:
        files = resources.setdefault("code_interpreter", {}).setdefault("file_ids", [])
        for file_id in files:
            world.need("files", "file", file_id)
    if "file_search" in types or "file_search" in resources:
        resources["file_search"] = {"vector_store_ids": _stores(world, resources.get("file_search") or {})}
    return resources


def _stores(world: World, search: Json) -> list[str]:
    named, wanted = search.get("vector_store_ids") or [], search.get("vector_stores") or []
    if named and wanted:
        path = "tool_resources.file_search"
        raise invalid(path, "You cannot specify both 'vector_store_ids' and 'vector_stores'.")
    for store_id in named:
        world.need("vector_stores", "vector store", store_id)
    return list(named) + [
        library.make_store(
            world,
            store.get("file_ids") or [],
            metadata=store.get("metadata") or {},
            chunking_strategy=store.get("chunking_strategy"),
        )
        for store in wanted
    ]


def check_attachments(world: World, attachments: Sequence[Json]) -> None:
    """Refuse an attachment of a file that does not exist."""
    for index, attachment in enumerate(attachments):
        if "file_id" not in attachment:
            text = f"Missing required parameter: 'attachments[{index}].file_id'."
            raise invalid(f"attachments[{index}].file_id", text, "missing_required_parameter")
        world.need("files", "file", attachment["file_id"])


def attach(world: World, thread: Record, attachments: Sequence[Json]) -> None:
    """Give the thread's tools the attached files."""
    before = copy.deepcopy(thread.body["tool_resources"])
    for attachment in attachments:
        tools = {tool["type"] for tool in attachment.get("tools") or []}
        if "code_interpreter" in tools:
            interpreter = thread.body["tool_resources"].setdefault("code_interpreter", {"file_ids": []})
            if attachment["file_id"] not in interpreter["file_ids"]:
                interpreter["file_ids"].append(attachment["file_id"])
        if "file_search" in tools:
            _add_to_search(world, thread, attachment["file_id"])
    if thread.body["tool_resources"] != before:
        world.store.table("threads").save(thread)


def _add_to_search(world: World, thread: Record, file_id: str) -> None:
    search = thread.body["tool_resources"].setdefault("file_search", {"vector_store_ids": []})
    if search["vector_store_ids"]:
        library.add_to_store(world, search["vector_store_ids"][0], file_id)
    else:
        search["vector_store_ids"] = [library.make_store(world, [file_id], expires_after=IMPLICIT_EXPIRY)]
