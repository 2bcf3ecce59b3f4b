"""Files that the code interpreter wrote, which lie in its container now."""

from __future__ import annotations

import inspect
import posixpath
from typing import Any

from openai.types import FileObject

from assist2resp.rewrite.support.parts.state import _state
from assist2resp.rewrite.support.parts.wire import Json


def _remember_files(conversation: str, citations: list[Json]) -> None:
    """Keep in which containers the cited files lie that the code interpreter wrote."""
    for cited in citations:
        if cited["type"] == "container_file_citation":
            _state.put("file", cited["file_id"], conversation, {"container": cited["container_id"]})


def file_content(client: Any, file_id: str) -> Any:
    """The content of a file, as `client.files.content` gives it: from its container if a run wrote it."""
    container = _state.get("file", file_id).get("container")
    if container is None:
        return client.files.content(file_id)
    return client.containers.files.content.retrieve(file_id, container_id=container)


def file_object(client: Any, file_id: str) -> Any:
    """What `client.files.retrieve` tells of a file, also of one that a run wrote."""
    container = _state.get("file", file_id).get("container")
    if container is None:
        return client.files.retrieve(file_id)
    found = client.containers.files.retrieve(file_id, container_id=container)
    return _later(found) if inspect.isawaitable(found) else _file_object(found)


async def _later(found: Any) -> FileObject:
    return _file_object(await found)


def _file_object(found: Any) -> FileObject:
    return FileObject.construct(
        id=found.id,
        bytes=found.bytes,
        created_at=found.created_at,
        filename=posixpath.basename(found.path),
        object="file",
        purpose="assistants_output",
        status="processed",
    )
