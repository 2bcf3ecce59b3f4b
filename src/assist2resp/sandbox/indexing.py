"""Vector stores at work: what attaching a file starts, what the objects show, and how a store is searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from assist2resp.sandbox import library, search
from assist2resp.sandbox.app import World
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError

COUNTED = ("in_progress", "completed", "failed", "cancelled")
DEFAULT_CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
SEARCHABLE = frozenset(
    [
        ".c",
        ".cpp",
        ".cs",
        ".css",
        ".doc",
        ".docx",
        ".go",
        ".html",
        ".java",
        ".js",
        ".json",
        ".md",
        ".pdf",
        ".php",
        ".pptx",
        ".py",
        ".rb",
        ".sh",
        ".tex",
        ".ts",
        ".txt",
    ]
)


def attach(
    world: World,
    store: Record,
    file_id: str,
    *,
    attributes: Json | None = None,
    chunking: Json | None = None,
    batch: str = "",
    param: str = "file_id",
) -> Record:
    """Put a file into a vector store, and begin to index it."""
    filename = library.document(world, file_id, param).filename
    extension = PurePosixPath(filename).suffix.lower()
    if extension and extension not in SEARCHABLE:
        text = f"Files with extensions [{extension}] are not supported for retrieval. See "
        link = "https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
        raise WireError(400, text + link, param=param, code="unsupported_file")
    body = {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": world.seconds(),
        "vector_store_id": store.id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": _effective(chunking),
        "attributes": attributes or {},
    }
    links = world.store.table("vector_store_files")
    links.delete(f"{store.id}/{file_id}")
    record = links.add(Record(f"{store.id}/{file_id}", body, store.id, {"batch": batch}))
    world.working.add(record.id)
    world.spawn(_index(world, record))
    return record


async def _index(world: World, link: Record) -> None:
    try:
        await world.clock.sleep(world.settings.step_seconds)
    finally:
        world.working.discard(link.id)
    attached = world.store.table("vector_store_files").get(link.id) is link
    if attached and link.body["status"] == "in_progress":
        library.finish_indexing(world, link)


def _effective(chunking: Json | None) -> Json:
    if chunking is None or chunking["type"] == "auto":
        return {**DEFAULT_CHUNKING}
    return {"type": "static", "static": chunking["static"]}


def counts(links: Iterable[Record]) -> dict[str, int]:
    """How many of these files are in which state."""
    found = Counter(link.body["status"] for link in links)
    return {**{state: found[state] for state in COUNTED}, "total": found.total()}


def store_body(world: World, record: Record) -> Json:
    """A vector store as the wire shows it now."""
    library.note_expiry(world, record)
    links = library.links_of(world, record.id)
    status = record.body["status"]
    if status != "expired" and any(link.body["status"] == "in_progress" for link in links):
        status = "in_progress"
    usage = sum(link.body["usage_bytes"] for link in links)
    return {**record.body, "status": status, "usage_bytes": usage, "file_counts": counts(links)}


def batch_links(world: World, batch: Record) -> list[Record]:
    """The files of a batch that are still in its store."""
    return [link for link in library.links_of(world, batch.parent) if link.private["batch"] == batch.id]


def batch_body(world: World, batch: Record) -> Json:
    """A batch as the wire shows it now."""
    file_counts = counts(batch_links(world, batch))
    status = batch.body["status"]
    if status == "in_progress" and not file_counts["in_progress"]:
        status = "completed"
    return {**batch.body, "status": status, "file_counts": file_counts}


def results(world: World, store: Record, body: Json) -> list[Json]:
    """The passages of a store that a search request finds, best first."""
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    wanted = [search.words_of(query) for query in queries]
    threshold = (body.get("ranking_options") or {}).get("score_threshold") or 0.0
    found = [
        (max((_score(words, passage) for words in wanted), default=0.0), link, passage)
        for link in library.links_of(world, store.id)
        if link.body["status"] == "completed" and _passes(body.get("filters"), link.body["attributes"])
        for passage in _passages(world, link)
    ]
    found.sort(key=lambda one: (-one[0], one[1].private.get("digest", ""), one[2]))
    most = body.get("max_num_results") or 10
    return [_result(world, score, link, passage) for score, link, passage in found[:most] if score >= threshold]


def _passages(world: World, link: Record) -> list[str]:
    size = link.body["chunking_strategy"]["static"]["max_chunk_size_tokens"]
    return search.chunks_of(library.document(world, link.body["id"]).text, size)


def _score(wanted: frozenset[str], passage: str) -> float:
    return round(len(wanted & search.words_of(passage)) / len(wanted), 4) if wanted else 0.0


def _result(world: World, score: float, link: Record, passage: str) -> Json:
    return {
        "file_id": link.body["id"],
        "filename": library.document(world, link.body["id"]).filename,
        "score": score,
        "attributes": link.body["attributes"],
        "content": [{"type": "text", "text": passage}],
    }


def _passes(rule: Json | None, attributes: Json) -> bool:
    """Whether a file's attributes satisfy a filter; a comparison with an attribute that is absent fails."""
    if rule is None:
        return True
    if rule["type"] in ("and", "or"):
        outcomes = [_passes(inner, attributes) for inner in rule["filters"]]
        return all(outcomes) if rule["type"] == "and" else any(outcomes)
    return _compares(rule["type"], attributes.get(rule["key"]), rule["value"])


def _compares(operator: str, found: Any, value: Any) -> bool:
    match operator:
        case "eq":
            return bool(found == value)
        case "ne":
            return bool(found != value)
        case "in":
            return found in value
        case "nin":
            return found not in value
    if not _are_ordered(found, value):
        return False
    return {"gt": found > value, "gte": found >= value, "lt": found < value, "lte": found <= value}[operator]


def _are_ordered(one: object, other: object) -> bool:
    return (isinstance(one, int | float) and isinstance(other, int | float)) or (
        isinstance(one, str) and isinstance(other, str)
    )
