"""A small instance of the proof by planted changes; a thousand runs of it are in `make prove-replay`."""

from __future__ import annotations

import pytest

from replay_proofs.planted import CHANGES, fill, simulate, turns_of

CHOSEN = [change for change in CHANGES if change.name in ("none", "missing citations")]


@pytest.fixture(scope="module")
def pool():
    return fill(CHOSEN, turns_of(45), 3)


@pytest.mark.parametrize(("change", "about"), [("none", None), ("missing citations", "citations")])
def test_planted_changes_are_found_and_nothing_else_is(pool, change, about):
    found = simulate(pool, change, 3, 45)
    assert all((about in alarms) if about else not alarms for alarms in found)


def test_all_changes_have_a_size():
    assert len({change.name for change in CHANGES}) == 7
    assert all(change.size for change in CHANGES)
