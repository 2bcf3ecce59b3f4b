"""Print the JSON Schema of a file that is read or written."""

from __future__ import annotations

import sys

import click

from assist2resp.cli._terminal import show


@click.command(short_help=__doc__)
@click.argument("name", metavar="[NAME]", required=False)
def command(name: str | None) -> None:
    """Print the JSON Schema of a file that is read or written, or without NAME of all, by their names."""
    from json import dumps

    from assist2resp.schema.catalogue import schemas

    known = schemas()
    if name is not None and name not in known:
        raise click.UsageError(f"there is no schema '{name}'; there are {', '.join(known)}.")
    show(dumps(known[name] if name is not None else known, indent=2) + "\n", sys.stdout)
