"""Check an archive: files, order, references, and conversions made again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assist2resp.cli._terminal import say, show

if TYPE_CHECKING:
    from assist2resp.export.against import Comparison
    from assist2resp.export.verify import Verdict

_PATH = click.Path(path_type=Path)


class _Percent(click.FloatRange):
    """A share, with or without its sign."""

    def __init__(self) -> None:
        super().__init__(0, 100)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        given: Any = value.removesuffix("%") if isinstance(value, str) else value
        return super().convert(given, param, ctx)


@click.command(short_help=__doc__)
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option(
    "--sample",
    default=100.0,
    show_default=True,
    type=_Percent(),
    metavar="N%",
    help="The share of threads whose conversions are made again, or that are asked for again, in percent.",
)
@click.option("--against-source", "against", is_flag=True, help="Ask the server again and compare a sample.")
@click.option("--base-url", metavar="URL", help="For --against-source: the server, where it has moved.")
@click.option("--api-version", metavar="DATE", help="For --against-source: the version of Azure's API.")
@click.option("--repair", "mend", is_flag=True, help="Make derived files anew from source/.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    folder: Path,
    sample: float,
    against: bool,
    base_url: str | None,
    api_version: str | None,
    mend: bool,
    form: str,
) -> int:
    """Check an archive against its manifest and its own sources.

    Exit codes: 0 nothing is damaged; 1 something is; 2 it is no archive, or cannot be repaired; 3 it is sound, but not
    complete.
    """
    from assist2resp.errors import ExitCode
    from assist2resp.export.verify import repair, verify
    from assist2resp.schema.counts import counted

    verdict = verify(folder, sample=sample)
    if mend and verdict.damages:
        repair(folder, verdict)
        say(f"assist2resp: {counted(len(verdict.damages), 'damage')} mended: what is made of source/ was made anew.")
        verdict = verify(folder, sample=sample)
    comparison = None
    if against:
        from assist2resp.export.against import compare
        from assist2resp.export.source import Settings

        settings = Settings(base_url=base_url, api_version=api_version)
        comparison = compare(folder, verdict.manifest, settings, sample=sample)
    text = _json(verdict, comparison) if form == "json" else _text(verdict, folder) + _compared(comparison)
    show(text, sys.stdout)
    if comparison is not None and comparison.failures and not verdict.damages:
        return ExitCode.PARTIAL
    if verdict.damages or (comparison is not None and comparison.differences):
        return ExitCode.FINDINGS
    return ExitCode.DONE if verdict.manifest.complete else ExitCode.PARTIAL


def _text(verdict: Verdict, folder: Path) -> str:
    from assist2resp.schema.counts import counted, counted_kinds

    lines = []
    for damage in verdict.damages[:_MOST_SHOWN]:
        way = "--repair makes it anew" if damage.mendable else "export it again"
        lines.append(f"{damage.path}: {damage.problem}; {way}.")
    more = len(verdict.damages) - len(lines)
    lines += [f"and {more:,} more; --format json shows all."] if more else []
    lines += [f"note: {number:,} references from {name} lead nowhere" for name, number in verdict.dangling.items()]
    failures = verdict.manifest.failures
    lines += [f"not complete: {len(failures):,} failed; the same export tries them again."] if failures else []
    state = counted(len(verdict.damages), "damage") if verdict.damages else "nothing is damaged"
    counts = ", ".join(counted_kinds(verdict.manifest.counts)) or "nothing"
    return "\n".join([*lines, f"{folder}: {state}. It holds {counts}.", ""])


def _compared(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    lines = [f"{one.kind} {one.id}: {one.problem}." for one in comparison.differences[:_MOST_SHOWN]]
    more = len(comparison.differences) - len(lines)
    lines += [f"and {more:,} more; --format json shows all."] if more else []
    lines += [f"could not be asked: {failure}" for failure in comparison.failures[:_MOST_SHOWN]]
    state = f"{len(comparison.differences):,} differ" if comparison.differences else "all are the same"
    return "\n".join([*lines, f"{comparison.compared:,} objects were asked for again: {state}.", ""])


_MOST_SHOWN = 20


def _json(verdict: Verdict, comparison: Comparison | None) -> str:
    from dataclasses import asdict
    from json import dumps

    shown = {
        "version": 1,
        "damages": [asdict(damage) for damage in verdict.damages],
        "dangling": verdict.dangling,
        "failures": len(verdict.manifest.failures),
        "counts": verdict.manifest.counts,
        "against_source": asdict(comparison) if comparison is not None else None,
    }
    return dumps(shown, indent=2) + "\n"
