"""Run both APIs on this machine, without a key, for any OpenAI client."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import click

from assist2resp.cli._terminal import heed_sigterm

_PATH = click.Path(path_type=Path)


@click.command(short_help=__doc__)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--seed", type=_PATH, metavar="FILE", help="JSON or YAML of the objects to begin with.")
@click.option("--script", type=_PATH, metavar="FILE", help="JSON or YAML of the model's answers, in order.")
@click.option("--sunset", is_flag=True, help="Answer the Assistants routes with 404, as since 2026-08-26.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that decides which models are retired.")
@click.option(
    "--faults", metavar="SPEC", help="What goes wrong, such as '429@POST /v1/responses:0.2', or a file of it."
)
@click.option("--state", type=_PATH, metavar="FILE", help="A SQLite file in which everything survives a restart.")
@click.option("--noise", type=int, metavar="SEED", help="A model that does not say the same twice.")
def command(
    *,
    host: str,
    port: int,
    seed: Path | None,
    script: Path | None,
    sunset: bool,
    today: datetime | None,
    faults: str | None,
    state: Path | None,
    noise: int | None,
) -> None:
    """Run both APIs on this machine until Ctrl-C, without a key, for any OpenAI client.

    Prints the base URL on stdout when it is ready. What it has received is at /sandbox/requests.

    \b
    A seed holds the bodies of create requests, and may fix ids:
      threads:
        - {id: thread_ada, messages: [{role: user, content: Hello}]}
      files: … vector_stores: … assistants: … conversations: …
    A script is a list; each entry answers once, when its conditions hold:
      - {when: {contains: weather}, answer: {call: get_weather, arguments: {city: Bonn}}}
      - {when: {output_of: get_weather}, answer: It is sunny.}
    Faults: a status from 400 to 599, slow, cut-body or cut-stream, by route and rate:
      429@POST /v1/responses:0.2,retry-after=1; slow@GET *:0.1,seconds=2; seed=7
    """  # noqa: D301 - click keeps the lines of a paragraph that begins with this control character
    from assist2resp.sandbox import sandbox

    heed_sigterm()
    with sandbox(
        host=host,
        port=port,
        seed=seed,
        script=script,
        sunset=sunset,
        today=today.date() if today else None,
        faults=faults,
        state=state,
        noise=noise,
    ) as server:
        wires = (
            "Responses and Conversations; Assistants answer 404" if sunset else "Assistants, Responses, Conversations"
        )
        click.echo(f"assist2resp: {wires}. OPENAI_BASE_URL is below, any key will do; Ctrl-C stops.", err=True)
        click.echo(server.url)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("assist2resp: stopped.", err=True)
