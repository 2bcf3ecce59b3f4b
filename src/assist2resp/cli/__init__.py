"""The command line: one file per verb in this folder, imported only when that verb runs.

The list of verbs, and the line of help of each, is read from the first line of each file, so that `--help` imports none.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import click

from assist2resp import __version__

GARBAGE = (20_000, 10, 10)
"""When to look for garbage: records are plain values that go when they are written, and Python's usual 700 objects are
fifty messages, after each of which it would look through all that wait; that takes a fifth of the time of a load."""
_FOLDER = Path(__file__).parent


class VerbGroup(click.Group):
    """A click group that imports a verb's module (`cli/<verb>.py`, its `command`) when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(path.stem for path in _FOLDER.glob("[!_]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _summary(_FOLDER / f"{name}.py")) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _summary(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assist2resp")
def group() -> None:
    """Move from OpenAI's Assistants API (404 since 2026-08-26) to the Responses and Conversations APIs.

    Exit codes: 0 done; 1 findings remain; 2 usage or configuration; 3 some items failed; 130 interrupted.
    """


def main() -> None:
    """Run the command line: an error of ours becomes one sentence on stderr and its documented exit code."""
    from assist2resp.errors import Assist2RespError, ExitCode

    gc.set_threshold(*GARBAGE)
    try:
        code = group.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("assist2resp: interrupted; what was finished is kept.", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except Assist2RespError as error:
        click.echo(f"assist2resp: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.DONE)
    sys.exit(code if isinstance(code, int) else ExitCode.DONE)
