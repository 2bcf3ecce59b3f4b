"""Reads the manifest of an archive, which every feature that takes an archive begins with."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.archive import ARCHIVE_VERSION, Manifest

MANIFEST = "manifest.json"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an archive of a version that is known."""
    path = folder / MANIFEST
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputFileError(
            folder, f"is no archive: it has no {MANIFEST}.", hint="Give the folder that `assist2resp export` made."
        ) from error
    except (OSError, ValueError) as error:
        raise InputFileError(path, f"cannot be read: {error}.") from error
    version = value.get("archive_version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > ARCHIVE_VERSION:
        raise InputFileError(path, f"is of version {version}, this tool knows {ARCHIVE_VERSION}.", hint="Upgrade it.")
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputFileError(path, f"is no manifest of an archive: {place}: {first['msg']}.") from error
