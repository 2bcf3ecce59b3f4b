"""Cassettes of one generation of the SDK replay on another to the same bytes: `make test-replay-sdks` names interpreters."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.replay.scenes import new_world, played

OTHERS = os.environ.get("ASSIST2RESP_OTHER_PYTHONS", "").split()
ROOT = Path(__file__).parents[2]
PLAY = """
import sys
from pathlib import Path
from tests.replay.scenes import played
played(Path(sys.argv[1]), Path(sys.argv[2]), cassettes=Path(sys.argv[3]), stream=sys.argv[4] == "stream")
"""


@pytest.mark.skipif(not OTHERS, reason="names no interpreter: `make test-replay-sdks`")
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("python", OTHERS)
def test_another_sdk_replays_to_the_same_bytes(archive, state, out, tmp_path, python, stream):
    tapes = tmp_path / "tapes"
    with new_world(state) as server:
        played(archive, out, server, cassettes=tapes, record=True, stream=stream)
    other = tmp_path / "other.json"
    arguments = [archive, other, tapes, "stream" if stream else "whole"]
    subprocess.run([python, "-c", PLAY, *map(str, arguments)], check=True, cwd=ROOT)
    assert other.read_bytes() == out.read_bytes()
