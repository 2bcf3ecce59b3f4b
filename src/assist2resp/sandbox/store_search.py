"""How a vector store is searched: passages by the words that they share with the query, files by their attributes."""

from __future__ import annotations

from typing import Any

from assist2resp.sandbox import files, indexing, search
from assist2resp.sandbox.app import World
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json


def results(world: World, store: Record, body: Json) -> list[Json]:
    """The passages of a store that a search request finds, best first."""
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    wanted = [search.words_of(query) for query in queries]
    threshold = (body.get("ranking_options") or {}).get("score_threshold") or 0.0
    found = [
        (max((_score(words, passage) for words in wanted), default=0.0), link, passage)
        for link in indexing.links_of(world, store.id)
        if link.body["status"] == "completed" and passes(body.get("filters"), link.body["attributes"])
        for passage in _passages(world, link)
    ]
    found.sort(key=lambda one: (-one[0], one[1].private.get("digest", ""), one[2]))
    most = body.get("max_num_results") or 10
    return [_result(world, score, link, passage) for score, link, passage in found[:most] if score >= threshold]


def _passages(world: World, link: Record) -> list[str]:
    size = link.body["chunking_strategy"]["static"]["max_chunk_size_tokens"]
    return search.chunks_of(files.document(world, link.body["id"]).text, size)


def _score(wanted: frozenset[str], passage: str) -> float:
    return round(len(wanted & search.words_of(passage)) / len(wanted), 4) if wanted else 0.0


def _result(world: World, score: float, link: Record, passage: str) -> Json:
    return {
        "file_id": link.body["id"],
        "filename": files.document(world, link.body["id"]).filename,
        "score": score,
        "attributes": link.body["attributes"],
        "content": [{"type": "text", "text": passage}],
    }


def passes(rule: Json | None, attributes: Json) -> bool:
    """Whether a file's attributes satisfy a filter; a comparison with an attribute that is absent fails."""
    if rule is None:
        return True
    if rule["type"] in ("and", "or"):
        outcomes = [passes(inner, attributes) for inner in rule["filters"]]
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
    order: int = (found > value) - (found < value)
    return {"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[operator]


def _are_ordered(one: object, other: object) -> bool:
    return (isinstance(one, int | float) and isinstance(other, int | float)) or (
        isinstance(one, str) and isinstance(other, str)
    )
