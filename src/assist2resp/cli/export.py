"""Get assistants, threads, files and vector stores into an archive."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assist2resp.cli._organization import export_all, show_organization, time_left
from assist2resp.cli._terminal import heed_sigterm, progress, say, show
from assist2resp.cli._thread_ids import wanted_threads
from assist2resp.plugins import plugin_names

if TYPE_CHECKING:
    from assist2resp.export.engine import Manifest, Progress
    from assist2resp.export.source import Settings

_PATH = click.Path(path_type=Path)
_TEMPORARY = "For --org: make a service account where a project has no key, and remove it again."


@click.command(short_help=__doc__)
@click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=_PATH)
@click.option(
    "--out", required=True, type=_PATH, metavar="DIR", help="The folder of the archive, new or to be gone on with."
)
@click.option(
    "--source",
    "name",
    type=click.Choice(plugin_names("assist2resp.export.sources")),
    default="openai",
    show_default=True,
    help="Where the data are.",
)
@click.option("--threads", type=_PATH, metavar="FILE", help="The ids of the threads, one a line; - is standard input.")
@click.option(
    "--threads-from", "database", metavar="URL", help="Their ids from a database: a file of SQLite, or a URL."
)
@click.option("--query", metavar="SQL", help="What gives the ids there, in its first column.")
@click.option("--base-url", metavar="URL", help="The server; OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT without it.")
@click.option("--api-version", metavar="DATE", help="The version of Azure's API; OPENAI_API_VERSION without it.")
@click.option("--org", "whole", is_flag=True, help="Every project of the organization; needs OPENAI_ADMIN_KEY.")
@click.option("--keys", type=_PATH, metavar="FILE", help='For --org: JSON of {"proj_…": "env:NAME or a key"}.')
@click.option("--temporary-accounts", "temporary", is_flag=True, help=_TEMPORARY)
@click.option("--only", multiple=True, metavar="KINDS", help="Only these: assistants, threads, runs, vector_stores, …")
@click.option("--skip", multiple=True, metavar="KINDS", help="Not these.")
@click.option("--since", metavar="DATE", help="Only threads made on this day (UTC) or later.")
@click.option(
    "--concurrency", default=16, show_default=True, type=click.IntRange(1, 256), help="Requests at once, at most."
)
@click.option("--rate", type=click.FloatRange(0.01), metavar="N", help="Requests a second, at most.")
@click.option("--restart", is_flag=True, help="Forget what the folder holds and begin anew.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    inputs: tuple[Path, ...],
    out: Path,
    name: str,
    threads: Path | None,
    database: str | None,
    query: str | None,
    base_url: str | None,
    api_version: str | None,
    whole: bool,
    keys: Path | None,
    temporary: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    since: str | None,
    concurrency: int,
    rate: float | None,
    restart: bool,
    form: str,
) -> int:
    """Get assistants, threads, files and vector stores from wherever they survive into an archive.

    \b
    openai    a server of the old wire, by its base URL; threads by their ids. Needs OPENAI_API_KEY.
    azure     Azure OpenAI or a project of Foundry, by its endpoint. Needs AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN.
    dump      INPUTs: folders, JSON and NDJSON files that hold objects of the API; TOML files that map a database
    cassette  INPUTs: recorded traffic of VCR (Python, Ruby) and HAR
    archive   INPUTs: other archives, to be merged

    The same command goes on where it was stopped, and tries again what failed. The archive is readable by its owner
    only, and holds everything verbatim in source/. Exit codes: 0 complete; 2 usage or configuration; 3 something
    failed, the rest is done; 130 interrupted.
    """  # noqa: D301 - click keeps the lines of a paragraph that begins with this control character
    from assist2resp.errors import ExitCode
    from assist2resp.export.engine import export
    from assist2resp.export.source import Settings, open_source

    heed_sigterm()
    settings = Settings(
        inputs=inputs,
        base_url=base_url,
        api_version=api_version,
        thread_ids=wanted_threads(threads, database, query),
        groups=_groups(only, skip),
        since=_moment(since),
        concurrency=concurrency,
        rate=rate,
    )
    _refuse_contradictions(name, inputs, settings)
    if whole and (name != "openai" or settings.has_thread_ids):
        raise click.UsageError("--org walks what each project lists; threads by id need one export per project.")
    if not whole and (keys is not None or temporary):
        raise click.UsageError("--keys and --temporary-accounts are for --org.")
    if name == "openai" and not whole and not settings.has_thread_ids and "threads" in settings.groups:
        say("assist2resp: no API lists threads; give their ids with --threads to have them too.")
    if whole:
        with _saving(out), progress() as bar:
            index = export_all(
                settings, keys, out, lambda _: _reporter(form, bar), temporary=temporary, restart=restart
            )
        show_organization(index, out, form)
        return ExitCode.DONE if all(project.complete for project in index.projects) else ExitCode.PARTIAL
    with _saving(out), progress() as bar:
        manifest = export(open_source(name, settings), out, restart=restart, report=_reporter(form, bar))
    if form == "text":
        show(f"{_summary(manifest, out)}\n", sys.stdout)
    return ExitCode.DONE if manifest.complete else ExitCode.PARTIAL


@contextmanager
def _saving(out: Path) -> Iterator[None]:
    """Ctrl-C ends the export, and says what is kept."""
    from assist2resp.errors import InterruptedRunError

    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"interrupted; {out} keeps what was fetched, run the same command to go on."
        ) from None


def _refuse_contradictions(name: str, inputs: tuple[Path, ...], settings: Settings) -> None:
    if name in _SERVERS and inputs:
        raise click.UsageError(f"the source {name} reads no files; name another with --source.")
    if name not in _SERVERS and settings.since is not None:
        raise click.UsageError(f"--since is for servers; the source {name} gives all that it holds.")
    if name not in _SERVERS and settings.has_thread_ids:
        raise click.UsageError(f"--threads is for servers; the source {name} gives all that it holds.")


def _moment(text: str | None) -> float | None:
    from assist2resp.schema.moments import seconds_of

    moment = seconds_of(text)
    if text is not None and moment is None:
        raise click.UsageError(f"'{text}' is no date; write it as 2025-12-31 or 2025-12-31T08:00:00Z.")
    return moment


def _groups(only: tuple[str, ...], skip: tuple[str, ...]) -> frozenset[str]:
    from assist2resp.export.source import GROUPS

    wanted, unwanted = _named(only), _named(skip)
    for group in (*wanted, *unwanted):
        if group not in GROUPS:
            raise click.UsageError(f"'{group}' is no kind; the kinds are {', '.join(GROUPS)}.")
    return frozenset(wanted or GROUPS) - unwanted


def _named(given: tuple[str, ...]) -> frozenset[str]:
    return frozenset(group.strip() for groups in given for group in groups.split(",") if group.strip())


def _reporter(form: str, bar: Callable[[str, int, int], None] | None) -> Callable[[Progress], None]:
    from dataclasses import asdict
    from json import dumps
    from time import monotonic

    started = monotonic()

    def report(progress: Progress) -> None:
        if form == "json":
            unit = progress.unit._asdict() if progress.unit else None
            show(dumps({"version": 1, **asdict(progress), "unit": unit}) + "\n", sys.stdout)
        elif progress.event == "failed" and progress.unit:
            say(f"assist2resp: {progress.unit.kind} {progress.unit.id}: {progress.reason}")
        elif bar is not None:
            done = progress.done + progress.failed
            rate = progress.objects / max(monotonic() - started, 1.0)
            bar(f"{progress.objects:,} objects, {rate:,.0f}/s", done, done + progress.waiting)

    return report


def _summary(manifest: Manifest, out: Path) -> str:
    from assist2resp.export.inventory import inventory_of
    from assist2resp.schema.counts import counted_kinds

    counts = ", ".join(counted_kinds(manifest.counts)) or "nothing"
    lines = [f"{out}: {counts}."]
    absences = manifest.absences[:_MOST_SHOWN]
    lines += [f"absent: {gap.kind} {gap.id}: {gap.reason}" if gap.id else f"absent: {gap.reason}" for gap in absences]
    if len(manifest.absences) > _MOST_SHOWN:
        lines.append(f"absent: {len(manifest.absences) - _MOST_SHOWN:,} more, in manifest.json")
    lines += time_left(inventory_of(out, manifest))
    if manifest.failures:
        lines.append(f"{len(manifest.failures):,} failed, listed in manifest.json; the same command tries them again.")
    return "\n".join(lines)


_MOST_SHOWN = 20
_SERVERS = ("openai", "azure")
