"""Rewritten programs show the same on a server whose answers lack the optional fields, or have nulls there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.sandbox.app import Settings
from tests.rewrite.programs import PROGRAMS, Runner, api, load
from tests.rewrite.rewritten import rewrite_copy
from tests.sandbox.sparse import sparse_sandbox


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


@pytest.mark.parametrize("slug", ["assistants_by_role", "handler_all_callbacks", "run_cut_short", "tools_single_call"])
def test_the_same_on_a_sparse_server(slug: str, runner: Runner, tmp_path: Path) -> None:
    program = load(PROGRAMS / slug).on_the_installed_sdk()
    rewrite_copy(program, tmp_path / "rewritten")
    for name in ("whole", "absent", "null"):
        (tmp_path / name).mkdir()
    with api(program, sunset=True) as server:
        whole = runner.run(program, tmp_path / "rewritten", tmp_path / "whole", base_url=server.url)
    assert whole.exit_code == 0, whole.stderr
    settings = Settings(sunset=True, queued_seconds=program.pace, step_seconds=program.pace, poll_after_ms=5)
    for name in ("absent", "null"):
        with sparse_sandbox(settings, None, as_null=name == "null") as server:
            shown = runner.run(program, tmp_path / "rewritten", tmp_path / name, base_url=server.url)
        assert shown == whole, (name, shown.stderr)
