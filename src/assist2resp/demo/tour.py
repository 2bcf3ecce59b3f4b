"""The steps of the demo, in order. What each leaves in the folder is all that the next ones know of it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assist2resp.demo import bot
from assist2resp.demo.bot import Shown
from assist2resp.demo.folder import DemoFolder
from assist2resp.demo.screen import Screen
from assist2resp.errors import ExitCode, PartialFailureError
from assist2resp.export.database import rows_of
from assist2resp.export.engine import export
from assist2resp.export.source import Settings as ExportSettings
from assist2resp.export.source import open_source
from assist2resp.load.engine import load
from assist2resp.load.session import Settings as LoadSettings
from assist2resp.replay.engine import replay
from assist2resp.replay.options import Options as ReplayOptions
from assist2resp.report.render import rendered
from assist2resp.report.view import Sources, view
from assist2resp.rewrite import engine
from assist2resp.rewrite.formats import View, format_named
from assist2resp.rewrite.outcome import FileChange, Options, Outcome
from assist2resp.rewrite.output.diff import unified
from assist2resp.rewrite.output.writing import write_outcome
from assist2resp.rewrite.summary import failed, headline, summarise
from assist2resp.sandbox import LoggedRequest, Sandbox, sandbox
from assist2resp.schema.counts import counted_kinds
from assist2resp.schema.manifest import read_manifest

OLD_ROUTES = ("/v1/assistants", "/v1/threads")
KEY = "sk-demo"
EXPORTED = ("assistants", "threads", "messages", "runs", "steps")
BOT_LINES = 14
FILE_LINES = 16
"""Of the end of what the bot prints, which is a customer's whole conversation."""
DIFF_LINES = 64
REPORT_LINES = 24


