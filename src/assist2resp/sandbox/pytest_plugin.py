"""A pytest fixture: `def test_bot(assist2resp_sandbox): client = assist2resp_sandbox.client()`.

Options of `sandbox()` come from a marker: `@pytest.mark.assist2resp_sandbox(sunset=True, script=["Hello."])`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from assist2resp.sandbox.server import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "assist2resp_sandbox(**options): options of the assist2resp_sandbox fixture")


@pytest.fixture
def assist2resp_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running sandbox of its own for each test; a defect inside it fails the test."""
    from assist2resp.sandbox import sandbox

    marker = request.node.get_closest_marker("assist2resp_sandbox")
    with sandbox(**(marker.kwargs if marker else {})) as server:
        yield server
    if server.failures:
        raise ExceptionGroup("the sandbox failed", [error for error in server.failures if isinstance(error, Exception)])
