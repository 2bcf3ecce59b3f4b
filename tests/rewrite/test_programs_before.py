"""Every program of fixtures/programs runs while the old API lives, and those that need it fail without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rewrite.programs import Outcome, Program, Runner, api, programs

PROGRAMS = programs()


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def outcome(runner: Runner, program: Program, workdir: Path, *, sunset: bool) -> Outcome:
    with api(program, sunset=sunset) as server:
        shown = runner.run(program, program.folder / "before", workdir, base_url=server.url)
        assert not server.failures
    return shown


def runnable(program: Program) -> object:
    skip = pytest.mark.skip(reason=program.why)
    return pytest.param(program, id=program.slug, marks=() if program.runs else skip)


@pytest.mark.parametrize("program", [runnable(program) for program in PROGRAMS])
def test_runs_on_the_old_api(program: Program, runner: Runner, tmp_path: Path) -> None:
    shown = outcome(runner, program, tmp_path, sunset=False)
    assert shown.exit_code == 0, shown.stderr
    assert len(shown.stdout.split()) >= 3
    assert set(shown.files) or not program.files


@pytest.mark.parametrize("program", [runnable(program) for program in PROGRAMS])
def test_needs_the_api_that_it_says(program: Program, runner: Runner, tmp_path: Path) -> None:
    shown = outcome(runner, program, tmp_path, sunset=True)
    if program.api != "old":
        assert shown.exit_code == 0, shown.stderr
    else:
        assert shown.exit_code != 0 or "404" in shown.stdout


@pytest.mark.parametrize("program", [runnable(program) for program in PROGRAMS])
def test_shows_the_same_twice(program: Program, runner: Runner, tmp_path: Path) -> None:
    first, second = (outcome(runner, program, tmp_path / name, sunset=False) for name in ("first", "second"))
    assert first == second


def test_a_third_must_stay_as_it_is() -> None:
    untouched = [program for program in PROGRAMS if program.expect == "untouched"]
    assert len(PROGRAMS) >= 80
    assert len(untouched) * 3 >= len(PROGRAMS)
