"""The assistants of an archive, as the registry of the support module keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REGISTRY = "assistants.json"
OTHER_REGISTRY = "assistants_registry.json"
"""What the registry is called where the program has a file of its own of that name."""
_NAMED = re.compile(rb'_beside\("ASSISTANTS_FILE", "([^"]+)"\)')


@dataclass(frozen=True)
class Archived:
    """The assistants by id, as the old API showed them, and the files that could not be read, with the reason."""

    assistants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unread: tuple[tuple[Path, str], ...] = ()


def read_assistants(archive: Path) -> Archived:
    """Every assistant in the archive's `prompts` folder."""
    from pydantic import ValidationError

    from assist2resp.schema.archive import PromptRecord  # its models take longer to make than a small rewrite

    assistants: dict[str, Mapping[str, Any]] = {}
    unread: list[tuple[Path, str]] = []
    for path in sorted((archive / "prompts").glob("*.json")):
        try:
            record = PromptRecord.model_validate_json(path.read_bytes())
        except OSError as error:
            unread.append((path, (error.strerror or str(error)).lower()))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            unread.append(
                (path, f"it is no prompt of an archive ({f'{where}: ' if where else ''}{first['msg'].lower()})")
            )
        else:
            assistants[record.id] = record.assistant
    return Archived(assistants, tuple(unread))


def read_registry(data: bytes) -> dict[str, Any] | None:
    """The assistants that a registry holds, or None for a file that is none."""
    try:
        kept = json.loads(data)
    except ValueError:
        return None
    return kept if isinstance(kept, dict) else None


def registry_of(module: bytes) -> str | None:
    """The name of the registry that a support module keeps; None for one that keeps none."""
    named = _NAMED.search(module)
    return named.group(1).decode() if named is not None else None


def is_registry(data: bytes) -> bool:
    """Whether a file holds assistants by their ids, or is too broken to hold anything."""
    try:
        kept = json.loads(data)
    except ValueError:
        return True
    return isinstance(kept, dict) and all(name.startswith("asst_") for name in kept)


def registry_text(assistants: Mapping[str, Any]) -> bytes:
    """The registry's file, written as the support module writes it."""
    return (json.dumps(assistants, indent=2, ensure_ascii=False) + "\n").encode()
