"""Every program of fixtures/programs shows the same on the old API and, through the support module, without it.

The program itself stays as it is: what `client.beta` and `client.files.content` stand for is replaced, which is what the
rewriter writes into the source of code that cannot be plain. A program that the rewriter itself sends through the
support module is run so by tests/rewrite/test_programs.py; here it runs only with EVERY_PROGRAM=1.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assist2resp.rewrite.support.shake import support_source
from assist2resp.sandbox import Sandbox
from tests.rewrite.programs import Program, Runner, api, programs

ENTRY = """
import runpy
import sys

import assistants_compat
import openai
from openai.resources.files import AsyncFiles, Files


def content(own):
    def chosen(files, file_id, **options):
        if file_id.startswith("cfile_"):
            return assistants_compat.file_content(files._client, file_id)
        return own(files, file_id, **options)

    return chosen


for client in (openai.OpenAI, openai.AsyncOpenAI):
    client.beta = property(assistants_compat.beta)
for files in (Files, AsyncFiles):
    files.content = content(files.content)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
DIFFERS = {"raw_http": "it speaks HTTP itself, which no module of Python can stand in for"}
"""Programs that show something else, with the reason."""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner(os.environ.get("SDK_PYTHON", sys.executable))
    yield runner
    runner.close()


def chosen() -> list[object]:
    return [
        pytest.param(
            program,
            id=program.slug,
            marks=[pytest.mark.xfail(reason=DIFFERS[program.slug], strict=True)] if program.slug in DIFFERS else [],
        )
        for program in programs()
        if program.api == "old" and program.runs and program.entry.endswith(".py")
        if "EVERY_PROGRAM" in os.environ
        or "A2R800" not in (program.folder / "findings.json").read_text(encoding="utf-8")
    ]


def rewritten(program: Program, folder: Path) -> Path:
    """The program with a support module, started so that it uses it."""
    shutil.copytree(program.folder / "before", folder)
    source = support_source(["*", "file_content"], is_async=True, is_sync=True)
    (folder / "assistants_compat.py").write_text(source, encoding="utf-8")
    (folder / "_through_support.py").write_text(ENTRY, encoding="utf-8")
    return folder


def bring_over(program: Program, server: Sandbox, folder: Path) -> None:
    """Put what the program finds on the old API where its successor finds it: a registry, conversations, an id map."""
    if not program.seed:
        return
    seed = json.loads((program.folder / program.seed).read_text(encoding="utf-8"))
    registry = {assistant["id"]: assistant for assistant in seed.get("assistants", [])}
    (folder / "assistants.json").write_text(json.dumps(registry), encoding="utf-8")
    with contextlib.closing(sqlite3.connect(folder / "id_map.sqlite")) as ids, ids:
        ids.execute("CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT)")
        for thread in seed.get("threads", []):
            conversation = server.client().conversations.create(items=thread["messages"])
            ids.execute("INSERT INTO ids VALUES (?, ?)", (thread["id"], conversation.id))


@pytest.mark.parametrize("program", chosen())
def test_shows_the_same_through_the_support_module(program: Program, runner: Runner, tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    with api(program, sunset=False) as server:
        before = runner.run(program, program.folder / "before", tmp_path / "old", base_url=server.url)
    assert before.exit_code == 0, before.stderr
    source = rewritten(program, tmp_path / "source")
    started = replace(program, entry="_through_support.py", args=(program.entry, *program.args))
    with api(replace(program, seed=""), sunset=True) as server:
        bring_over(program, server, source)
        after = runner.run(started, source, tmp_path / "new", base_url=server.url)
        assert not server.failures
    assert after.stdout == before.stdout, after.stderr
    assert after == before
