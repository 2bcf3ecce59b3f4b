"""Every program of fixtures/programs, run on the old API, rewritten, and run again after the old API's end.

A program that the rewriter leaves alone must stay byte for byte; what it rewrites must show its users the same, and
send no request that OpenAI's description does not allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from tests.rewrite.programs import PROGRAMS, Outcome, Program, Runner, api, programs
from tests.rewrite.rewritten import options, record, recorded, rewrite_copy
from tests.sandbox.openapi import PATH
from tests.sandbox.openapi_requests import Requests

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def described() -> Requests | None:
    """OpenAI's description, where it is beside this repository."""
    return Requests() if PATH.exists() else None


def run(
    runner: Runner,
    program: Program,
    source: Path,
    workdir: Path,
    *,
    sunset: bool,
    described: Requests | None = None,
) -> Outcome:
    """Run a program on the sandbox, whose requests are to be as `described`."""
    workdir.mkdir()
    if program.api == "none":
        return runner.run(program, source, workdir, base_url=NOWHERE)
    with api(program, sunset=sunset) as server:
        shown = runner.run(program, source, workdir, base_url=server.url)
        assert not server.failures
        taken = [request for request in server.requests if request.status < 400]
    if described is not None:
        assert not [violation for request in taken for violation in described.violations(request)]
    return shown


def chosen(*, old: bool) -> list[object]:
    """The programs that use the old API, or the others, as parameters."""
    found = []
    for program in programs():
        marks = [] if program.runs else [pytest.mark.skip(reason=program.why)]
        if program.xfail:
            marks.append(pytest.mark.xfail(strict=True, reason=program.xfail))
        if (program.api == "old") is old:
            found.append(pytest.param(program, id=program.slug, marks=marks))
    return found


@pytest.mark.parametrize("program", chosen(old=True))
def test_behaves_the_same_after_the_rewrite(
    program: Program, runner: Runner, described: Requests | None, tmp_path: Path
) -> None:
    source = program.folder / "before"
    before = run(runner, program, source, tmp_path / "before", sunset=False)
    assert before.exit_code == 0, before.stderr
    assert len(before.stdout.split()) >= 3
    assert bool(before.files) == bool(program.files)

    dead = run(runner, program.on_the_installed_sdk(), source, tmp_path / "dead", sunset=True)
    assert dead.exit_code != 0
    assert program.sdk or "404" in dead.stderr

    rewritten = rewrite_copy(program, tmp_path / "rewritten")
    assert rewritten.level == program.expect
    assert record(program, rewritten) == recorded(program), "run scripts/record_programs.py and read what changed"
    assert not rewrite([tmp_path / "rewritten"], options(program)).changes, "a second run changes something"
    if program.expect == "manual":
        return
    rewritten_at, sdk = tmp_path / "rewritten", program.on_the_installed_sdk()
    after = run(runner, sdk, rewritten_at, tmp_path / "after", sunset=True, described=described)
    assert after.exit_code == 0, after.stderr
    if not program.differs:
        assert after == before


@pytest.mark.parametrize("program", chosen(old=False))
def test_stays_byte_for_byte(program: Program, runner: Runner, tmp_path: Path) -> None:
    shown = run(runner, program, program.folder / "before", tmp_path / "run", sunset=True)
    assert shown.exit_code == 0, shown.stderr
    assert len(shown.stdout.split()) >= 3
    rewritten = rewrite_copy(program, tmp_path / "rewritten")
    assert not rewritten.changed
    assert record(program, rewritten) == recorded(program)


def test_a_third_must_stay_as_it_is() -> None:
    expected = [program.expect for program in programs()]
    assert len(expected) >= 80
    assert expected.count("untouched") * 3 >= len(expected)


def test_a_difference_is_stated_as_one_to_review() -> None:
    assert all(program.expect == "review" for program in programs() if program.differs)


def test_every_folder_is_a_program() -> None:
    folders = {path.name for path in PROGRAMS.iterdir() if path.is_dir()}
    assert folders == {program.slug for program in programs()}
    assert all((program.folder / "before" / program.entry).is_file() for program in programs())
