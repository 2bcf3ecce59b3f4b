"""The archive is made once for all tests of browsing, and read-only to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.browse.shelf import Shelf
from tests.browse.scenes import indexed, make_archive


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("browse"))


@pytest.fixture(scope="session")
def shelf_and_index(kept: Path) -> tuple[Shelf, Path]:
    return indexed(kept)
