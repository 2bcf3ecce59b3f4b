"""Reads the manifest of an archive, which every feature that takes an archive begins with."""

from __future__ import annotations

from pathlib import Path

from assist2resp.errors import InputFileError
from assist2resp.schema.archive import ARCHIVE_VERSION, Manifest
from assist2resp.schema.versioned import read_versioned

MANIFEST = "manifest.json"
BESIDE = ("load.", "id_map.", "assistants_compat.")
"""How the names begin of files that `load` keeps in an archive's folder, and that are no part of it."""


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an archive of a version that is known."""
    path = folder / MANIFEST
    hint = "Give the folder that `assist2resp export` made."
    if folder.is_file():
        raise InputFileError(folder, "is no archive, which is a folder.", hint=hint)
    if not folder.exists():
        raise InputFileError(folder, "does not exist.", hint=hint)
    try:
        return read_versioned(path, Manifest, "archive_version", ARCHIVE_VERSION, "manifest of an archive")
    except FileNotFoundError as error:
        raise InputFileError(folder, f"is no archive: it has no {MANIFEST}.", hint=hint) from error
