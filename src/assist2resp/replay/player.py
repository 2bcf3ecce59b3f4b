"""Plays turns on the new API: asks, answers the calls of functions, and makes of each response an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from assist2resp.errors import Assist2RespError
from assist2resp.mapping.ledger import whole
from assist2resp.replay.asking import Reply
from assist2resp.replay.outputs import NoOutputError, Outputs, Recorded
from assist2resp.replay.replies import NoResponseError
from assist2resp.replay.turns import Turn, joined, tool_calls
from assist2resp.schema.comparison import Answer, ToolCall, Usage

Json = dict[str, Any]

FAILED = "failed"
NO_OUTPUT = "no_output"
"""The status of an answer whose call of a function nobody could answer: it is the new side's doing, and no failure."""
ROUNDS = 16
"""Requests of one answer; a model that still calls functions then is in a loop."""


class Asks(Protocol):
    """What gives responses."""

    async def ask(self, arguments: Json) -> Reply:
        """The response to a request, or a NoResponseError."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A turn and the arguments that it is asked with."""

    turn: Turn
    arguments: Json


@dataclass(frozen=True)
class Track:
    """Turns that are played one after the other: one alone on its recorded history, or a thread on the new answers."""

    name: str
    turns: tuple[Prepared, ...]


@dataclass
class Player:
    """Plays tracks."""

    asker: Asks
    own: Outputs | None = None
    """The user's functions; recorded outputs without them."""

    async def play(self, track: Track) -> list[Answer]:
        """The answers to the turns of a track; a turn whose past is missing has none either."""
        past: list[Json] | None = list(track.turns[0].turn.history)
        answers: list[Answer] = []
        for number, prepared in enumerate(track.turns):
            if past is None:
                answers.append(
                    Answer(status=FAILED, error="the turn before it has no answer, so that its past is missing")
                )
                continue
            earlier = track.turns[number - 1].turn if number else None
            asked = [*past, *(_skipped(earlier, prepared.turn) if earlier else ()), *prepared.turn.input]
            answer, said = await self._answer(prepared, asked)
            answers.append(answer)
            past = [*asked, *said] if answer.error is None else None
        return answers

    async def _answer(self, prepared: Prepared, asked: list[Json]) -> tuple[Answer, list[Json]]:
        outputs = self.own or Recorded(prepared.turn.old.tool_calls)
        made = _Making(asked)
        try:
            await self._converse(prepared.arguments, outputs, made)
        except NoOutputError as error:
            return made.answer().model_copy(update={"error": str(error), "status": NO_OUTPUT}), made.items
        except NoResponseError as error:
            return _failed(made.answer(), str(error)), made.items
        except Assist2RespError:
            raise
        except Exception as error:  # noqa: BLE001 - the one boundary of a case: its failure is its result
            return _failed(made.answer(), f"{type(error).__name__}: {error}"), made.items
        return made.answer(), made.items

    async def _converse(self, arguments: Json, outputs: Outputs, made: _Making) -> None:
        """Ask until no call of a function is left."""
        stored = arguments.get("store") is not False
        request: Json = {**arguments, "input": made.asked}
        for _ in range(ROUNDS):
            reply = await self.asker.ask(request)
            calls = made.add(reply)
            if not calls:
                return
            given = []
            for call in calls:
                output = await outputs.output(str(call.get("name")), str(call.get("arguments") or "{}"))
                given.append({"type": "function_call_output", "call_id": call.get("call_id"), "output": output})
            made.items += given
            if stored:
                request = {**arguments, "input": given, "previous_response_id": reply.body.get("id")}
            else:
                request = {**arguments, "input": [*made.asked, *made.items]}
        raise NoResponseError(f"it still calls functions after {ROUNDS} requests")


class _Making:
    """An answer while it is made."""

    def __init__(self, asked: list[Json]) -> None:
        self.asked = asked
        self.items: list[Json] = []
        self._last: Json = {}
        self._usage: Usage | None = None
        self._seconds = 0.0

    def add(self, reply: Reply) -> list[Json]:
        """Take a response; the calls of functions in it that wait for an output."""
        body = whole(reply.body)
        output = [item for item in body.get("output") or () if isinstance(item, dict)]
        self.items += output
        self._last = body
        self._seconds += reply.seconds
        self._usage = _sum(self._usage, body.get("usage"))
        error = body.get("error")
        if body.get("status") == "failed":
            said = error.get("message") if isinstance(error, dict) else None
            raise NoResponseError(f"the response failed: {said or 'it does not say why'}")
        return [item for item in output if item.get("type") == "function_call"]

    def answer(self) -> Answer:
        """What was said so far."""
        contents = [item.get("content") for item in self.items if item.get("type") == "message"]
        parts = [
            part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)
        ]
        refusals = [str(part.get("refusal")) for part in parts if part.get("type") == "refusal"]
        text, citations = joined(parts)
        details = self._last.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        status = str(self._last.get("status") or FAILED)
        calls: tuple[ToolCall, ...] = tuple(tool_calls(self.items))
        return Answer(
            text=text,
            refusal="\n".join(refusals) or None,
            tool_calls=calls,
            citations=citations,
            status=f"{status}: {reason}" if reason else status,
            model=self._last.get("model"),
            usage=self._usage,
            latency=round(self._seconds, 3) if self._last else None,
        )


def _failed(answer: Answer, error: str) -> Answer:
    """The answer with the reason why it is none."""
    return answer.model_copy(update={"error": error, "status": FAILED})


def _sum(known: Usage | None, usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return known
    known = known or Usage()
    cached = (usage.get("input_tokens_details") or {}).get("cached_tokens") or 0
    reasoning = (usage.get("output_tokens_details") or {}).get("reasoning_tokens") or 0
    return Usage(
        input=known.input + int(usage.get("input_tokens") or 0),
        output=known.output + int(usage.get("output_tokens") or 0),
        cached=known.cached + int(cached),
        reasoning=known.reasoning + int(reasoning),
    )


def _skipped(earlier: Turn, turn: Turn) -> Sequence[Json]:
    """What users said between two turns in turns that are no cases, since nobody answered them."""
    between = turn.history[len(earlier.history) + len(earlier.input) :]
    return [item for item in between if item.get("type") == "message" and item.get("role") == "user"]


def no_tape(_name: str) -> AbstractContextManager[Callable[[], None]]:
    """What surrounds the playing of a track where nothing is recorded."""
    return nullcontext(lambda: None)


def tracks_of(prepared: Sequence[Prepared], *, free: bool) -> list[Track]:
    """Each turn alone, or in free running those of a thread together."""
    if not free:
        return [Track(one.turn.id, (one,)) for one in prepared]
    threads: dict[str, list[Prepared]] = {}
    for one in prepared:
        threads.setdefault(one.turn.thread, []).append(one)
    return [Track(name, tuple(turns)) for name, turns in threads.items()]
