"""Runs the programs of fixtures/programs against a sandbox and compares what their users would see.

`program.json` of each program holds
- `about`: the class of code that it stands for, `expect`: the level that the rewriter should reach on it
  (`fixed`, `review`, `manual` or `untouched`);
- `entry`, `args`, `stdin`: how it is run;
- `api`: `old` when it needs the Assistants API, `new` when it calls other routes only, `none` when it calls none
  (default `old`, and `none` for `untouched`);
- `files`: glob patterns of files that it leaves behind and that count as output;
- `env`: further environment, in which `{server}` stands for the sandbox's origin;
- `seed`: the objects that the sandbox begins with (a file beside program.json);
- `archive`: the archive that it is rewritten with (a folder beside program.json);
- `id_map`: the conversations of old thread ids, as `assist2resp load` keeps them in id_map.sqlite;
- `pace`: seconds that each state of a run lasts, where the program acts while it is active;
- `differs`: what its users see differently after the rewrite, which its findings state (level `review`);
- `xfail`: why the rewriter cannot do it yet;
- `sdk`: the last version of openai that had the names it uses; `runs`: false, with `why`, if none of today's can run it.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from assist2resp.sandbox import Sandbox, sandbox
from assist2resp.sandbox.app import Settings

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "fixtures" / "programs"
SITE = Path(__file__).parent / "site"

KINDS = "asst|thread|conv|msg|run|step|resp|call|fc|file|cfile|cntr|vs|vsfb|ci|fs|rs|ctc"
ID = re.compile(rf"\b(?:{KINDS})[_-][A-Za-z0-9]{{12,}}\b")


@dataclass(frozen=True)
class Program:
    """One program and what is expected of it."""

    slug: str
    about: str
    expect: Literal["fixed", "review", "manual", "untouched"]
    entry: str = "main.py"
    args: tuple[str, ...] = ()
    stdin: str = ""
    api: Literal["old", "new", "none"] = "old"
    files: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    seed: str = ""
    pace: float = 0.005
    sdk: str = ""
    runs: bool = True
    why: str = ""
    archive: str = ""
    id_map: dict[str, str] = field(default_factory=dict)
    differs: str = ""
    xfail: str = ""

    @property
    def folder(self) -> Path:
        """Where the program's files and `before` lie."""
        return PROGRAMS / self.slug

    def on_the_installed_sdk(self) -> Program:
        """The same program without the names that only old versions of openai had."""
        return replace(self, sdk="")


@dataclass(frozen=True)
class Outcome:
    """What a run showed: ids are normalised, `files` are those that count as output."""

    exit_code: int
    stdout: str
    files: dict[str, str]
    stderr: str = field(compare=False)


def load(folder: Path) -> Program:
    """The program described by `folder/program.json`."""
    described = json.loads((folder / "program.json").read_text(encoding="utf-8"))
    described["args"] = tuple(described.get("args", ()))
    described["files"] = tuple(described.get("files", ()))
    described.setdefault("api", "none" if described["expect"] == "untouched" else "old")
    return Program(slug=folder.name, **described)


def programs() -> list[Program]:
    """Every program, by slug."""
    return [load(path.parent) for path in sorted(PROGRAMS.glob("*/program.json"))]


@contextmanager
def api(program: Program, *, sunset: bool) -> Iterator[Sandbox]:
    """A sandbox as the program finds it: its seed, its pace."""
    settings = Settings(sunset=sunset, queued_seconds=program.pace, step_seconds=program.pace, poll_after_ms=5)
    seed = program.folder / program.seed if program.seed else None
    with sandbox(settings=settings, seed=seed) as server:
        yield server


def normalise(text: str) -> str:
    """The text with every object's id replaced, the same word for both APIs' kinds."""
    return ID.sub("<id>", text)


class Runner:
    """Runs programs, each in a process of its own; closing ends the process that they are forked from."""

    def __init__(self, python: str = sys.executable) -> None:
        environment = {**os.environ, "PYTHONPATH": str(SITE), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [python, str(SITE / "launcher.py")]
        self._launcher = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, program: Program, source: Path, workdir: Path, *, base_url: str, timeout: int = 60) -> Outcome:
        """Copy `source` (a `before` or `after` folder) to the empty `workdir` and run the program there."""
        folder = workdir / program.slug
        shutil.copytree(source, folder)
        streams = {name: workdir / name for name in ("stdin", "stdout", "stderr")}
        streams["stdin"].write_text(program.stdin, encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(workdir),
            "OPENAI_BASE_URL": base_url,
            "OPENAI_API_KEY": "sk-test",
            **{name: value.replace("{server}", base_url.removesuffix("/v1")) for name, value in program.env.items()},
        }
        request = {
            "folder": str(folder),
            "entry": program.entry,
            "args": program.args,
            "env": environment,
            "sdk": program.sdk,
            "timeout": timeout,
            **{name: str(path) for name, path in streams.items()},
        }
        exit_code = self._ask(request)
        stdout, stderr = (streams[name].read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return Outcome(exit_code, normalise(stdout), _written(program, folder), stderr)

    def _ask(self, request: dict[str, object]) -> int:
        assert self._launcher.stdin
        assert self._launcher.stdout
        self._launcher.stdin.write(json.dumps(request) + "\n")
        self._launcher.stdin.flush()
        return int(self._launcher.stdout.readline())

    def close(self) -> None:
        """End the launcher."""
        self._launcher.communicate()


def _written(program: Program, folder: Path) -> dict[str, str]:
    names = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    wanted = {str(path.relative_to(folder)): path for path in names}
    return {
        name: normalise(path.read_bytes().decode("utf-8", "backslashreplace"))
        for name, path in wanted.items()
        if any(fnmatch.fnmatch(name, pattern) for pattern in program.files)
    }
