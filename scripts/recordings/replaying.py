"""Sends the requests of a recording to a fresh sandbox, in order, and compares each answer with the recorded one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from recordings.answers import bodies, response_answer, response_body
from recordings.comparing import ALLOWED, Comparer, Difference, Kind
from recordings.eras import wire_day
from recordings.exchanges import (
    day_of,
    lists,
    object_of,
    objects,
    origin_of,
    request_body,
    statuses,
    with_known_model,
)
from recordings.ids import learn, renamed
from recordings.making import Workshop
from recordings.needs import Use
from recordings.reading import Interaction, Recording, json_of
from recordings.routes import Place, place
from recordings.run_answers import run_answers
from recordings.streams import collapsed, events, is_stream
from recordings.wire import WRONG_KEY, Answered, Wire

ENDED = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})
FAULTS = frozenset({429, 500, 502, 503, 504, 520})
"""Answers that the sandbox gives by its plan of faults only."""
WATCHED = frozenset(
    {
        "/threads/{thread}/runs/{run}",
        "/threads/{thread}/runs/{run}/steps/{step}",
        "/responses/{response}",
        "/vector_stores/{vector_store}",
        "/vector_stores/{vector_store}/files/{file}",
        "/vector_stores/{vector_store}/file_batches/{batch}",
    }
)
CONTENT = re.compile(r"(?<!vector_stores)/[^/]+/files/[^/]+/content$|^(/v1)?/files/[^/]+/content$")
"""Paths whose answers are bytes of the user's."""
NEEDS_IDLE_THREAD = frozenset({"/threads/{thread}/messages", "/threads/{thread}/runs"})


@dataclass(frozen=True)
class Outcome:
    """One exchange, compared: its endpoint and the differences. `skipped` says why it was not compared."""

    recording: str
    position: int
    endpoint: str
    host: str
    differences: tuple[Difference, ...] = ()
    skipped: str = ""
    origin: str = ""
    """Why the recording itself may differ from the API of today: another server, Assistants v1, no answer of its."""
    refusals: tuple[str, ...] = ()
    """What the sandbox would not make beforehand."""

    @property
    def agreed(self) -> bool:
        """Whether nothing differs but keys that are younger or older than the recording."""
        return all(difference.kind in ALLOWED for difference in self.differences)


def replay(recording: Recording) -> list[Outcome]:
    """Replay one recording on a sandbox of its own."""
    return asyncio.run(Replay(recording).run())


