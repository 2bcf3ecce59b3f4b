"""Check an archive: files, order, references, and conversions made again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assist2resp.cli._terminal import say, show

if TYPE_CHECKING:
    from assist2resp.export.verify import Verdict

_PATH = click.Path(path_type=Path)


@click.command(short_help=__doc__)
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option(
    "--sample",
    default=100.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    metavar="N",
    help="The share of conversions that are made again, in percent.",
)
@click.option("--repair", "mend", is_flag=True, help="Make derived files anew from source/.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(*, folder: Path, sample: float, mend: bool, form: str) -> int:
    """Check an archive against its manifest and its own sources.

    Exit codes: 0 nothing is damaged; 1 something is; 2 it is no archive, or cannot be repaired; 3 it is sound, but not
    complete.
    """
    from assist2resp.errors import ExitCode
    from assist2resp.export.verify import repair, verify

    verdict = verify(folder, sample=sample)
    if mend and verdict.damages:
        repair(folder, verdict)
        say(f"assist2resp: {len(verdict.damages)} files were made anew.")
        verdict = verify(folder, sample=sample)
    show(_json(verdict) if form == "json" else _text(verdict, folder), sys.stdout)
    if verdict.damages:
        return ExitCode.FINDINGS
    return ExitCode.DONE if verdict.manifest.complete else ExitCode.PARTIAL


def _text(verdict: Verdict, folder: Path) -> str:
    lines = []
    for damage in verdict.damages:
        way = "--repair makes it anew" if damage.mendable else "export it again"
        lines.append(f"{damage.path}: {damage.problem}; {way}.")
    lines += [f"note: {number:,} references from {name} lead nowhere" for name, number in verdict.dangling.items()]
    failures = verdict.manifest.failures
    lines += [f"not complete: {len(failures):,} failed; the same export tries them again."] if failures else []
    state = f"{len(verdict.damages)} damages" if verdict.damages else "nothing is damaged"
    counts = ", ".join(f"{number:,} {kind}" for kind, number in verdict.manifest.counts.items()) or "nothing"
    return "\n".join([*lines, f"{folder}: {state}. It holds {counts}.", ""])


def _json(verdict: Verdict) -> str:
    from dataclasses import asdict
    from json import dumps

    shown = {
        "version": 1,
        "damages": [asdict(damage) for damage in verdict.damages],
        "dangling": verdict.dangling,
        "failures": len(verdict.manifest.failures),
        "counts": verdict.manifest.counts,
    }
    return dumps(shown, indent=2) + "\n"
