"""Bring an archive's threads into Conversations, each item once, under ids that old ones lead to."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assist2resp.cli._terminal import heed_sigterm, progress, say, show
from assist2resp.cli._thread_ids import wanted_threads

if TYPE_CHECKING:
    from assist2resp.load.engine import Progress
    from assist2resp.load.estimate import Estimate
    from assist2resp.load.reading import Choice, Shard
    from assist2resp.load.session import Result

_PATH = click.Path(path_type=Path)
_MOST_SHOWN = 20


@click.command(short_help=__doc__)
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option("--dry-run", is_flag=True, help="Send nothing; say what would be done, and what will be lost.")
@click.option("--only-threads", type=_PATH, metavar="FILE", help="The ids of the threads, one a line; - is stdin.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Load so many threads, and no more, in this run.")
@click.option("--since", metavar="DATE", help="Only threads that were made, or written to, from this day on.")
@click.option(
    "--map", "place", metavar="URL", help="The id map: a path, a path ending with .csv, or a URL of SQLAlchemy."
)
@click.option("--state", metavar="URL", help="The support module's state; beside the id map without it.")
@click.option("--base-url", metavar="URL", help="The server; OPENAI_BASE_URL without it.")
@click.option(
    "--concurrency", default=16, show_default=True, type=click.IntRange(1, 256), help="Threads at once, at most."
)
@click.option("--rate", type=click.FloatRange(0.01), metavar="N", help="Requests a second, at most.")
@click.option("--budget", type=click.IntRange(10), metavar="N", help="Requests, at most; the same command goes on.")
@click.option("--price", type=click.FloatRange(0), metavar="N", help="Dollars for a million input tokens (--dry-run).")
@click.option("--shard", metavar="K/N", help="The Kth of N parts, for N machines that share an archive and a map.")
@click.option("--vector-stores", is_flag=True, help="First make vector stores again that expired or are gone.")
@click.option(
    "--verify/--no-verify", default=True, show_default=True, help="Read every conversation back (20,000 of more)."
)
@click.option("--rollback", is_flag=True, help="Remove what a load of this archive made, and nothing else.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    folder: Path,
    dry_run: bool,
    only_threads: Path | None,
    limit: int | None,
    since: str | None,
    place: str | None,
    state: str | None,
    base_url: str | None,
    concurrency: int,
    rate: float | None,
    budget: int | None,
    price: float | None,
    shard: str | None,
    vector_stores: bool,
    verify: bool,
    rollback: bool,
    form: str,
) -> int:
    """Bring an archive's threads into Conversations. Needs OPENAI_API_KEY.

    Killed at any instant, the same command goes on, and each item is in its conversation once. The id map (id_map.sqlite)
    and the state (assistants_compat.sqlite) are written into DIR unless --map says where; beside the support module that
    `rewrite` wrote, or named by ASSISTANTS_ID_MAP and ASSISTANTS_STATE, they make stored ids of threads go on working.

    Exit codes: 0 all is loaded; 2 usage or configuration; 3 some threads failed or are left, the rest is done;
    130 interrupted.
    """
    from assist2resp.errors import InterruptedRunError
    from assist2resp.load.session import Settings

    heed_sigterm()
    choice = _choice(only_threads, since, shard)
    if dry_run and rollback:
        raise click.UsageError("--dry-run is of a load, and --rollback is none; give one of them.")
    if not rollback:
        _tell_of_gaps(folder)
    if dry_run:
        return _show_estimate(
            folder,
            choice,
            form,
            limit=limit,
            verify=verify,
            stores=vector_stores,
            base_url=base_url,
            rate=rate,
            price=price,
        )
    settings = Settings(
        choice, limit, place, state, base_url, None, concurrency, rate, budget, verify=verify, stores=vector_stores
    )
    try:
        return _run(folder, settings, form, rollback=rollback)
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"interrupted; the journal in {folder} knows what was done, run the same command to go on."
        ) from None


def _tell_of_gaps(folder: Path) -> None:
    """Say of an archive that lacks something that it does: what is not in it is not loaded."""
    from assist2resp.schema.manifest import read_manifest

    failures = read_manifest(folder).failures
    if failures:
        say(
            f"assist2resp: {folder} is not complete: {len(failures):,} failed when it was exported, such as "
            f"{failures[0].kind} {failures[0].id}; the same export tries again."
        )


def _run(folder: Path, settings: object, form: str, *, rollback: bool) -> int:
    from assist2resp.errors import ExitCode
    from assist2resp.load.engine import load
    from assist2resp.load.rollback import roll_back

    work = roll_back if rollback else load
    with progress() as bar:
        result = work(folder, settings, _reporter(form, bar))  # type: ignore[arg-type]
    if form == "text":
        show("\n".join(_summary(result, folder, rollback=rollback)) + "\n", sys.stdout)
    return ExitCode.DONE if result.is_complete else ExitCode.PARTIAL


def _choice(only_threads: Path | None, since: str | None, shard: str | None) -> Choice:
    from assist2resp.load.reading import Choice, Shard, seconds_of

    ids = wanted_threads(only_threads, None, None)
    only = frozenset(ids) if ids is not None else None
    moment = seconds_of(since) if since is not None else None
    if since is not None and moment is None:
        raise click.UsageError(f"--since '{since}' is no date; write one such as 2025-03-01.")
    return Choice(only, moment, _shard(shard) if shard is not None else Shard())


def _shard(text: str) -> Shard:
    from assist2resp.load.reading import Shard

    match = re.fullmatch(r"(\d+)/(\d+)", text)
    number, of = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= of:
        raise click.UsageError(f"--shard '{text}' is not K/N with K from 1 to N; write it such as 2/8.")
    return Shard(number, of)


def _reporter(form: str, bar: Callable[[str, int, int], None] | None) -> Callable[[Progress], None]:
    from dataclasses import asdict
    from json import dumps

    def report(progress: Progress) -> None:
        if form == "json":
            show(dumps({"version": 1, **asdict(progress)}) + "\n", sys.stdout)
            sys.stdout.flush()
        elif progress.event == "failed":
            say(f"assist2resp: {progress.thread}: {progress.reason}")
        elif bar is not None:
            bar(f"{progress.requests:,} requests", progress.done, progress.total)

    return report


def _summary(result: Result, folder: Path, *, rollback: bool) -> Iterator[str]:
    from assist2resp.schema.counts import counted

    tally = result.tally
    if rollback:
        yield f"{folder}: {counted(tally['removed'], 'conversation')} with {counted(tally['items'], 'item')} removed."
    else:
        yield f"{folder}: {counted(tally['loaded'], 'thread')} with {counted(tally['items'], 'item')} loaded, {counted(result.requests, 'request')}."
    words = ("loaded before", "loaded elsewhere", "stores", "stores removed", "files removed", "stores failed")
    yield from (f"{word}: {tally[word]:,}" for word in words if tally[word])
    yield from (f"note, {_times(number)}: {note}" for note, number in result.notes.most_common(_MOST_SHOWN))
    yield from (f"vector store {old} is {new} now; say so in assistants.json" for old, new in result.stores)
    if result.lost:
        yield (
            f"note: the answers to {result.lost:,} creations were lost; as many empty conversations may be left, "
            "without an item, whose ids nobody knows"
        )
    if result.stopped:
        yield f"stopped: {result.stopped} The same command goes on."
    if tally["failed"]:
        yield f"{tally['failed']:,} failed; the same command tries them again."
    if not rollback:
        yield f"id map: {result.map_place}; state: {result.state_place}"


_USUAL_RATE = 10
"""Requests a second, where nobody says how many."""


def _show_estimate(
    folder: Path,
    choice: Choice,
    form: str,
    *,
    limit: int | None,
    verify: bool,
    stores: bool,
    base_url: str | None,
    rate: float | None,
    price: float | None,
) -> int:
    from assist2resp.errors import ExitCode
    from assist2resp.load.estimate import estimate

    found = estimate(folder, choice, limit=limit, verify=verify, stores=stores, base_url=base_url)
    if form == "json":
        from dataclasses import asdict
        from json import dumps

        cost = None if price is None else round(found.cost(price), 4)
        more = {"seconds": round(found.seconds(rate or _USUAL_RATE), 1), "cost": cost}
        losses = dict(found.losses.most_common())
        show(dumps({"version": 1, **asdict(found), **more, "losses": losses}, indent=2) + "\n", sys.stdout)
    else:
        show("\n".join(_estimated(found, folder, rate, price)) + "\n", sys.stdout)
    return ExitCode.DONE


def _estimated(found: Estimate, folder: Path, rate: float | None, price: float | None) -> Iterator[str]:
    from assist2resp.schema.counts import counted

    yield f"{folder}: {counted(found.threads, 'thread')} with {counted(found.items, 'item')}; nothing was sent."
    yield f"requests: {found.requests:,}, with {found.bytes:,} bytes of items"
    shown = rate or _USUAL_RATE
    yield f"time: {_duration(found.seconds(shown))} at {shown:g} requests a second{'' if rate else ' (--rate says how many)'}"
    yield f"tokens: {found.tokens:,} ({found.tokens_by})"
    cost = f"${found.cost(price):,.2f} at ${price:g} a million" if price is not None else "--price says how much"
    yield f"cost: a load asks no model; the next turn in every thread reads these tokens once ({cost})"
    if found.images:
        yield f"images: {found.images:,} by file id; whether their files live is asked when they are loaded"
    if found.before:
        yield f"loaded before: {found.before:,}, which are not counted"
    if found.unknown:
        yield f"not in the archive: {found.unknown:,} of the threads that were asked for"
    if found.stores:
        yield f"vector stores: {found.stores:,}; those that live stay"
    yield from (f"lost, {_times(number)}: {loss}" for loss, number in found.losses.most_common(_MOST_SHOWN))
    if len(found.losses) > _MOST_SHOWN:
        yield f"lost: {len(found.losses) - _MOST_SHOWN:,} more kinds, which --format json lists"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
