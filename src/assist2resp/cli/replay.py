"""Ask the new API the recorded turns again, and say whether the answers got worse."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from assist2resp.cli._terminal import heed_sigterm, progress, say, show

if TYPE_CHECKING:
    from assist2resp.replay.engine import Outcome
    from assist2resp.replay.plan import Plan
    from assist2resp.schema.comparison import Run, Verdict

_PATH = click.Path(path_type=Path)


@click.command(short_help=__doc__)
@click.argument("inputs", metavar="ARCHIVE|CASES...", nargs=-1, required=True, type=_PATH)
@click.option("--out", required=True, type=_PATH, metavar="FILE", help="The run, to be read by `report`.")
@click.option("--against", metavar="RUN", help="A run whose new side is compared with; `archive` is what was recorded.")
@click.option("--config", default="prompts", show_default=True, help="prompts, runs, or MODULE:ATTRIBUTE.")
@click.option("--model", "models", multiple=True, metavar="OLD=NEW", help="Ask NEW where the configuration says OLD.")
@click.option(
    "--mode", type=click.Choice(["recorded-history", "free-running"]), default="recorded-history", show_default=True
)
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1, 100), help="Answers to each turn.")
@click.option("--sample", metavar="N|N%", help="Only so many cases, or such a share of them.")
@click.option("--stratify", metavar="FIELDS", default="assistant,length,tools", show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the sample and of the intervals.")
@click.option("--metrics", metavar="NAMES", help="Only these, separated by commas.")
@click.option("--margin", "margins", multiple=True, metavar="METRIC=VALUE", help="The difference that does not matter.")
@click.option("--tools", metavar="MODULE:FUNCTION", help="What answers calls of functions; the recording without it.")
@click.option("--stream", is_flag=True, help="Ask for streams of events.")
@click.option("--cassettes", type=_PATH, metavar="DIR", help="Replay from there, without network and key.")
@click.option("--record", is_flag=True, help="Ask the API and record to --cassettes.")
@click.option("--budget", type=click.FloatRange(0), metavar="USD", help="Stop before more is spent.")
@click.option("--max-tokens", type=click.IntRange(0), metavar="N", help="Stop before more tokens are used.")
@click.option("--prices", type=_PATH, metavar="FILE", help="Prices over those of the built-in table.")
@click.option("--concurrency", default=16, show_default=True, type=click.IntRange(1, 256))
@click.option("--rate", type=click.FloatRange(0.01), metavar="N", help="Requests a second, at most.")
@click.option("--timeout", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for a response.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished run.")
@click.option("--explain", is_flag=True, help="Change one thing at a time, and say which accounts for what got worse.")
@click.option("--judge", metavar="MODEL", help="Have that model say which answer is better, in both orders.")
@click.option("--known", type=_PATH, metavar="FILE", help="Differences that somebody has accepted.")
@click.option("--fail-on", multiple=True, metavar="CONDITION", help="worse:any, tool_calls<0.98, cost>1.2x; exit 1.")
@click.option("--base-url", metavar="URL", help="The new API; OPENAI_BASE_URL without it.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    *,
    inputs: tuple[Path, ...],
    out: Path,
    against: str | None,
    config: str,
    models: tuple[str, ...],
    mode: Literal["recorded-history", "free-running"],
    repeats: int,
    sample: str | None,
    stratify: str,
    seed: int,
    metrics: str | None,
    margins: tuple[str, ...],
    tools: str | None,
    stream: bool,
    cassettes: Path | None,
    record: bool,
    budget: float | None,
    max_tokens: int | None,
    prices: Path | None,
    concurrency: int,
    rate: float | None,
    timeout: float,
    resume: bool,
    explain: bool,
    judge: str | None,
    known: Path | None,
    fail_on: tuple[str, ...],
    base_url: str | None,
    form: str,
) -> int:
    """Ask the new API the turns of an archive, of recordings of the old API or of a file of cases, and compare.

    The new side answers each turn several times: what its own answers differ by is noise, and only a difference beyond
    it counts. Each metric is better, same, worse or undecided; different where neither way is the better one.

    Exit codes: 0 done; 1 a condition of --fail-on holds, or a known difference has expired; 2 usage or configuration;
    3 some turns have no answer, or the budget is used up; 130 interrupted, --resume goes on.
    """
    from assist2resp.errors import ExitCode, InterruptedRunError
    from assist2resp.replay.engine import replay
    from assist2resp.replay.options import Options
    from assist2resp.replay.plan import plan

    heed_sigterm()
    with _as_archives(inputs) as readable:
        options = Options(
            inputs=readable,
            out=out,
            against=Path(against) if against not in (None, "archive") else None,
            config=config,
            models=models,
            mode=mode,
            repeats=repeats,
            sample=sample,
            strata=tuple(_split(stratify)),
            seed=seed,
            metrics=tuple(_split(metrics or "")),
            margins=dict(_margin(text) for text in margins),
            tools=tools,
            stream=stream,
            record=record,
            cassettes=cassettes,
            budget=budget,
            max_tokens=max_tokens,
            concurrency=concurrency,
            rate=rate,
            timeout=timeout,
            resume=resume,
            explain=explain,
            judge=judge,
            fail_on=fail_on,
            known=known,
            prices=prices,
            base_url=base_url,
        )
        planned = plan(options)
        _announce(planned)
        try:
            with progress() as bar:
                report = (lambda done, of: bar("cases", done, of)) if bar else (lambda _done, _of: None)
                outcome = replay(options, report, planned=planned)
        except KeyboardInterrupt:
            raise InterruptedRunError(
                f"interrupted; the answers so far are kept, --resume goes on with {out}."
            ) from None
    show(_json(outcome.run) if form == "json" else _text(outcome, out), sys.stdout)
    if outcome.stopped:
        say(f"assist2resp: stopped, since {outcome.stopped}; --resume goes on.")
    if outcome.failed or not outcome.run.complete:
        return ExitCode.PARTIAL
    return ExitCode.FINDINGS if any(gate.failed for gate in outcome.run.gates) else ExitCode.DONE


@contextmanager
def _as_archives(inputs: tuple[Path, ...]) -> Iterator[tuple[Path, ...]]:
    """The inputs, recordings of the old API turned into archives of their own for as long as the block runs."""
    from tempfile import TemporaryDirectory

    from assist2resp.export.engine import export
    from assist2resp.export.recordings import is_recording
    from assist2resp.export.source import Settings, open_source

    with TemporaryDirectory(prefix="assist2resp-") as folder:
        readable = []
        for number, path in enumerate(inputs):
            if not is_recording(path):
                readable.append(path)
                continue
            archive = Path(folder) / str(number) / path.name
            export(open_source("cassette", Settings(inputs=(path,))), archive)
            readable.append(archive)
        yield tuple(readable)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _margin(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise click.UsageError(f"--margin {text}: write METRIC=VALUE, such as tool_calls=0.02.") from None


def _announce(planned: Plan) -> None:
    """What is going to be asked, before anything is."""
    expected = planned.estimate
    costs = f"about {expected.dollars:.2f} USD" if expected.dollars is not None else "at an unknown price"
    if expected.unpriced and expected.dollars:
        costs += f", without {', '.join(expected.unpriced)}"
    if planned.options.is_offline:
        costs = "from cassettes, at no cost"
    number = len(planned.prepared)
    say(
        f"assist2resp: {number:,} cases, {planned.options.repeats} answers each, about {expected.tokens:,} tokens, "
        f"{costs} (prices of {planned.prices.table.as_of})."
    )
    for left in planned.left_out[:_MOST_REASONS]:
        say(f"assist2resp: left out: {left.count:,} turns: {left.reason}")
    if len(planned.left_out) > _MOST_REASONS:
        rest = planned.left_out[_MOST_REASONS:]
        say(f"assist2resp: left out: {sum(left.count for left in rest):,} turns for {len(rest)} more reasons")
    for name, reason in planned.chosen.left_out.items():
        say(f"assist2resp: without {name}: {reason}")


def _json(run: Run) -> str:
    from json import dumps

    shown = run.model_dump(mode="json", include={"run_version", "verdicts", "gates", "complete", "cost", "factors"})
    return dumps({**shown, "cases": len(run.cases)}, indent=2) + "\n"


def _text(outcome: Outcome, out: Path) -> str:
    run = outcome.run
    whole = [_cells(verdict.metric, verdict) for verdict in run.verdicts if not verdict.group and verdict.cases]
    lines = _table([_HEAD, *whole])
    grouped = [one for one in run.verdicts if one.group and one.outcome in ("worse", "different", "better")]
    if grouped:
        cells = [_cells(f"{one.metric} of {one.group}", one) for one in grouped[:_MOST_GROUPS]]
        lines += ["", *_table([("by group", *_HEAD[1:]), *cells])]
        if len(grouped) > _MOST_GROUPS:
            lines.append(f"{len(grouped) - _MOST_GROUPS} more in {out}")
    lines.append("")
    silent = [verdict.metric for verdict in run.verdicts if not verdict.group and not verdict.cases]
    lines += [f"nothing to say: {', '.join(silent)}"] if silent else []
    lines += [
        f"known: {entry.cases} cases: {entry.reason} ({entry.owner}, until {entry.expires})" for entry in run.known
    ]
    lines += [
        f"{factor.factor} accounts for {_share(factor.explains)} of {factor.metric} ({factor.group or 'all cases'})"
        for factor in run.factors
    ]
    lines += [f"{'FAILED' if gate.failed else 'passed'}: {gate.expression}: {gate.because}" for gate in run.gates]
    cost = f", {run.cost:.4f} USD" if run.cost is not None else ""
    failed = f", {outcome.failed} answers failed" if outcome.failed else ""
    lines.append(f"{out}: {len(run.cases):,} cases, {run.repeats} answers each{failed}{cost}.")
    return "\n".join(lines) + "\n"


_HEAD = ("metric", "verdict", "old", "new", "noise", "difference", "may be", "cases")
_MOST_GROUPS = 20
_MOST_REASONS = 10


def _share(value: float | None) -> str:
    return "an unknown part" if value is None else f"{value:.0%}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(name: str, verdict: Verdict) -> tuple[str, ...]:
    between = "" if verdict.low is None else f"{verdict.low:.3g} to {verdict.high:.3g}"
    numbers = (verdict.old, verdict.new, verdict.noise, verdict.difference)
    shown = tuple("" if number is None else f"{number:.4g}" for number in numbers)
    cases = f"{verdict.cases:,}" + (f" of {verdict.needed:,}" if verdict.needed else "")
    return (name, verdict.outcome.value, *shown, between, cases)