@dataclass
class Replay:
    """The replay of one recording: the sandbox, and the recorded ids with the sandbox's for them."""

    recording: Recording
    ids: dict[str, str] = field(default_factory=dict)

    async def run(self) -> list[Outcome]:
        """Every exchange in order."""
        rows = self.recording.interactions
        self._shown = {body["id"]: body for row in rows for body in objects(bodies(row))}
        self._day = next((day for row in rows if (day := day_of(row))), None)
        self._wire = Wire(datetime.combine(self._day or date(2026, 8, 25), time(12), UTC).timestamp())
        try:
            return [await self._whole_exchange(position) for position in range(len(rows))]
        finally:
            await self._wire.close()

    async def _whole_exchange(self, position: int) -> Outcome:
        """One exchange; recordings are foreign, so whatever goes wrong with one is its outcome and the next goes on."""
        try:
            return await self._exchange(position)
        except Exception as error:  # noqa: BLE001
            row = self.recording.interactions[position]
            found = Difference(Kind.BROKEN, "", now=f"{type(error).__name__}: {error}"[:300])
            label = f"{row.method} {row.parts.path}"
            return Outcome(self.recording.name, position, label, row.parts.netloc, differences=(found,))

    async def _exchange(self, position: int) -> Outcome:
        row = self.recording.interactions[position]
        where = place(row.parts)
        if where is None:
            return self._passed_over(position, f"{row.method} {row.parts.path}", "of neither API")
        label = f"{row.method} /v1{where.template}"
        if row.status in FAULTS:
            return self._passed_over(position, label, f"a fault of that day ({row.status})")
        day = wire_day(day_of(row) or self._day, row.headers.get("openai-beta", ""))
        self._wire.on(day_of(row) or self._day)
        later = self.recording.interactions[position:]
        body = request_body(row)
        maker = Workshop(self._wire, self.ids, self._shown, later)
        if row.status not in {401, 404}:
            await maker.meet(Use(where, body, row.status < 400, object_of(row) if lists(where, row) else None))
        await self._let_time_pass(where, row)
        self._script(where, row, later)
        answered = await self._send(where, row)
        differences = tuple(self._compare(row, answered, day))
        self._learn_from(row, answered)
        return Outcome(
            self.recording.name,
            position,
            label,
            row.parts.netloc,
            differences=differences,
            origin=origin_of(row, where),
            refusals=tuple(maker.refusals),
        )

    def _passed_over(self, position: int, label: str, reason: str) -> Outcome:
        host = self.recording.interactions[position].parts.netloc
        return Outcome(self.recording.name, position, label, host, skipped=reason)

    def _script(self, where: Place, row: Interaction, later: Sequence[Interaction]) -> None:
        """Put what the recorded model said into the sandbox's model."""
        if row.method != "POST" or row.status >= 400:
            return
        if where.template == "/responses":
            shown = response_body(row)
            if shown and shown.get("status") in {"queued", "in_progress"}:
                ends = [body for body in map(response_body, later) if body and body.get("id") == shown.get("id")]
                shown = ends[-1]
            stream = events(row.answer) if is_stream(row.answer_headers, row.answer) else []
            self._wire.say([response_answer(renamed(shown, self.ids), stream)] if shown else [])
        elif where.template in {"/threads/{thread}/runs", "/threads/runs"}:
            started = next((body for body in objects(bodies(row)) if body.get("object") == "thread.run"), None)
            self._wire.say(run_answers(started["id"], later) if started else [])

    async def _let_time_pass(self, where: Place, row: Interaction) -> None:
        """Move the sandbox's time until it stands where the recorded answer stood."""
        if row.status >= 400:
            return
        if where.template in WATCHED and row.method != "DELETE" and object_of(row).get("status"):
            await self._watch(where, lambda body: body.get("status"), object_of(row).get("status"))
        elif row.method == "GET" and where.template.endswith(("/steps", "/messages", "/items", "/files", "/runs")):
            await self._watch(where, statuses, statuses(object_of(row)))
        elif where.template.endswith("/cancel") and object_of(row).get("status") in ENDED - {"cancelled"}:
            parent = replace(where, template=where.template.removesuffix("/cancel"))
            await self._watch(parent, lambda body: body.get("status"), object_of(row).get("status"))
        elif row.method == "POST" and where.template in NEEDS_IDLE_THREAD:
            await self._until_run_is({*ENDED, "requires_action"}, where)
        elif row.method == "POST" and where.template.endswith("/submit_tool_outputs"):
            await self._until_run_is({"requires_action"}, where)

    async def _watch(self, where: Place, seen: Any, wanted: Any) -> None:
        path = where.path(self.ids) + (f"?{self._query(where)}" if where.query else "")
        for step in range(400):
            body = await self._wire.get(path.replace("stream=true", ""))
            if not isinstance(body, dict) or seen(body) == wanted:
                return
            if body.get("status") in ENDED or not (self._wire.world.tasks or step < 10):
                return
            await self._wire.tick(60 if wanted == "expired" else 0.005)

    async def _until_run_is(self, allowed: set[str], where: Place) -> None:
        path = f"/v1/threads/{self.ids.get(where.ids['thread'], '')}/runs"
        for _ in range(400):
            runs = (await self._wire.get(path)).get("data") or []
            if all(run["status"] in allowed or run["status"] in ENDED for run in runs):
                return
            await self._wire.tick()

    async def _send(self, where: Place, row: Interaction) -> Answered:
        headers = {"content-type": row.headers["content-type"]} if "content-type" in row.headers else {}
        if row.status == 401:
            headers["authorization"] = f"Bearer {WRONG_KEY}"
        sent = row.body
        value = json_of(row.body)
        if value is not None:
            sent = json.dumps(with_known_model(renamed(value, self.ids), row)).encode()
            headers["content-type"] = "application/json"
        elif row.body[:2] == b"--" and "boundary" not in headers.get("content-type", ""):
            boundary = row.body.split(b"\r\n", 1)[0][2:].decode("ascii", "replace")
            headers["content-type"] = f"multipart/form-data; boundary={boundary}"
        path = where.path(self.ids) + (f"?{self._query(where)}" if where.query else "")
        return await self._wire.send(row.method, path, sent, **headers)

    def _query(self, where: Place) -> str:
        return re.sub(r"(?<==)[^&]+", lambda match: self.ids.get(match[0], match[0]), where.query)

    def _compare(self, row: Interaction, answered: Answered, day: date | None) -> Iterator[Difference]:
        if row.status != answered.status:
            yield Difference(Kind.STATUS, "", str(row.status), f"{answered.status} {answered.body[:300]!r}")
            return
        comparer = Comparer(day, self.ids, (row.parts.hostname or "").endswith(".azure.com"))
        was = events(row.answer) if is_stream(row.answer_headers, row.answer) else None
        now = answered.stream
        if was is not None and now is not None:
            yield from comparer.streams(was, now)
        elif (was is None) != (now is None):
            yield Difference(Kind.TYPE, "", "stream" if was is not None else "body", "stream" if now else "body")
        elif not CONTENT.search(row.parts.path) and (before := json_of(row.answer)) is not None:
            yield from comparer.values(before, answered.json)

    def _learn_from(self, row: Interaction, answered: Answered) -> None:
        if is_stream(row.answer_headers, row.answer) and answered.stream is not None:
            pairs = zip(collapsed(events(row.answer)), collapsed(answered.stream), strict=False)
            values = [(was.data, now.data) for was, now in pairs if was.name == now.name]
        else:
            values = [(json_of(row.answer), answered.json)]
        for was, now in values:
            if row.method == "POST" and isinstance(was, dict) and isinstance(now, dict) and "data" not in was:
                _learn_one(self.ids, was.get("id"), now.get("id"))
            learn(self.ids, was, now)


def _learn_one(ids: dict[str, str], was: Any, now: Any) -> None:
    if isinstance(was, str) and isinstance(now, str):
        ids[was] = now
