"""Runs programs of public repositories before and after their rewrite, and tables what their users would see.

    python scripts/run_public_programs.py ROOT [WORD…] [-v] [--keep DIR] [--recipes FILE]

ROOT holds one folder OWNER__NAME per repository; scripts/public/programs.toml, or FILE, says which programs and how each
is run.
WORDs choose those whose repository and entry hold one of them. A program runs on a copy of its repository against a
sandbox that still has the Assistants API, and its rewritten copy against one that has not. Exit code 0 when every
program that was rewritten shows the same.

A recipe has
- `repository`, `commit`, `entry` (a path in it), `tree`: the folder of it that is copied (default: all of it);
- `args`, `stdin`, `env`, `files`: text by path, put into the copy first; `edits`: texts of the entry and what they are
  replaced by (keys, paths of the author's machine);
- `faked`: packages to fake (see public/launch.py); `drive`: our own code to run in place of the entry, in its folder;
- `seed`: what the sandbox begins with (see the sandbox's seed); the registry and the id map of the rewritten copy hold
  the same assistants and threads;
- `outputs`: patterns of files that count as output; `waiting`: patterns of lines that only say that a run is under way;
- `old_sdk`: whether it needs names that openai had until 1.65; `today`: the date of both sandboxes;
- `differs`: what its users see differently, which a finding of level `review` must state.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options
from assist2resp.rewrite.output.writing import write_outcome
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import BEFORE_SUNSET, Settings
from assist2resp.schema.findings import Finding, Level

PUBLIC = Path(__file__).with_name("public")
RECIPES = PUBLIC / "programs.toml"
KINDS = "asst|thread|conv|msg|run|step|resp|rs|call|fc|file|cfile|cntr|vs|vsfb|ci|fs|ctc"
ID = re.compile(rf"\b(?:{KINDS})[_-][A-Za-z0-9]{{12,}}\b")
CLOCK = re.compile(r"\b1[789]\d{8}\b")
WAITING = r"(queued|in_progress)\W*$"
LONG_AGO = 1_700_000_000
IGNORED = shutil.ignore_patterns(".git", "node_modules", "*.ipynb", "__pycache__")


@dataclass(frozen=True)
class Recipe:
    """How one public program is run; the module's documentation has the fields."""

    repository: str
    commit: str
    entry: str
    tree: str = "."
    args: tuple[str, ...] = ()
    stdin: str = ""
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    edits: dict[str, str] = field(default_factory=dict)
    faked: tuple[str, ...] = ()
    drive: str = ""
    seed: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    old_sdk: bool = False
    today: date = BEFORE_SUNSET
    differs: str = ""

    @property
    def name(self) -> str:
        """The program as the table shows it."""
        return f"{self.repository}/{self.entry}"


@dataclass(frozen=True)
class Shown:
    """What a run showed its user, normalised, and the end of what it said of its errors."""

    exit_code: int
    text: str
    files: dict[str, str]
    errors: str = field(compare=False)


@dataclass(frozen=True)
class Verdict:
    """How one program ended: `equal`, `different`, `left alone` or `broken before`, and why."""

    recipe: Recipe
    how: str
    why: str
    fixed: frozenset[Finding] = frozenset()
    details: str = ""

    @property
    def plain(self) -> int:
        """How many of its sites ended as plain calls."""
        return sum(finding.plain for finding in self.fixed)


