"""The archive that `export` makes and `load`, `replay` and `rewrite` read. Versioned: old versions open for ever.

    manifest.json                where it came from, counts, sha256 of every file, what failed, what is absent
    source/<kind>.jsonl          SourceLine: every object verbatim, white space between its tokens aside
    prompts/<id>.json            PromptRecord: one per assistant
    conversations/part-*.jsonl   ConversationRecord: one line per thread
    vector_stores/<id>.json      VectorStoreRecord
    files/<id>.json, <id>.bin    FileRecord, and the file's bytes where they could be had
    state.sqlite                 the checkpoint, gone once the archive is complete

An id that is no safe file name has its other characters written as %XX.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

ARCHIVE_VERSION: Literal[1] = 1

KINDS = (
    "assistants",
    "threads",
    "messages",
    "runs",
    "steps",
    "vector_stores",
    "vector_store_files",
    "vector_store_file_contents",
    "vector_store_file_batches",
    "files",
    "containers",
    "container_files",
    "models",
)
"""The kinds of objects, each a file below `source/`."""

Json = dict[str, Any]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceLine(_Record):
    """One object as it was fetched. `object` is the last key, so that its own characters can be cut out of the line."""

    id: str
    owner: str
    """The thread or vector store that the object belongs to, or its own id."""
    parent: str | None = None
    """The run of a step, or the file of a content."""
    object: Any


class Losses(_Record):
    """What became of each field that said anything; null and empty ones said nothing."""

    kept: tuple[str, ...] = ()
    """Said by the new object too, under the same meaning."""
    changed: dict[str, str] = {}
    """Said in another form or place; the text says which."""
    lost: dict[str, str] = {}
    """Not said by anything new; the text says why. The value is in `source/`."""


class PromptRecord(_Record):
    """An assistant as request configuration."""

    id: str
    arguments: Json
    """Keyword arguments of `client.responses.create`, to be sent with every request."""
    assistant: Json
    """The whole assistant as the old API showed it."""
    losses: Losses


class Origin(_Record):
    """Where an item comes from, and what a conversation has no place for."""

    kind: Literal["message", "tool_call"]
    id: str
    """The id of the message, or of the tool call."""
    created_at: Any = None
    completed_at: Any = None
    incomplete_at: Any = None
    incomplete_details: Any = None
    status: Any = None
    run_id: str | None = None
    step_id: str | None = None
    assistant_id: str | None = None
    metadata: Json = {}
    attachments: tuple[Any, ...] = ()
    annotations: tuple[Any, ...] = ()
    """As they stood in the old text, in the order of the parts."""
    images: tuple[Any, ...] = ()
    """Images of an assistant's message, which an item cannot hold."""


class ConversationItem(_Record):
    """One item as `conversations.items.create` takes it, with its origin."""

    item: Json
    origin: Origin
    losses: Losses = Losses()


class LeftOut(_Record):
    """Something of a thread that is no item, and why."""

    origin: Origin
    reason: str
    tool_call: Any = None


class RunNote(_Record):
    """A run of the thread: which assistant answered, and how it ended."""

    id: str
    assistant_id: str | None = None
    status: str | None = None
    model: str | None = None
    created_at: Any = None
    completed_at: Any = None
    usage: Any = None
    last_error: Any = None


class ConversationRecord(_Record):
    """A thread as a conversation."""

    thread_id: str
    created_at: Any = None
    metadata: Json = {}
    tool_resources: Json = {}
    items: tuple[ConversationItem, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    runs: tuple[RunNote, ...] = ()
    losses: Losses = Losses()


class StoredFile(_Record):
    """A file of a vector store, with the text that was parsed from it."""

    file: Json
    content: Any = None


class VectorStoreRecord(_Record):
    """A vector store and its files."""

    id: str
    vector_store: Json | None
    """None where only its files were found."""
    files: tuple[StoredFile, ...] = ()


class FileBytes(_Record):
    """The bytes of a file, which lie beside its record."""

    path: str
    size: int
    sha256: str


class FileRecord(_Record):
    """A file."""

    id: str
    file: Json | None
    bytes: FileBytes | None = None


class FileEntry(_Record):
    """A file of the archive itself."""

    sha256: str
    size: int
    lines: int | None = None
    """The number of its lines, where it is JSONL."""


class Problem(_Record):
    """Something that was asked for, or referred to, and is not in the archive."""

    kind: str
    id: str
    reason: str


class Manifest(_Record):
    """What an archive holds. It has no time of its own, so that the same export has the same bytes."""

    archive_version: Literal[1] = ARCHIVE_VERSION
    tool_version: str
    sources: tuple[str, ...]
    """The names of the sources and where they lay, without any secret."""
    complete: bool
    """Whether nothing failed. The same command tries again what failed."""
    listings: tuple[str, ...] = ()
    """The kinds of which everything was listed, and not single ids."""
    counts: dict[str, int]
    """Objects by kind."""
    converted: dict[str, int]
    """Prompts, conversations and their items."""
    files: dict[str, FileEntry]
    """By path within the archive, `manifest.json` and `state.sqlite` aside."""
    failures: tuple[Problem, ...] = ()
    """What was asked for and could not be had."""
    absences: tuple[Problem, ...] = ()
    """What the source says it does not have or give."""


FILES: dict[str, type[BaseModel]] = {
    "manifest": Manifest,
    "source-line": SourceLine,
    "prompt": PromptRecord,
    "conversation": ConversationRecord,
    "vector-store": VectorStoreRecord,
    "file": FileRecord,
}
"""What each file of an archive, or each line of it, holds."""
