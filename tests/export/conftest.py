"""The old world is made once for all tests of exports, and read-only to them."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.export.scenes import make_state


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*deprecated.*", DeprecationWarning)
        return make_state(tmp_path_factory.mktemp("old") / "state.sqlite")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "archive"
