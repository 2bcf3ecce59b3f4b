"""What was fetched of one owner as the records of the archive; pure, so that `verify` can do it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from assist2resp.export.checkpoint import Row
from assist2resp.export.folder import safe_name
from assist2resp.export.verbatim import value_of
from assist2resp.mapping.items import Thread, conversation_of
from assist2resp.mapping.ledger import whole
from assist2resp.mapping.params import prompt_of
from assist2resp.schema.archive import (
    ConversationRecord,
    FileBytes,
    FileRecord,
    PromptRecord,
    StoredFile,
    VectorStoreRecord,
)

OF_THREADS = frozenset({"threads", "messages", "runs", "steps"})
OF_STORES = frozenset({"vector_stores", "vector_store_files", "vector_store_file_contents"})


class Derived(NamedTuple):
    """A record, and the file that it is alone in; a conversation is a line among others."""

    path: str | None
    record: PromptRecord | ConversationRecord | VectorStoreRecord | FileRecord

    def text(self) -> str:
        """The record as one line."""
        return self.record.model_dump_json()


Owned = Mapping[str, Sequence[Row]]
"""The objects of one owner by kind, in order."""


def derived_of(
    owner: str, owned: Owned, filename: Callable[[str], str | None], contents: Mapping[str, FileBytes]
) -> Iterator[Derived]:
    """The records of one owner."""
    for source in owned.get("assistants", ()):
        yield Derived(f"prompts/{safe_name(owner)}.json", prompt_of(_object(source.raw), source.id))
    if OF_THREADS & owned.keys():
        yield Derived(None, _conversation(owner, owned, filename))
    if OF_STORES & owned.keys():
        yield Derived(f"vector_stores/{safe_name(owner)}.json", _vector_store(owner, owned))
    for source in owned.get("files", ()):
        record = FileRecord(id=source.id, file=whole(_object(source.raw)), bytes=contents.get(source.id))
        yield Derived(f"files/{safe_name(owner)}.json", record)
    if "files" not in owned and owner in contents:
        record = FileRecord(id=owner, file=None, bytes=contents[owner])
        yield Derived(f"files/{safe_name(owner)}.json", record)


def _conversation(owner: str, owned: Owned, filename: Callable[[str], str | None]) -> ConversationRecord:
    values = {kind: [_object(source.raw) for source in owned.get(kind, ())] for kind in OF_THREADS}
    threads = values["threads"]
    names = {file_id: name for file_id in _cited(values["messages"]) if (name := filename(file_id))}
    thread = threads[-1] if threads else None
    return conversation_of(Thread(owner, thread, values["messages"], values["runs"], values["steps"], names))


def _cited(messages: Sequence[Mapping[str, Any]]) -> set[str]:
    """The ids of the files that texts cite."""
    found: set[str] = set()
    for message in messages:
        blocks = message.get("content")
        for block in blocks if isinstance(blocks, list) else []:
            text = block.get("text") if isinstance(block, dict) else None
            annotations = text.get("annotations") if isinstance(text, dict) else None
            for annotation in annotations if isinstance(annotations, list) else []:
                cited = annotation.get("file_citation") if isinstance(annotation, dict) else None
                file_id = cited.get("file_id") if isinstance(cited, dict) else None
                if isinstance(file_id, str):
                    found.add(file_id)
    return found


def _vector_store(owner: str, owned: Owned) -> VectorStoreRecord:
    stores = owned.get("vector_stores", ())
    contents = {source.id: value_of(source.raw) for source in owned.get("vector_store_file_contents", ())}
    files = [(source.id, _object(source.raw)) for source in owned.get("vector_store_files", ())]
    return VectorStoreRecord(
        id=owner,
        vector_store=whole(_object(stores[-1].raw)) if stores else None,
        files=tuple(StoredFile(file=whole(file), content=whole(contents.get(file_id))) for file_id, file in files),
    )


def _object(raw: str) -> dict[str, Any]:
    value = value_of(raw)
    return value if isinstance(value, dict) else {"value": value}