def recipes(path: Path) -> list[Recipe]:
    """Every recipe, in the order of the file."""
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["program"]
    return [Recipe(**_frozen(row)) for row in rows]


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def judge(recipe: Recipe, root: Path, work: Path) -> Verdict:
    """Run one program on both sides."""
    name = (root / recipe.repository.replace("/", "__") / recipe.tree).resolve().name
    before, after = work / "before" / name, work / "after" / name
    _copy(recipe, root, before)
    shutil.copytree(before, after)
    outcome = write_outcome(rewrite([after], Options(today=recipe.today)))
    findings = outcome.findings.findings
    fixed = frozenset(f for f in findings if f.level is not Level.MANUAL and f.symbol.startswith("beta."))
    diff = "".join(_diff(before, after))
    old = run(recipe, before, work, sunset=False)
    if "PermissionError" in old.errors or "ModuleNotFoundError" in old.errors or "SyntaxError" in old.errors:
        return Verdict(recipe, "broken before", old.errors.strip().splitlines()[-1], fixed, old.errors)
    if not outcome.changes or not fixed:
        why = next((f"{f.code} {f.message}" for f in findings if f.blocked_by is None), "no site was found")
        return Verdict(recipe, "left alone", why, fixed)
    new = run(recipe, after, work, sunset=True)
    stays = [finding for finding in findings if finding.level is Level.MANUAL]
    if old == new:
        return Verdict(recipe, "equal", f"{len(stays)} sites stay" if stays else old.text[-60:], fixed, diff + old.text)
    return Verdict(
        recipe, "different", recipe.differs or _first_difference(old, new), fixed, diff + _compared(old, new)
    )


def _copy(recipe: Recipe, root: Path, to: Path) -> None:
    shutil.copytree(root / recipe.repository.replace("/", "__") / recipe.tree, to, ignore=IGNORED)
    for name, text in recipe.files.items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    entry = to / recipe.entry
    text = entry.read_text(encoding="utf-8")
    for old, new in recipe.edits.items():
        if old not in text:
            raise ValueError(f"{recipe.name} does not hold {old!r}.")
        text = text.replace(old, new)
    entry.write_text(text, encoding="utf-8")


def run(recipe: Recipe, tree: Path, work: Path, *, sunset: bool) -> Shown:
    """Run the program in `tree` against one of the two sandboxes."""
    settings = Settings(sunset=sunset, today=recipe.today, queued_seconds=0.01, step_seconds=0.01, poll_after_ms=5)
    entry = (tree / recipe.entry).resolve()
    with sandbox(settings=settings, seed=_seed(recipe, sunset=sunset)) as server:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(work),
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "sk-test",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FAKED": " ".join(recipe.faked),
            "OLD_SDK": "1" if recipe.old_sdk else "",
            "DRIVE": recipe.drive,
            **_kept(recipe, work),
            **{name: value.replace("{server}", server.url) for name, value in recipe.env.items()},
        }
        command = [sys.executable, str(PUBLIC / "launch.py"), str(entry), *recipe.args]
        try:
            done = subprocess.run(
                command,
                check=False,
                cwd=entry.parent,
                env=environment,
                input=recipe.stdin,
                capture_output=True,
                text=True,
                timeout=40,
            )
        except subprocess.TimeoutExpired as error:
            return Shown(-1, str(error.stdout)[-3000:], {}, f"took too long: {str(error.stderr)[-1500:]}")
    text = _normal(recipe, done.stdout)
    if done.returncode:
        text += "\nended with " + _normal(recipe, done.stderr.strip().rpartition("\n")[2])
    files = {
        path.relative_to(tree).as_posix(): _normal(recipe, path.read_bytes().decode("utf-8", "backslashreplace"))
        for pattern in recipe.outputs
        for path in sorted(tree.glob(pattern))
    }
    return Shown(done.returncode, text, files, done.stderr[-4000:])


def _seed(recipe: Recipe, *, sunset: bool) -> dict[str, Any]:
    """The old sandbox's objects, and in the new one conversations in place of threads."""
    seed = {**recipe.seed, "assistants": _assistants(recipe)}
    if sunset:
        seed.pop("assistants", None)
        threads = seed.pop("threads", [])
        if threads:
            seed["conversations"] = [
                {"id": _conversation(thread["id"]), "items": thread.get("messages", [])} for thread in threads
            ]
    return seed


def _assistants(recipe: Recipe) -> list[dict[str, Any]]:
    return [{"created_at": LONG_AGO, **row} for row in recipe.seed.get("assistants", [])]


def _conversation(thread_id: str) -> str:
    return "conv_" + thread_id.removeprefix("thread_")


