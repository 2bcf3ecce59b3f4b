"""Proves replay at full length: `python scripts/prove_replay.py planted|coverage|kills [NUMBER]`. Prints a table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from replay_proofs.coverage import WORLDS, coverage
from replay_proofs.kills import kill_and_go_on
from replay_proofs.planted import CHANGES, Pool, fill, simulate, turns_of

_CASES = 120
_TURNS = 180
_POOL = 8
_UNCHANGED = 1000
_PART = 50
_shared: list[Pool] = []


def planted(number: int) -> None:
    """A thousand runs without a change, and `number` with each."""
    pool = fill(CHANGES, turns_of(_TURNS), _POOL)
    print("| change | size | runs | alarms | most often about |\n|---|---|---:|---:|---|", flush=True)
    with get_context("fork").Pool(2, initializer=_share, initargs=(pool,)) as workers:
        for change in CHANGES:
            runs = _UNCHANGED if change.name == "none" else number
            parts = [(change.name, min(_PART, runs - start), start) for start in range(0, runs, _PART)]
            alarms = [found for part in workers.imap(_simulated, parts) for found in part]
            often = Counter(name for found in alarms for name in found if " " not in name).most_common(3)
            share, about = sum(map(bool, alarms)) / len(alarms), ", ".join(name for name, _ in often)
            print(f"| {change.name} | {change.size} | {len(alarms)} | {share:.1%} | {about} |", flush=True)


def _share(pool: Pool) -> None:
    _shared.append(pool)


def _simulated(part: tuple[str, int, int]) -> list[list[str]]:
    change, runs, seed = part
    return simulate(_shared[0], change, runs, _CASES, seed=seed)


def covered(number: int) -> None:
    """The coverage of the 95 % interval in each world."""
    print("| differences | threads | turns | coverage |\n|---|---:|---:|---:|")
    for world in WORLDS:
        for threads, turns in ((30, 1), (100, 1), (100, 3)):
            print(
                f"| {world} | {threads} | {turns} | {coverage(world, threads, number, turns=turns):.1%} |", flush=True
            )


def killed(number: int) -> None:
    """Runs that are killed and gone on with until so many kills are reached."""
    from tests.replay.scenes import make_world, new_world, played

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state, archive = make_world(folder)
        with new_world(state) as server:
            played(archive, folder / "whole.json", server, cassettes=folder / "tapes", record=True)
        kills = runs = 0
        while kills < number:
            inner = folder / f"run{runs}"
            inner.mkdir()
            found, times = kill_and_go_on(archive, folder / "tapes", inner, 10, seed=runs)
            assert found == (folder / "whole.json").read_bytes(), f"run {runs} differs"
            kills, runs = kills + times, runs + 1
        print(f"{kills} kills in {runs} runs: the bytes are those of a run without any.")


def main() -> None:
    """Read the arguments and prove."""
    parser = argparse.ArgumentParser(description=__doc__)
    proofs = {"planted": (planted, 200), "coverage": (covered, 4000), "kills": (killed, 50)}
    parser.add_argument("proof", choices=proofs)
    parser.add_argument("number", type=int, nargs="?")
    given = parser.parse_args()
    prove, default = proofs[given.proof]
    prove(given.number or default)


if __name__ == "__main__":
    main()
