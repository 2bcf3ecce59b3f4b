"""How the sandbox searches documents: by the words that a passage shares with the query."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assist2resp.sandbox.prompt import Document, SearchResult

WORD = re.compile(r"\w+")
SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
COMMON = """
    a about an and are as at be by can do does for from give how i in is it me my of on or please tell that the this to
    was what when where which who why will with you your
"""
COMMON_WORDS = frozenset(COMMON.split())
CHUNK_WORDS = 200
QUOTE_LENGTH = 160


def words_of(text: str) -> frozenset[str]:
    """The distinct words of `text` that say something, in lower case."""
    return frozenset(word for word in WORD.findall(text.lower()) if word not in COMMON_WORDS)


def chunks_of(text: str, size: int = CHUNK_WORDS) -> list[str]:
    """`text` in passages of at most `size` words, each beginning half a passage after the one before."""
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    if len(starts) <= size:
        return [text.strip()] if starts else []
    step = max(size // 2, 1)
    bounds = [*starts, len(text)]
    last = len(starts) - size + step
    return [text[bounds[at] : bounds[min(at + size, len(starts))]].strip() for at in range(0, last, step)]


def search(documents: Iterable[Document], query: str, most: int, threshold: float = 0.0) -> tuple[SearchResult, ...]:
    """The passages nearest to `query`, best first; equal ones in the order of the documents' digests."""
    wanted = words_of(query)
    ordered = sorted(documents, key=lambda document: (document.digest, document.filename))
    results = [
        SearchResult(document, _score(wanted, passage), passage)
        for document in ordered
        for passage in chunks_of(document.text)
    ]
    results.sort(key=lambda result: -result.score)
    return tuple(result for result in results[:most] if result.score >= threshold)


def _score(wanted: frozenset[str], passage: str) -> float:
    return round(len(wanted & words_of(passage)) / len(wanted), 4) if wanted else 0.0


def quote(passage: str, query: str) -> str:
    """The sentence of `passage` that shares most words with `query`, cut to a line."""
    wanted = words_of(query)
    sentences = [match.group().strip() for match in SENTENCE.finditer(passage) if match.group().strip()]
    best = max(sentences, key=lambda sentence: len(wanted & words_of(sentence)), default=passage)
    return " ".join(best.split())[:QUOTE_LENGTH].rstrip(" .")
