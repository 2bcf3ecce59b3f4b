"""Every program of fixtures/programs runs while the old API lives, and those that need it fail without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rewrite.programs import PROGRAMS, Outcome, Program, Runner, api, programs

NOWHERE = "http://127.0.0.1:9/v1"
LEVELS = {"fixed", "review", "manual", "untouched"}


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def outcome(runner: Runner, program: Program, workdir: Path, *, sunset: bool) -> Outcome:
    if program.api == "none":
        return runner.run(program, program.folder / "before", workdir, base_url=NOWHERE)
    with api(program, sunset=sunset) as server:
        shown = runner.run(program, program.folder / "before", workdir, base_url=server.url)
        assert not server.failures
    return shown


def chosen(*kinds: str) -> list[object]:
    """The programs that use these APIs, as parameters."""
    return [
        pytest.param(program, id=program.slug, marks=() if program.runs else pytest.mark.skip(reason=program.why))
        for program in programs()
        if program.api in kinds
    ]


@pytest.mark.parametrize("program", chosen("old", "new", "none"))
def test_runs_while_the_old_api_lives(program: Program, runner: Runner, tmp_path: Path) -> None:
    shown = outcome(runner, program, tmp_path, sunset=False)
    assert shown.exit_code == 0, shown.stderr
    assert len(shown.stdout.split()) >= 3
    assert bool(shown.files) == bool(program.files)


@pytest.mark.parametrize("program", chosen("old"))
def test_fails_once_the_old_api_is_gone(program: Program, runner: Runner, tmp_path: Path) -> None:
    shown = outcome(runner, program.on_the_installed_sdk(), tmp_path, sunset=True)
    assert shown.exit_code != 0
    assert program.sdk or "404" in shown.stderr


@pytest.mark.parametrize("program", chosen("new"))
def test_runs_without_the_old_api(program: Program, runner: Runner, tmp_path: Path) -> None:
    shown = outcome(runner, program, tmp_path, sunset=True)
    assert shown.exit_code == 0, shown.stderr


def test_a_third_must_stay_as_it_is() -> None:
    expected = [program.expect for program in programs()]
    assert set(expected) == LEVELS
    assert len(expected) >= 80
    assert expected.count("untouched") * 3 >= len(expected)


def test_look_alikes_never_need_the_old_api() -> None:
    assert {program.api for program in programs() if program.expect == "untouched"} == {"new", "none"}


def test_every_folder_is_a_program() -> None:
    folders = {path.name for path in PROGRAMS.iterdir() if path.is_dir()}
    assert folders == {program.slug for program in programs()}
    assert all((program.folder / "before" / program.entry).is_file() for program in programs())
