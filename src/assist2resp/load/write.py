"""Writes one thread into its conversation, from wherever an earlier attempt was stopped.

What is guaranteed: an item is never in two conversations, and in the end it is once in the one that the id map names.
A conversation is made empty; its id is on the disk before an item is sent. Where an answer was lost, the conversation is
read: what it holds has arrived, whatever was answered. A request that arrives even later, after it had been sent again,
shows when the conversation is read at the end, and what it doubled is deleted.
What is not: if the answer to the creation itself is lost, and not even a part of it names the id, an empty conversation
stays of which nobody knows the id, since no API lists conversations. Such losses are counted and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from assist2resp.load.api import ATTEMPTS, Api, Json, LostError, RefusedError, WriteError
from assist2resp.load.compare import compared, said_by
from assist2resp.load.files import Files
from assist2resp.load.journal import Entry, Journal, State
from assist2resp.load.plan import THREAD_KEY, Plan, images_of, with_images, without_annotations

_INCLUDE = {"include[]": "message.input_image.image_url"}
"""As the SDK writes it. Without it, an answer leaves out the addresses of images, which are read back."""
_PAGE = 100
_NOT_TAKEN = (400, 404, 422)
"""How servers refuse an item that they do not take."""


@dataclass
class Written:
    """A conversation while it is written."""

    entry: Entry
    items: list[Json] = field(default_factory=list)
    """The items as they are to be sent."""
    found: list[Json] = field(default_factory=list)
    """The items as the server has shown them."""
    is_certain: bool = True
    """Whether every answer came, so that the conversation holds what was sent and no more."""
    notes: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The path of its items."""
        return f"/conversations/{quote(self.entry.conversation, safe='')}/items"


