"""Show the whole path on this machine: a bot on the old API, its end, its rewrite, and the same answers on the new."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assist2resp.cli._terminal import heed_sigterm, show, wants_colour


@click.command(short_help=__doc__)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("assist2resp-demo"),
    show_default=True,
    help="The folder in which everything is left; an earlier demo's is replaced, any other refused.",
)
def command(*, out: Path) -> int:
    """Walk the whole path on this machine, without a key, in under a minute.

    A support bot runs on the Assistants API of a sandbox; `export` saves its threads; that API shuts and the bot dies of
    404; `rewrite` moves it to Responses and Conversations, and `load` its threads; it runs again, goes on with its old
    customers under their stored thread ids, and what it prints is compared line by line with what the old API would
    have said.

    Exit codes: 0 the rewritten bot prints the same; 1 it prints something else; 2 the folder or the installation is
    unfit; 3 the bot failed; 130 interrupted.
    """
    from assist2resp.errors import InterruptedRunError

    heed_sigterm()
    try:
        return _walk(out)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"demo was interrupted: {out} is incomplete; run it again to start afresh.") from None


def _walk(out: Path) -> int:
    from assist2resp.sandbox import sandbox

    del sandbox  # asked for only to learn, before a folder is made, whether the extra is installed
    from assist2resp.demo.folder import claim
    from assist2resp.demo.screen import Screen
    from assist2resp.demo.tour import Tour

    screen = Screen(lambda text: show(text, sys.stdout), colour=wants_colour(sys.stdout))
    return Tour(claim(out), screen).walk()
