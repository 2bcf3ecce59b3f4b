"""Removes what a load made, and nothing else: its rows of the map first, then items, conversations, stores and files."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from assist2resp.load.api import BudgetError, RefusedError, WriteError
from assist2resp.load.engine import Progress, Report, keep_failure
from assist2resp.load.files import KIND as FILES
from assist2resp.load.journal import Entry, Made, State
from assist2resp.load.session import Result, Session, Settings, run

_PAGE = 100


def roll_back(folder: Path, settings: Settings, report: Report | None = None) -> Result:
    """Remove what the load of an archive made on this target, as far as its journal knows it."""
    return run(folder, settings, lambda session: _Rollback(session, report).run())


class _Rollback:
    def __init__(self, session: Session, report: Report | None) -> None:
        self._session = session
        self._api = session.api
        self._journal = session.journal
        self._result = session.result
        self._report = report or (lambda _progress: None)

    async def run(self) -> None:
        """Conversations, then stores and files."""
        try:
            for entry in self._journal.entries(State.BEGUN, State.MADE, State.DONE, State.ELSEWHERE, State.FAILED):
                await self._remove(entry)
            for made in self._journal.all_made():
                await self._remove_made(made)
        except BudgetError as error:
            self._result.stopped = str(error)
        await asyncio.to_thread(self._session.id_map.finish, iter(()))

    async def _remove(self, entry: Entry) -> None:
        try:
            if entry.state in (State.MADE, State.DONE):
                await self._remove_conversation(entry)
            elif entry.state != State.ELSEWHERE:
                holder = self._journal.fact("holder") or ""
                await asyncio.to_thread(self._session.id_map.release, [entry.thread_id], holder)
        except WriteError as error:
            keep_failure(self._result, self._report, entry.thread_id, str(error), self._session)
            return
        await self._journal.keep(replace(entry, state=State.REMOVED, conversation="", ids=()))

    async def _remove_conversation(self, entry: Entry) -> None:
        path = f"/conversations/{quote(entry.conversation, safe='')}"
        try:
            found = await self._items(path)
        except RefusedError as error:
            if error.status != 404:
                raise
            found = []
        others = {str(item["id"]) for item in found} - {new for _, new in entry.ids}
        if entry.state == State.DONE and others:
            raise WriteError(f"{entry.conversation} went on since it was loaded ({len(others)} newer items): it stays")
        self._session.id_map.withdraw([*entry.ids, (entry.thread_id, entry.conversation)], entry.conversation)
        self._session.id_map.release([entry.thread_id], self._journal.fact("holder") or "")
        for item in found:
            await self._delete(f"{path}/items/{quote(str(item['id']), safe='')}")
        await self._delete(path)
        self._result.tally["removed"] += 1
        self._result.tally["items"] += len(found)
        self._report(Progress("removed", entry.thread_id, entry.conversation, done=self._result.tally["removed"]))

    async def _items(self, path: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        while True:
            query = {"order": "asc", "limit": _PAGE} | ({"after": found[-1]["id"]} if found else {})
            page = await self._api.read(f"{path}/items", query)
            found += page.get("data") or []
            if not page.get("has_more") or not page.get("data"):
                return found

    async def _delete(self, path: str) -> None:
        try:
            await self._api.delete(path)
        except RefusedError as error:
            if error.status != 404:
                raise

    async def _remove_made(self, made: Made) -> None:
        """Remove a file or store that the load made; not one that it found."""
        if made.state in (State.MADE, State.DONE):
            try:
                await self._delete(f"/{made.kind}/{quote(made.new, safe='')}")
            except WriteError as error:
                keep_failure(self._result, self._report, made.old, str(error), self._session)
                return
            self._session.id_map.withdraw([(made.old, made.new)], made.new)
            self._result.tally["files removed" if made.kind == FILES else "stores removed"] += 1
        await self._journal.keep_made(made._replace(state=State.REMOVED, new=""))