@dataclass(frozen=True)
class Tour:
    """One walk through all the steps, in one folder, before one screen."""

    folder: DemoFolder
    screen: Screen

    def walk(self) -> ExitCode:
        """Every step; FINDINGS when the rewritten bot does not print what the old one printed."""
        self.screen.say("A support bot moves from the Assistants API to Responses and Conversations, on this machine,")
        self.screen.say(
            "without a key: both APIs are a sandbox, whose model answers by rule, from all that it is given."
        )
        with self._api(sunset=False) as server:
            self._run_on_the_old_api(server)
            self._export(server)
            old = self._run_on_the_next_day(server)
        with self._api(sunset=True) as server:
            self._run_once_it_is_shut(server)
            self._rewrite()
            self._load(server)
            new = self._run_on_the_new_api(server)
            self._replay(server)
        code = self._compare(old, new)
        self._report()
        self.screen.title("All of it is kept")
        self.screen.say(f"{self._shown(self.folder.path)}:")
        self.screen.table(self.folder.contents())
        return code

    def _run_on_the_old_api(self, server: Sandbox) -> None:
        self.screen.title("1. The bot on the Assistants API")
        self.screen.say(f"The sandbox serves both APIs at {server.url}; the bot (several modules, functions, file")
        self.screen.say("search, polling, streaming, threads in SQLite) talks to it through the OpenAI SDK.")
        home = self.folder.copy(bot.source(), "before")
        shown = self._run(home, server, "old.txt")
        _refuse_failure(shown, home, "on the old API")
        self.screen.quote(shown.lines, BOT_LINES, self._shown(self.folder.part("old.txt")))
        self.screen.say(_counted(server.requests))

    def _export(self, server: Sandbox) -> None:
        self.screen.title("2. assist2resp export, while the old API lives")
        source = open_source("openai", self._source(server))
        manifest = export(source, self.folder.part("archive"))
        for failure in manifest.failures:
            raise PartialFailureError(f"the export failed at {failure.kind} {failure.id}: {failure.reason}")
        counts = ", ".join(counted_kinds({kind: manifest.counts.get(kind, 0) for kind in EXPORTED}))
        self.screen.say(f"{self._shown(self.folder.part('archive'))}: {counts}.")
        self.screen.say(f"The ids of the threads come from the bot's own {bot.DATABASE}, since no API lists them.")

    def _source(self, server: Sandbox) -> ExportSettings:
        database = self.folder.part("before") / bot.DATABASE
        rows = rows_of(str(database), bot.THREADS) if database.is_file() else ()
        return ExportSettings(
            base_url=server.url,
            api_key=KEY,
            thread_ids=[str(row["thread_id"]) for row in rows],
            groups=frozenset({"assistants", "threads", "runs", "files"}),
        )

    def _run_on_the_next_day(self, server: Sandbox) -> Shown:
        home = self.folder.part("before")
        shown = self._run(home, server, "expected.txt")
        _refuse_failure(shown, home, "on the old API")
        self.screen.say("On the next day the same customers ask again; what the bot says then is kept, to be compared.")
        return shown

    def _run_once_it_is_shut(self, server: Sandbox) -> None:
        self.screen.title("3. The Assistants API shuts, as on 2026-08-26")
        self.screen.say("The same sandbox with the same files and vector stores, but the old routes answer 404.")
        home = self.folder.part("before")
        shown = self._run(home, server, "shut.txt")
        if not shown.exit_code or "404" not in shown.error:
            problem = f"exit code {shown.exit_code}: {shown.error}"
            raise PartialFailureError(f"{home}: the bot should have ended by a 404 of the shut API, not with {problem}")
        self.screen.say(f"The bot dies with exit code {shown.exit_code}:")
        self.screen.quote([*shown.last_call(home), shown.error], 3, "")

    def _rewrite(self) -> None:
        self.screen.title("4. assist2resp rewrite")
        home = self.folder.copy(bot.source(), "after")
        self.folder.keep(self.folder.part("before") / bot.DATABASE, "after", bot.DATABASE)
        outcome = write_outcome(engine.rewrite([home], Options(archive=self.folder.part("archive"))))
        for failure in outcome.findings.failures:
            raise PartialFailureError(failed(failure))
        changed = sorted(outcome.changes, key=lambda change: (change.before is None, change.path))
        diff = unified(changed, home)
        self.folder.write("rewrite.diff", diff)
        self.folder.write("findings.json", format_named("json").render(outcome, View(home, written=True, colour=False)))
        self._show_rewrite(outcome, changed, home)

    def _show_rewrite(self, outcome: Outcome, changed: list[FileChange], home: Path) -> None:
        edited = unified((change for change in changed if change.before is not None), home)
        rest = self._shown(self.folder.part("rewrite.diff"))
        self.screen.diff(edited.decode("utf-8", "backslashreplace").splitlines(), DIFF_LINES, rest)
        for new in (change for change in changed if change.before is None):
            lines = new.after.count(b"\n")
            self.screen.say(
                f"{new.path.name} is new ({lines:,} lines, needs only openai): it keeps what plain SDK calls cannot say,",
                "and is the bot's own from now on.",
            )
        self.screen.say(headline(summarise(outcome, written=True)))

    def _load(self, server: Sandbox) -> None:
        self.screen.title("5. assist2resp load")
        home = self.folder.part("after")
        place = str(home / "id_map.sqlite")
        result = load(self.folder.part("archive"), LoadSettings(place=place, base_url=server.url, api_key=KEY))
        for thread, reason in result.failures:
            raise PartialFailureError(f"the load failed at {thread}: {reason}")
        self.screen.say(
            f"{result.tally['loaded']} threads with {result.tally['items']} items are conversations now. The id map,",
            "and what conversations cannot hold, lie beside the support module.",
        )

    def _run_on_the_new_api(self, server: Sandbox) -> Shown:
        self.screen.title("6. The rewritten bot on Responses and Conversations, on that next day")
        self.screen.say(f"Its {bot.DATABASE} is the old one: Maria and Jonas go on under the ids of their old threads.")
        home, before = self.folder.part("after"), len(server.requests)
        shown = self._run(home, server, "new.txt")
        _refuse_failure(shown, home, "after the rewrite")
        self.screen.quote(shown.lines[-FILE_LINES:], FILE_LINES, "")
        self.screen.say(_counted(server.requests[before:]))
        return shown

    def _compare(self, old: Shown, new: Shown) -> ExitCode:
        self.screen.title("7. What its users see, line by line")
        if old.lines == new.lines:
            self.screen.praise(f"Equal: all {len(old.lines)} lines of expected.txt and new.txt (ids of objects aside).")
            self.screen.say(
                "The codes in brackets, such as [ad657c], change when one instruction, tool, file or turn of"
            )
            self.screen.say("the conversation is missing, doubled or out of order: the new API was given all of it.")
            return ExitCode.DONE
        diff = list(difflib.unified_diff(old.lines, new.lines, "expected.txt", "new.txt", lineterm="", n=0))
        self.screen.blame("Not equal (ids of objects aside):")
        self.screen.diff(diff, DIFF_LINES, self._shown(self.folder.path))
        return ExitCode.FINDINGS

    def _replay(self, server: Sandbox) -> None:
        """Ask the new API every recorded turn, if there is one."""
        if read_manifest(self.folder.part("archive")).counts.get("runs"):
            archive, out = self.folder.part("archive"), self.folder.part("run.json")
            options = ReplayOptions((archive,), out, config="runs", base_url=server.url, api_key=KEY)
            replay(options, lambda _done, _of: None)

    def _report(self) -> None:
        """Say what a reviewer would be told, and keep it as a page and as a comment."""
        run = self.folder.part("run.json")
        if not run.is_file():
            return
        self.screen.title("8. assist2resp replay and report: what a reviewer is told")
        sources = Sources((run,), self.folder.part("findings.json"), self.folder.part("archive"))
        made = view(sources, today=datetime.now(UTC).date(), title="Support bot")
        for form, name in (("markdown", "report.md"), ("html", "report.html")):
            self.folder.write(name, "".join(rendered(made, form)))
        lines = "".join(rendered(made, "text")).splitlines()
        self.screen.quote(lines, REPORT_LINES, self._shown(self.folder.part("report.md")))
        self.screen.say(
            "A demo has too few turns to decide much; a real archive has hundreds. With every case, as a page:"
        )
        self.screen.praise(self._shown(self.folder.part("report.html")))

    def _run(self, home: Path, server: Sandbox, report: str) -> Shown:
        shown = bot.run(home, server.url)
        self.folder.write(report, shown.stdout + shown.stderr)
        return shown

    @contextmanager
    def _api(self, *, sunset: bool) -> Iterator[Sandbox]:
        """The sandbox, old API alive or shut; what it holds outlives it."""
        with sandbox(sunset=sunset, state=self.folder.part("sandbox.sqlite")) as server:
            yield server
            if server.failures:
                raise PartialFailureError(f"the sandbox failed, which is a defect of it: {server.failures[0]!r}")

    def _shown(self, path: Path) -> str:
        """A path as the user would write it."""
        here = Path.cwd()
        return f"{path.relative_to(here)}{os.sep * path.is_dir()}" if path.is_relative_to(here) else str(path)


def _refuse_failure(shown: Shown, home: Path, when: str) -> None:
    if shown.exit_code:
        raise PartialFailureError(f"{home}: the bot failed {when}, with exit code {shown.exit_code}: {shown.error}")


def _counted(requests: Iterable[LoggedRequest]) -> str:
    paths = [request.path for request in requests]
    old = sum(path.startswith(OLD_ROUTES) for path in paths)
    return f"{len(paths)} requests, {old or 'none'} of them to routes of the Assistants API."
