"""A program sees the same through the support module as it saw on the old API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rewrite.support.scenes import SCENES
from tests.rewrite.support.surface import seen, surface

pytestmark = pytest.mark.filterwarnings(
    "ignore:The Assistants API is deprecated:DeprecationWarning", "ignore:deprecated:DeprecationWarning"
)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_sees_the_same(scene: Any, mode: str, tmp_path: Path) -> None:
    with surface(mode) as old:
        before = seen(scene(old))
    with surface(mode, tmp_path) as new:
        after = seen(scene(new))
    assert after == before
