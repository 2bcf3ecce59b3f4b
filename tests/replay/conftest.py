"""The old world and its archive are made once for all tests of replay, and read-only to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.replay.scenes import make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_world(tmp_path_factory.mktemp("replayed"))


@pytest.fixture
def archive(world: tuple[Path, Path]) -> Path:
    return world[1]


@pytest.fixture
def state(world: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy, since a sandbox writes to its state."""
    copy = tmp_path / "state.sqlite"
    copy.write_bytes(world[0].read_bytes())
    return copy


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run.json"
