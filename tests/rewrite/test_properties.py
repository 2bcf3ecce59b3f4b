"""What holds for every program that is composed of the common forms, and that a sample of them behaves as before."""

from __future__ import annotations

import ast
import contextlib
import io
import random
import runpy
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assist2resp.sandbox import Sandbox, sandbox
from assist2resp.sandbox.app import Settings
from tests.rewrite.compositions import LAYOUTS, LOOK_ALIKES, OTHER_NAMES, Composition, compositions, without_the_api
from tests.rewrite.one_file import Result, again, rewritten
from tests.rewrite.programs import normalise

EVERY = compositions()
programs = st.sampled_from(EVERY)
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


def outcome(files: dict[str, str]) -> Result:
    with TemporaryDirectory() as folder:
        return rewritten(files, Path(folder))


def verdict(program: Composition) -> set[tuple[str, str, str, bool]]:
    """How each method that the program calls ends."""
    return {(f.code, f.level, f.symbol, f.plain) for f in outcome(program.files).findings}


@settings(few, max_examples=30)
@given(programs)
def test_output_parses_and_a_second_run_changes_nothing(program: Composition) -> None:
    with TemporaryDirectory() as folder:
        result = rewritten(program.files, Path(folder))
        assert "main.py" in result.files
        for name, text in result.files.items():
            ast.parse(text)
            assert name not in program.files or ".beta." not in text
        assert not again(Path(folder)).changed


@few
@given(programs)
def test_names_do_not_matter(program: Composition) -> None:
    assert verdict(replace(program, names=OTHER_NAMES)) == verdict(program)


@few
@given(programs.filter(lambda program: program.layout == "flat"))
def test_the_order_of_independent_statements_does_not_matter(program: Composition) -> None:
    assert verdict(replace(program, thread_first=True)) == verdict(program)


@settings(few, max_examples=20)
@given(programs, st.sampled_from(LAYOUTS))
def test_the_layout_does_not_matter(program: Composition, layout: str) -> None:
    assert verdict(program.laid_out(layout)) == verdict(program)


@few
@given(programs, st.sampled_from(sorted(LOOK_ALIKES)))
def test_programs_without_the_api_stay(program: Composition, kind: str) -> None:
    assert not outcome(without_the_api(program, LOOK_ALIKES[kind])).changed


ARMED = [program for program in EVERY if program.assistant == "armed"]
SAMPLE = [*random.Random(3).sample(EVERY, 24), *random.Random(3).sample(ARMED, 6)]
QUICK = {"queued_seconds": 0.002, "step_seconds": 0.002, "poll_after_ms": 5}


@pytest.fixture(scope="module")
def old() -> Iterator[Sandbox]:
    with sandbox(settings=Settings(**QUICK), in_process=True) as server:
        yield server


@pytest.fixture(scope="module")
def new() -> Iterator[Sandbox]:
    with sandbox(settings=Settings(sunset=True, **QUICK), in_process=True) as server:
        yield server


def shown(folder: Path, server: Sandbox) -> str:
    """What the program in `folder` prints when its clients lead to a sandbox."""
    transports = {"OpenAI": server.transport, "AsyncOpenAI": server.async_transport}
    modules = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        for name, transport in transports.items():
            patch.setattr(openai, name, local(name, server.url, transport))
        patch.syspath_prepend(folder)
        patch.chdir(folder)
        runpy.run_path(str(folder / "main.py"), run_name="__main__")
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
    return normalise(out.getvalue())


def local(name: str, url: str, transport: Any) -> type:
    """A client class of the SDK whose requests go through a transport."""
    base = getattr(openai, name)
    http = openai.DefaultHttpxClient if name == "OpenAI" else openai.DefaultAsyncHttpxClient

    def begin(self: Any, **options: Any) -> None:
        options = {"base_url": url, "api_key": "sk-test", "http_client": http(transport=transport()), **options}
        base.__init__(self, **options)

    return type(name, (base,), {"__init__": begin})


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("program", SAMPLE, ids=str)
def test_behaviour_is_kept(program: Composition, old: Sandbox, new: Sandbox, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
        for name, text in program.files.items():
            (folder / name).write_text(text)
    again(after)
    expected = shown(before, old)
    assert expected
    assert shown(after, new) == expected