class Writer:
    """Writes threads of one archive to one server."""

    def __init__(self, api: Api, journal: Journal, files: Files) -> None:
        self._api = api
        self._journal = journal
        self._files = files

    async def write(self, plan: Plan, written: Written, *, verify: bool) -> None:
        """Bring the conversation to hold the whole thread; a WriteError says why it does not."""
        written.items = [await self._with_files(item) for item in plan.items]
        written.notes = list(plan.notes)
        _note_images(plan.items, written)
        if written.entry.conversation:
            await self._take_up(written)
        else:
            await self._make(plan, written)
        if written.entry.is_published and len(written.found) >= len(written.items):
            del written.found[len(written.items) :]
            return
        await self._append(plan, written)
        if verify or not written.is_certain:
            await self._verify(written)

    async def _with_files(self, item: Json) -> Json:
        images = {part["file_id"]: await self._files.living(part["file_id"]) for part in _files_of(item)}
        return with_images(item, images) if images else item

    async def _make(self, plan: Plan, written: Written) -> None:
        """Make the conversation, empty; its id is on the disk when this returns."""
        if written.entry.state == State.BEGUN and written.entry.is_kept:
            written.entry = replace(written.entry, lost=written.entry.lost + 1)
        problem: WriteError | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._api.pause(attempt - 1)
            written.entry = replace(written.entry, state=State.BEGUN, is_kept=True)
            await self._journal.keep(written.entry)
            try:
                conversation = _id_of(await self._api.write("/conversations", {"metadata": plan.metadata}))
            except LostError as error:
                problem = error
                conversation = await self._half_told(error, plan)
                if not conversation:
                    written.entry = replace(written.entry, lost=written.entry.lost + 1)
                    continue
            written.entry = replace(written.entry, state=State.MADE, conversation=conversation)
            await self._journal.keep(written.entry)
            return
        raise WriteError(f"{problem}, {ATTEMPTS} times")

    async def _half_told(self, lost: LostError, plan: Plan) -> str:
        """The conversation whose id stands in the part of an answer that came, if it is this thread's."""
        if not lost.conversation:
            return ""
        try:
            shown = await self._api.read(f"/conversations/{quote(lost.conversation, safe='')}")
        except RefusedError:
            return ""
        metadata = shown.get("metadata") or {}
        same = metadata.get(THREAD_KEY) == plan.metadata.get(THREAD_KEY)
        return lost.conversation if same else ""

    async def _append(self, plan: Plan, written: Written) -> None:
        """Send the chunks that the conversation does not hold."""
        losses = 0
        while len(written.found) < len(written.items):
            start = len(written.found)
            chunk = written.items[start : start + len(plan.chunk(start))]
            try:
                answer = await self._api.write(written.path, {"items": chunk}, _INCLUDE)
            except RefusedError as error:
                written.items[start : start + len(chunk)] = _plainer(chunk, error, written)
                continue
            except LostError as error:
                losses += 1
                if losses >= ATTEMPTS:
                    raise WriteError(f"{error}, {losses} times") from None
                await self._api.pause(losses - 1)
            else:
                shown = answer.get("data")
                if isinstance(shown, list) and len(shown) == len(chunk):
                    written.found += shown
                    losses = 0
                    continue
            await self._take_up(written)

    async def _take_up(self, written: Written) -> None:
        """Take what the conversation holds for what has arrived."""
        written.is_certain = False
        await self._read(written)
        _adopt_plainer(written)
        self._check_beginning(written)

    async def _read(self, written: Written) -> None:
        """Read all items that the conversation holds."""
        found: list[Json] = []
        query: Json = {"order": "asc", "limit": _PAGE, **_INCLUDE}
        while True:
            page = await self._api.read(written.path, {**query, "after": found[-1]["id"]} if found else query)
            data = page.get("data")
            data = data if isinstance(data, list) else []
            found += data
            if not data or not page.get("has_more"):
                break
        written.found = found

    def _check_beginning(self, written: Written) -> None:
        """A WriteError unless the conversation holds the beginning of the thread, and after that only doubled items."""
        number = min(len(written.found), len(written.items))
        difference = compared(written.items[:number], written.found[:number]).mismatch
        if difference:
            name = written.entry.conversation
            raise WriteError(f"{name} holds something else than this load wrote ({difference}); --rollback removes it")

    async def _verify(self, written: Written) -> None:
        """Read the conversation, remove what a late request doubled, and compare."""
        mine = [item["id"] for item in written.found]
        await self._read(written)
        surplus = (
            [item for item in written.found if item["id"] not in set(mine)] if len(mine) < len(written.found) else []
        )
        said = {said_by(item) for item in written.items} if surplus else set()
        for item in surplus:
            if said_by(item) not in said:
                break
            await self._api.delete(f"{written.path}/{quote(item['id'], safe='')}")
            written.found.remove(item)
            written.notes.append("an item that had arrived twice was deleted once")
        comparison = compared(written.items, written.found)
        if comparison.mismatch:
            raise WriteError(f"{written.entry.conversation} was read back: {comparison.mismatch}")
        written.notes += [f"shown otherwise by the server: {difference}" for difference in comparison.differences]


def _id_of(answer: Json) -> str:
    found = answer.get("id")
    if not isinstance(found, str) or not found:
        raise WriteError("the server answered a creation without an id")
    return found


def _files_of(item: Json) -> list[Json]:
    return [part for part in images_of(item) if part.get("file_id")]


def _note_images(planned: Sequence[Json], written: Written) -> None:
    gone = sum(len(images_of(one)) - len(images_of(other)) for one, other in zip(planned, written.items, strict=True))
    written.notes += ["a placeholder stands for an image whose file is gone"] * gone


def _adopt_plainer(written: Written) -> None:
    """Take over what an earlier attempt had to leave out."""
    for place, shown in enumerate(written.found[: len(written.items)]):
        item = written.items[place]
        if said_by(item) != said_by(shown) == said_by(_without_images(item)):
            written.items[place] = _without_images(item)


def _plainer(chunk: Sequence[Json], error: RefusedError, written: Written) -> list[Json]:
    """The refused chunk without its images, or without its annotations; if it has neither, the refusal is final."""
    if error.status in _NOT_TAKEN:
        for how, change in (("images", _without_images), ("annotations", without_annotations)):
            plainer: list[Any] = [change(item) for item in chunk]
            if plainer != list(chunk):
                written.notes.append(f"{how} of up to twenty items were left out, since the server refused them")
                return plainer
    raise error


def _without_images(item: Json) -> Json:
    return with_images(item, {}, unknown=False)
