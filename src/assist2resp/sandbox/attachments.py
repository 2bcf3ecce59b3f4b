"""What assistants, threads and messages hang on files and vector stores: tool resources and attachments.

A message's attachment for `file_search` goes into the thread's vector store, which is made if there is none and then
expires seven days after its last use; one for `code_interpreter` joins the thread's files.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from assist2resp.sandbox import indexing, library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.params import invalid
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json

IMPLICIT_EXPIRY: Json = {"anchor": "last_active_at", "days": 7}


def resolve_resources(
    world: World, requested: Json | None, tools: Sequence[Json] = (), kept: Json | None = None
) -> Json:
    """`tool_resources` as an object shows them: stores made where asked for, an empty entry for each tool without.

    What is requested must exist and replaces what was `kept` for the same tool.
    """
    resources = copy.deepcopy(kept or {})
    for kind, entry in (requested or {}).items():
        if entry is not None:
            resources[kind] = _files(world, entry) if kind == "code_interpreter" else _stores(world, entry)
    types = {tool["type"] for tool in tools}
    if "code_interpreter" in types:
        resources.setdefault("code_interpreter", {"file_ids": []})
    if "file_search" in types:
        resources.setdefault("file_search", {"vector_store_ids": []})
    return resources


def _files(world: World, interpreter: Json) -> Json:
    file_ids = interpreter.get("file_ids") or []
    for file_id in file_ids:
        library.document(world, file_id, "tool_resources.code_interpreter.file_ids")
    return {"file_ids": list(file_ids)}


def _stores(world: World, search: Json) -> Json:
    named, wanted = search.get("vector_store_ids") or [], search.get("vector_stores") or []
    path = "tool_resources.file_search"
    if named and wanted:
        raise invalid(path, "You cannot specify both 'vector_store_ids' and 'vector_stores'.")
    for store_id in named:
        library.used_store(world, store_id, f"{path}.vector_store_ids")
    return {"vector_store_ids": list(named) + [_make(world, store, f"{path}.vector_stores") for store in wanted]}


def _make(world: World, store: Json, path: str) -> str:
    chunking, metadata = store.get("chunking_strategy"), store.get("metadata")
    made = indexing.make_store(world, store.get("file_ids") or [], chunking=chunking, param=path, metadata=metadata)
    return made.id


def check_attachments(world: World, attachments: Sequence[Json], prefix: str = "") -> None:
    """Refuse an attachment of a file that does not exist, or that cannot be searched."""
    for index, attachment in enumerate(attachments):
        path = f"{prefix}attachments[{index}].file_id"
        if _is_for(attachment, "file_search"):
            indexing.check_file(world, attachment["file_id"], path)
        else:
            library.document(world, attachment["file_id"], path)


def attach(world: World, thread: Record, attachments: Sequence[Json]) -> None:
    """Give the thread's tools the attached files."""
    searched = [attachment["file_id"] for attachment in attachments if _is_for(attachment, "file_search")]
    opened = [attachment["file_id"] for attachment in attachments if _is_for(attachment, "code_interpreter")]
    if searched:
        _add_to_search(world, thread, searched)
    if opened:
        interpreter = thread.body["tool_resources"].setdefault("code_interpreter", {"file_ids": []})
        interpreter["file_ids"] = list(dict.fromkeys([*interpreter["file_ids"], *opened]))
    if searched or opened:
        world.store.table("threads").save(thread)


def _is_for(attachment: Json, tool_type: str) -> bool:
    return any(tool["type"] == tool_type for tool in attachment.get("tools") or [])


def _add_to_search(world: World, thread: Record, file_ids: Sequence[str]) -> None:
    search = thread.body["tool_resources"].setdefault("file_search", {"vector_store_ids": []})
    if not search["vector_store_ids"]:
        search["vector_store_ids"] = [indexing.make_store(world, file_ids, expires_after=IMPLICIT_EXPIRY).id]
        return
    store = library.used_store(world, search["vector_store_ids"][0])
    for file_id in file_ids:
        indexing.attach(world, store, file_id)
