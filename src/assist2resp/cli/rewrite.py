"""Rewrite Python code from the Assistants API to Responses and Conversations."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assist2resp.cli._terminal import progress, say, show, wants_colour
from assist2resp.plugins import plugin_names

if TYPE_CHECKING:
    from assist2resp.rewrite.outcome import Options, Outcome

_PATH = click.Path(path_type=Path)
_STDIN = Path("-")


@click.command(short_help=__doc__)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_PATH)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when something would change or is left to do.")
@click.option("--diff", is_flag=True, help="Write nothing; show the change as a diff, exit as with --check.")
@click.option(
    "--archive", type=_PATH, metavar="DIR", help="An exported archive that knows the assistants by their ids."
)
@click.option(
    "--load-on-demand",
    is_flag=True,
    help="Have the support module load threads of an archive (ASSISTANTS_ARCHIVE) at their first use.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(plugin_names("assist2resp.rewrite.formats")),
    default="text",
    show_default=True,
    help="How findings are shown.",
)
@click.option("--output", type=_PATH, metavar="FILE", help="Where findings go; stdout without it.")
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules: codes or prefixes, with commas.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these rules.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Not these files.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes may work; by default as many as there are cores, and only where they pay.",
)
@click.option("--support-module", metavar="NAME", help="The name of the module for what plain SDK calls cannot say.")
@click.option("--support-tests", is_flag=True, help="Write tests of the support module beside it, for pytest.")
@click.option("--model", "models", multiple=True, metavar="OLD=NEW", help="Replace a model id.")
@click.option("--stdin-filename", type=_PATH, metavar="NAME", help="The file that '-' (standard input) stands for.")
def command(
    *,
    paths: tuple[Path, ...],
    check: bool,
    diff: bool,
    archive: Path | None,
    load_on_demand: bool,
    form: str,
    output: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    support_module: str | None,
    support_tests: bool,
    models: tuple[str, ...],
    stdin_filename: Path | None,
) -> int:
    """Rewrite Python code from the Assistants API (404 since 2026-08-26) to Responses and Conversations.

    A flow is rewritten whole or not at all; what is not certain is left alone and reported. With '-' the code comes
    from stdin and goes to stdout. [tool.assist2resp] in the nearest pyproject.toml sets the same options.

    Exit codes: 0 nothing left to do; 1 review or manual findings, or changes that were not written; 2 usage or
    configuration; 3 a file could not be read, parsed or written, the rest is done; 130 interrupted.
    """
    from assist2resp.rewrite.config import Given, read_options

    _refuse_contradictions(paths, check=check, diff=diff, form=form, output=output, stdin_filename=stdin_filename)
    name = (stdin_filename or Path("stdin.py")) if paths == (_STDIN,) else None
    given = Given(
        _codes(select),
        _codes(ignore),
        exclude,
        support_module,
        archive,
        models,
        load_on_demand=load_on_demand,
        support_tests=support_tests,
    )
    options = replace(read_options([name] if name else paths, given), jobs=jobs)
    if output is not None:
        _refuse_unwritable(output)
    job = _Job(paths, options, form, output, writes=not (check or diff), diff=diff)
    try:
        return job.run_stdin(name) if name else job.run()
    except KeyboardInterrupt:
        from assist2resp.errors import InterruptedRunError

        raise InterruptedRunError("rewrite was interrupted: no file is half-written; run again to finish.") from None


class _Job:
    """One run of the command, once its arguments are known to be right."""

    def __init__(
        self, paths: Sequence[Path], options: Options, form: str, output: Path | None, *, writes: bool, diff: bool
    ) -> None:
        self.paths, self.options, self.form, self.output = paths, options, form, output
        self.writes, self.diff = writes, diff

    def run(self) -> int:
        """Rewrite the paths; gives the exit code."""
        if self.writes:
            self._warn_of_uncommitted()
        outcome = self._outcome()

        from assist2resp.rewrite.output.writing import write_outcome
        from assist2resp.rewrite.unseen import with_unseen

        outcome = with_unseen(outcome, self.paths, self.options.exclude)
        if self.writes:
            outcome = write_outcome(outcome)
        if self.diff:
            self._show_diff(outcome)
        return self._finish(outcome, stdout_is_taken=self.diff)

    def run_stdin(self, name: Path) -> int:
        """Rewrite the code on standard input, and write it to standard output."""
        from assist2resp.rewrite.outcome import absolute
        from assist2resp.rewrite.output.writing import without_other_files

        source = sys.stdin.buffer.read()
        path = absolute(name)
        self.paths, self.options = [name], replace(self.options, overlay={path: source})
        outcome = without_other_files(self._outcome(), name)
        if self.diff:
            self._show_diff(outcome)
        elif self.writes:
            show(next((change.after for change in outcome.changes if change.path == path), source), sys.stdout)
        return self._finish(outcome, stdout_is_taken=self.diff or self.writes)

    def _outcome(self) -> Outcome:
        import gc

        from assist2resp.rewrite.project.ahead import Ahead

        gc.disable()  # trees live until the end; looking for garbage in them takes a sixth of the time
        with Ahead(self.paths, self.options) as ahead, progress(moves=False) as report:
            from assist2resp.rewrite import engine  # in the meantime other processes read

            options = replace(self.options, progress=report) if report else self.options
            outcome = engine.rewrite(self.paths, options, ahead)
        gc.freeze()  # nor are they taken apart at the end, which takes a tenth
        return outcome

    def _finish(self, outcome: Outcome, *, stdout_is_taken: bool) -> int:
        from assist2resp.rewrite.formats import View, format_named
        from assist2resp.rewrite.output.files import write
        from assist2resp.rewrite.summary import exit_code, summarise, summary_lines

        stream = sys.stderr if stdout_is_taken else sys.stdout
        colour = self.output is None and wants_colour(stream)
        shown = format_named(self.form).render(outcome, View(Path.cwd(), self.writes, colour))
        if self.output is not None:
            data = shown.encode("utf-8", "surrogateescape")
            write(self.output, self.output.read_bytes() if self.output.is_file() else None, data)
        else:
            show(shown, stream)
        if self.form != "text" or self.output is not None:
            say("\n".join(summary_lines(summarise(outcome, written=self.writes))))
        return exit_code(outcome, written=self.writes)

    def _show_diff(self, outcome: Outcome) -> None:
        from assist2resp.rewrite.output.diff import painted, unified

        diff = unified(outcome.changes, Path.cwd())
        if wants_colour(sys.stdout):
            from rich.console import Console

            Console().print(painted(diff.decode("utf-8", "replace")), soft_wrap=True, end="")
        else:
            show(diff, sys.stdout)

    def _warn_of_uncommitted(self) -> None:
        from assist2resp.rewrite.output.checkout import uncommitted

        number = uncommitted(self.paths)
        if number:
            files = "1 file has" if number == 1 else f"{number} files have"
            say(f"assist2resp: warning: {files} uncommitted changes; commit first, to review the rewrite by itself.")


def _refuse_contradictions(
    paths: Sequence[Path], *, check: bool, diff: bool, form: str, output: Path | None, stdin_filename: Path | None
) -> None:
    if check and diff:
        raise click.UsageError("--check and --diff exclude each other; --diff exits as --check does.")
    if _STDIN in paths and len(paths) > 1:
        raise click.UsageError("'-' (standard input) is the only PATH where it is given.")
    if stdin_filename is not None and _STDIN not in paths:
        raise click.UsageError("--stdin-filename names what '-' stands for; give '-' as PATH.")
    if (diff or (_STDIN in paths and not check)) and form != "text" and output is None:
        raise click.UsageError(f"stdout is taken; say with --output FILE where the findings as {form} go.")


def _refuse_unwritable(output: Path) -> None:
    from assist2resp.errors import InputFileError

    if output.is_dir():
        raise InputFileError(output, "is a folder.", hint="Give --output a file.")
    if not output.parent.is_dir():
        raise InputFileError(output, "cannot be written: its folder does not exist.", hint="Make the folder first.")


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(code.strip() for codes in given for code in codes.split(",") if code.strip())
