"""Read an archive: search it, and see its threads, on this machine or as HTML files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from assist2resp.cli._terminal import heed_sigterm, progress, say, show

_PATH = click.Path(path_type=Path)


@click.command(short_help=__doc__)
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option("--out", type=_PATH, metavar="FILE|DIR", help="Write one HTML file (*.html) or a folder of them.")
@click.option("--search", "asked", default="", metavar="WORDS", help="Write only the threads that say this.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="The port of the local page; any without it.")
@click.option("--index", type=_PATH, metavar="FILE", help="Where the search index is kept; beside the archive without.")
def command(*, folder: Path, out: Path | None, asked: str, port: int | None, index: Path | None) -> int:
    """Read an archive without any API.

    Without --out its address on this machine is printed, and it is served until Ctrl-C, to whoever knows that address.
    A search finds threads that say every word; "a phrase", begin*, -without and ids do what they look like.
    No page has a script or loads anything from elsewhere. Exit codes: 0 done; 2 usage, or no archive.
    """
    from assist2resp.browse.index import place_beside, prepare
    from assist2resp.browse.shelf import open_shelf
    from assist2resp.errors import ExitCode

    heed_sigterm()
    if out is not None and port is not None:
        raise click.UsageError("--port is for the local page, --out for files; give one of them.")
    if out is None and asked:
        raise click.UsageError("--search is for --out; the local page has a search of its own.")
    shelf = open_shelf(folder)
    place = index or place_beside(folder)
    with progress() as bar:
        items = shelf.manifest.converted.get("items", 0) + shelf.manifest.converted.get("conversations", 0)
        prepare(shelf, place, lambda texts: bar("indexing", texts, items) if bar else None)
    if out is None:
        from assist2resp.browse.server import Server

        _serve(Server(shelf, place, port or 0))
        return ExitCode.DONE
    from assist2resp.browse.site import write_file, write_site

    with progress() as bar:
        if out.suffix.lower() in (".html", ".htm"):
            count = write_file(shelf, place, out, asked)
        else:
            count = write_site(
                shelf, place, out, asked, lambda done, total: bar("writing", done, total) if bar else None
            )
    show(f"{out}: {count:,} {'thread' if count == 1 else 'threads'}.\n", sys.stdout)
    return ExitCode.DONE


def _serve(server: object) -> None:
    from assist2resp.browse.server import Server

    assert isinstance(server, Server)
    say("assist2resp: open this address in a browser; only who knows it can read. Ctrl-C stops.")
    show(f"{server.url}\n", sys.stdout)
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        say("assist2resp: stopped.")
    finally:
        server.server_close()
