"""Which texts can matter, and what the others say of themselves: read as bytes, since parsing is what costs.

Looking for a word in bytes is much cheaper than for a pattern, so each pattern is asked only where its words are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_VALUES = re.compile(
    rb"\.\s*beta\s*(?:\\\s*)?\.\s*(?:threads|assistants|vector_stores)\b"
    rb"|getattr\s*\([^\"']*[\"']beta[\"']|openai\.types\.beta|import\s+beta\b"
)
_HANDLERS = (b"AssistantEventHandler", b"AssistantStreamManager")
_ALIAS = re.compile(rb"\.\s*beta\b(?!\s*(?:\\\s*)?(?:[.(]|=[^=])|[ \t]*[\w\"'])")
_SPEAKS = re.compile(rb"[oO]pen_?[aA][iI]|\b(?:threads|assistants)\b")
_REPORTED = re.compile(
    rb"/v1/(?:threads|assistants)\b|assistants=v[12]|OpenAIAssistant|GPTAssistantAgent|AzureAssistantAgent"
)
_PROMPT = re.compile(rb"prompt(?<=\bprompt)\s*=\s*\{\s*[\"']id[\"']")
_THREAD_ID = re.compile(rb"""(["'])thread_[A-Za-z0-9]{20,}\1""")
_HTTPX = re.compile(rb"^[ \t]*(?:import|from)[ \t]+httpx\b", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_LINE = re.compile(
    rb"\n[ \t]*(?:from[ \t]+(\.*[ \t]*[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\\\n#;]|\\\r?\n)*)"
    rb"|import[ \t]+([\w., \t]+))"
)
"""An import and the newline before it; a pattern that begins with a letter or a newline is searched for much faster."""


def may_call(data: bytes) -> bool:
    """Whether a text may call the API by the SDK's methods, so that what it exchanges values with must be known."""
    if b"Assistant" in data and any(word in data for word in _HANDLERS):
        return True
    if b"beta" not in data:
        return False
    return _VALUES.search(data) is not None or (_ALIAS.search(data) is not None and _SPEAKS.search(data) is not None)


def has_needle(data: bytes) -> bool:
    """Whether a text holds something to look at."""
    return may_call(data) or _is_reported(data) or _may_send(data)


def _is_reported(data: bytes) -> bool:
    """Whether a text speaks of the API in another way than by the SDK's methods."""
    if (b"ssistant" in data or b"/v1/threads" in data) and _REPORTED.search(data) is not None:
        return True
    return b"pmpt_" in data or (b"prompt" in data and _PROMPT.search(data) is not None)


def _may_send(data: bytes) -> bool:
    """Whether a text names the API's host, and the old resources somewhere else."""
    names_host = b"openai." in data and (b"openai.com/v1" in data or b"openai.azure.com" in data)
    return names_host and (b"threads" in data or b"assistants" in data)


def writes_thread_id(data: bytes) -> bool:
    """Whether an id of a thread stands in a text as a string of its own."""
    return b"thread_" in data and _THREAD_ID.search(data) is not None


def imports_httpx(data: bytes) -> bool:
    """Whether a text imports httpx."""
    return b"httpx" in data and _HTTPX.search(data) is not None


def any_of(words: Iterable[str]) -> re.Pattern[bytes] | None:
    """The pattern of these words as strings; None for no words."""
    texts = [quote + word.encode() + quote for word in words for quote in (b'"', b"'")]
    return re.compile(b"|".join(map(re.escape, texts))) if texts else None


def words_in(text: bytes) -> list[str]:
    """The identifiers and keywords of a text, each once."""
    return list(dict.fromkeys(word.decode() for word in _WORD.findall(text)))


class Imported(NamedTuple):
    """One imported name: `module` as written, leading dots included; `name` is empty for a whole module, or `*`."""

    module: str
    name: str

    @property
    def words(self) -> list[str]:
        """The words of which one is the last of the module that this leads to, unless it is relative."""
        return [*self.module.split("."), *self.name.split(".")]


def imported(data: bytes) -> list[Imported]:
    """What the import lines of a text import."""
    found: list[Imported] = []
    for origin, names, modules in _LINE.findall(b"\n" + data):
        text = (names or modules).decode("utf-8", "ignore")
        words = [
            part.split()[0]
            for part in _COMMENT.sub("", text).strip("() \t\r\n").replace("\\", " ").split(",")
            if part.split()
        ]
        if modules:
            found += [Imported(word, "") for word in words]
        else:
            module = origin.decode("utf-8", "ignore").replace(" ", "").replace("\t", "")
            found += [Imported(module, word) for word in words]
    return found


class ImportWords(NamedTuple):
    """The words of all import lines of a text, and whether one of the lines is relative."""

    words: frozenset[str]
    is_relative: bool


def import_words(data: bytes) -> ImportWords:
    """What the import lines of a text say."""
    parts = [part for line in _LINE.findall(b"\n" + data) for part in line if part]
    return ImportWords(frozenset(words_in(b" ".join(parts))), any(part[:1] == b"." for part in parts))
