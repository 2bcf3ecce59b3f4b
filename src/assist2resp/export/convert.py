"""What was fetched of one owner as the records of the archive; pure, so that `verify` can do it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import orjson
from pydantic import BaseModel

from assist2resp.export.folder import safe_name
from assist2resp.export.verbatim import read_values
from assist2resp.mapping.items import Thread, conversation_of
from assist2resp.mapping.ledger import whole
from assist2resp.mapping.params import prompt_of
from assist2resp.schema.archive import ConversationRecord, FileBytes, FileRecord, StoredFile, VectorStoreRecord

OF_THREADS = frozenset({"threads", "messages", "runs", "steps"})
OF_STORES = frozenset({"vector_stores", "vector_store_files", "vector_store_file_contents"})


class Kept(Protocol):
    """An object that was kept."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def value(self) -> Any:
        """Its value."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether no text within holds half of a surrogate pair."""
        ...


class _Read(NamedTuple):
    id: str
    value: Any
    is_whole: bool


class Raw(Protocol):
    """An object as it was kept."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def raw(self) -> str:
        """Its own characters."""
        ...


def kept_of(rows: Sequence[Raw]) -> list[Kept]:
    """Objects with their values."""
    values = read_values([row.raw for row in rows])
    return [_Read(row.id, *value) for row, value in zip(rows, values, strict=True)]


Owned = Mapping[str, Sequence[Kept]]
"""The objects of one owner by kind, in order."""


class Derived(NamedTuple):
    """A record as it is written, and the file that it is alone in; a conversation is a line among others."""

    path: str | None
    data: bytes
    items: int = 0
    """The items of a conversation."""


def derived_of(
    owner: str, owned: Owned, filename: Callable[[str], str | None], contents: Mapping[str, FileBytes]
) -> Iterator[Derived]:
    """The records of one owner."""
    for source in owned.get("assistants", ()):
        yield _derived("prompts", owner, prompt_of(_object(source.value), source.id))
    if OF_THREADS & owned.keys():
        yield _conversation(owner, owned, filename)
    if OF_STORES & owned.keys():
        yield _derived("vector_stores", owner, _vector_store(owner, owned))
    for source in owned.get("files", ()):
        record = FileRecord(id=source.id, file=whole(_object(source.value)), bytes=contents.get(source.id))
        yield _derived("files", owner, record)
    if "files" not in owned and owner in contents:
        yield _derived("files", owner, FileRecord(id=owner, file=None, bytes=contents[owner]))


def name_of_file(value: Any) -> str | None:
    """The name that a file says it has."""
    name = value.get("filename") if isinstance(value, dict) else None
    return str(whole(name)) if isinstance(name, str) else None


def _derived(folder: str, owner: str, record: BaseModel) -> Derived:
    return Derived(f"{folder}/{safe_name(owner)}.json", record.model_dump_json().encode())


def _conversation(owner: str, owned: Owned, filename: Callable[[str], str | None]) -> Derived:
    is_whole = all(source.is_whole for kind in OF_THREADS for source in owned.get(kind, ()))
    values = {kind: [_object(source.value) for source in owned.get(kind, ())] for kind in OF_THREADS}
    thread = values["threads"][-1] if values["threads"] else None
    old = Thread(owner, thread, values["messages"], values["runs"], values["steps"], filename, is_whole)
    record = conversation_of(old)
    return Derived(None, _line(record), len(record["items"]))


def _line(record: dict[str, Any]) -> bytes:
    """The record as one line; what orjson does not take (numbers, depth) is written as it writes all else."""
    try:
        return orjson.dumps(record)
    except TypeError:
        return ConversationRecord.model_validate(record).model_dump_json().encode()


def _vector_store(owner: str, owned: Owned) -> VectorStoreRecord:
    stores = owned.get("vector_stores", ())
    contents = {source.id: source.value for source in owned.get("vector_store_file_contents", ())}
    files = [(source.id, _object(source.value)) for source in owned.get("vector_store_files", ())]
    return VectorStoreRecord(
        id=owner,
        vector_store=whole(_object(stores[-1].value)) if stores else None,
        files=tuple(StoredFile(file=whole(file), content=whole(contents.get(file_id))) for file_id, file in files),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}
