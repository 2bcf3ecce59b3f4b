"""Say in a pull request, a page or a pipeline whether the switch made answers worse."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assist2resp.cli._terminal import say, show, wants_colour
from assist2resp.plugins import plugin_names

_PATH = click.Path(path_type=Path)


@click.command(short_help=__doc__)
@click.argument("runs", metavar="[RUN.json]...", nargs=-1, type=_PATH)
@click.option(
    "--format",
    "form",
    type=click.Choice(plugin_names("assist2resp.report.formats")),
    default="text",
    show_default=True,
    help="How it is shown.",
)
@click.option("--findings", type=_PATH, metavar="FILE", help="What `rewrite --format json --output FILE` wrote.")
@click.option("--archive", type=_PATH, metavar="DIR", help="What `export --out DIR` made.")
@click.option("--against-base", "base", type=_PATH, metavar="RUN", help="The run of the branch to merge into.")
@click.option("--out", type=_PATH, metavar="FILE", help="Where it goes; stdout without it.")
@click.option("--title", metavar="TEXT", help="What it is called; comments of different titles stand side by side.")
@click.option("--template", type=_PATH, metavar="FILE", help="A Jinja2 template instead of a format.")
def command(
    *,
    runs: tuple[Path, ...],
    form: str,
    findings: Path | None,
    archive: Path | None,
    base: Path | None,
    out: Path | None,
    title: str | None,
    template: Path | None,
) -> int:
    """Join what the other verbs left in files: runs of `replay`, findings of `rewrite`, an archive of `export`.

    It reads files only, needs no key and no network, and judges nothing itself: the verdicts are the run's, and
    `replay --fail-on` is what makes a pipeline fail.

    Exit codes: 0 the report is written, whatever it says; 2 a file cannot be used; 130 interrupted.
    """
    from datetime import UTC, datetime

    from assist2resp.report.render import refuse_unwritable, rendered, write
    from assist2resp.report.view import TITLE, Sources, view

    if out is not None:
        refuse_unwritable(out)
    made = view(
        Sources(runs, findings, archive, base),
        title=title or TITLE,
        today=datetime.now(UTC).date(),
        colour=out is None and wants_colour(sys.stdout),
    )
    pieces = rendered(made, form, template)
    if out is None:
        for piece in pieces:
            show(piece, sys.stdout)
    else:
        write(pieces, out)
        say(f"{out}: {made.report.headline.word}: {made.report.headline.sentence}")
    return 0
