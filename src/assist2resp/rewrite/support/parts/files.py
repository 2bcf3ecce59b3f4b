"""Files that the code interpreter wrote, which lie in its container now."""

from __future__ import annotations

from typing import Any

from assist2resp.rewrite.support.parts.state import _state


def file_content(client: Any, file_id: str) -> Any:
    """The content of a file, as `client.files.content` gives it: from its container if a run wrote it."""
    container = _state.get("file", file_id).get("container")
    if container is None:
        return client.files.content(file_id)
    return client.containers.files.content.retrieve(file_id, container_id=container)