def _kept(recipe: Recipe, work: Path) -> dict[str, str]:
    """The registry and the id map that a user would have exported and loaded, and where they are named."""
    registry, id_map = work / "assistants.json", work / "id_map.sqlite"
    registry.write_text(json.dumps({row["id"]: row for row in _assistants(recipe)}), encoding="utf-8")
    id_map.unlink(missing_ok=True)
    with closing(sqlite3.connect(id_map)) as database, database:
        database.execute("CREATE TABLE ids (old TEXT PRIMARY KEY, new TEXT)")
        rows = [(thread["id"], _conversation(thread["id"])) for thread in recipe.seed.get("threads", [])]
        database.executemany("INSERT INTO ids VALUES (?, ?)", rows)
    return {"ASSISTANTS_FILE": str(registry), "ASSISTANTS_ID_MAP": str(id_map)}


def _normal(recipe: Recipe, text: str) -> str:
    waiting = re.compile("|".join((WAITING, *recipe.waiting)))
    lines = [line for line in text.splitlines() if line.strip() and not waiting.search(line)]
    return CLOCK.sub("<time>", ID.sub("<id>", "\n".join(lines)))


def _diff(before: Path, after: Path) -> Iterator[str]:
    for path in sorted(after.rglob("*.py")):
        old = before / path.relative_to(after)
        if path.name == "assistants_compat.py" or not old.exists() or old.read_bytes() == path.read_bytes():
            continue
        was, now = (
            side.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True) for side in (old, path)
        )
        yield from difflib.unified_diff(was, now, path.name, path.name, n=2)


def _first_difference(old: Shown, new: Shown) -> str:
    for one, other in zip(old.text.splitlines(), new.text.splitlines(), strict=False):
        if one != other:
            return f"{one[:60]!r} became {other[:60]!r}"
    return f"{len(old.text.splitlines())} lines became {len(new.text.splitlines())}: {new.text[-80:]!r}"


def _compared(old: Shown, new: Shown) -> str:
    was, now = (f"{side.text}\n{side.files}\n".splitlines(keepends=True) for side in (old, new))
    return "".join(difflib.unified_diff(was, now, "shown before", "shown after", n=1)) + "\n" + new.errors


def main() -> int:
    """Judge the chosen programs and print the table."""
    parser = argparse.ArgumentParser(description="Run public programs before and after their rewrite.")
    parser.add_argument("root", type=Path)
    parser.add_argument("words", nargs="*", help="only programs whose repository and entry hold one of these")
    parser.add_argument("-v", "--verbose", action="store_true", help="show each rewrite and each difference")
    parser.add_argument("--keep", type=Path, help="leave the copies here")
    parser.add_argument("--recipes", type=Path, default=RECIPES, help="which programs, and how each is run")
    options = parser.parse_args()
    chosen = [
        recipe
        for recipe in recipes(options.recipes)
        if not options.words or any(word in recipe.name for word in options.words)
    ]
    totals: Counter[str] = Counter()
    sites: dict[tuple[str, str, int, str], bool] = {}
    print("| program | result | sites fixed | plain | why |\n|---|---|---:|---:|---|")
    for number, recipe in enumerate(chosen):
        with tempfile.TemporaryDirectory() as folder:
            work = options.keep / str(number) if options.keep else Path(folder)
            work.mkdir(parents=True, exist_ok=True)
            verdict = judge(recipe, options.root, work.resolve())
        why = " ".join(verdict.why.replace("|", "/").split())
        print(f"| {recipe.name} | {verdict.how} | {len(verdict.fixed)} | {verdict.plain} | {why} |", flush=True)
        if options.verbose:
            print(verdict.details)
        totals[verdict.how] += 1
        sites |= {
            (
                recipe.repository,
                finding.place.path.partition("/after/")[2],
                finding.place.line,
                finding.symbol,
            ): finding.plain
            for finding in verdict.fixed
        }
    ways = ("equal", "different", "left alone", "broken before")
    print(f"\n{len(chosen)} programs: {', '.join(f'{totals[how]} {how}' for how in ways)};", end=" ")
    print(f"{len(sites)} sites rewritten, {sum(sites.values())} of them as plain calls.")
    return 1 if totals["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
