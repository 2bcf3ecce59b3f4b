"""Plants a change in the new side, and counts the runs that find it; plants none, and counts those that raise an alarm.

Two bots ask the noisy sandbox: one answers from a document and looks up orders, one answers in JSON. Every turn is asked
many times with and without the change. A simulated run draws, for each case, one answer of the unchanged side as the
recorded one and three of the other as the new side's, and is compared as any run is. An alarm is `worse` or `different`
in any metric, for all cases or for a group.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from unittest.mock import patch

from numpy.random import RandomState

from assist2resp.network.access import Access
from assist2resp.network.pace import Pace
from assist2resp.replay import bootstrap
from assist2resp.replay.asking import Asker
from assist2resp.replay.client import connect
from assist2resp.replay.compare import asked_of, scored
from assist2resp.replay.metrics._base import Agreement, Amount, Metric, View
from assist2resp.replay.metrics._registry import choose
from assist2resp.replay.noise import verdicts
from assist2resp.replay.player import Player, Prepared, tracks_of
from assist2resp.replay.prices import read_prices
from assist2resp.replay.turns import Turn
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
from assist2resp.schema.comparison import Answer, Case, Outcome, ToolCall

Json = dict[str, Any]

REPEATS = 3
ALARMS = (Outcome.WORSE, Outcome.DIFFERENT)
INSTRUCTIONS = "You are the assistant of a shop. Answer in two sentences, and name the policy that you rely on."
ORDER = {
    "type": "function",
    "name": "get_order",
    "description": "Looks up an order.",
    "parameters": {
        "type": "object",
        "properties": {"number": {"type": "integer"}, "city": {"type": "string"}},
        "required": ["number", "city"],
    },
    "strict": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "mood": {"type": "string", "enum": ["good", "bad"]}},
    "required": ["answer", "mood"],
    "additionalProperties": False,
}
CITIES = ("Bonn", "Paris", "Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito")


@dataclass(frozen=True)
class Change:
    """A change of the arguments, and how large it is."""

    name: str
    size: str
    apply: Callable[[Json], Json]


def _without(name: str) -> Callable[[Json], Json]:
    return lambda given: {key: value for key, value in given.items() if key != name}


def _without_tool(kind: str) -> Callable[[Json], Json]:
    return lambda given: {**given, "tools": [tool for tool in given.get("tools", ()) if tool["type"] != kind]}


def _wrong_arguments(given: Json) -> Json:
    """The tool's city is described as a number, so that the model gives one."""
    tools = [dict(tool) for tool in given.get("tools", ())]
    for tool in tools:
        if tool["type"] == "function":
            properties = {**tool["parameters"]["properties"], "city": {"type": "integer"}}
            tool["parameters"] = {**tool["parameters"], "properties": properties}
    return {**given, "tools": tools}


def _more_tokens(given: Json) -> Json:
    """Instructions that say the same once more, as long as 30 % of the tokens."""
    return {**given, "instructions": given["instructions"] + " " + "Please note. " * PADDING}


def _cut(given: Json) -> Json:
    return {**given, "max_output_tokens": 16} if "text" in given else given


PADDING = 13

CHANGES = (
    Change("none", "nothing is changed", lambda given: given),
    Change("a dropped instruction", "the instructions, 19 words, are not sent", _without("instructions")),
    Change("a lost tool", "the one function is not offered; a third of the turns called it", _without_tool("function")),
    Change(
        "wrong arguments",
        "one of two arguments is a number instead of the city, a third of the turns",
        _wrong_arguments,
    ),
    Change("missing citations", "the search is not offered; a third of the turns cited", _without_tool("file_search")),
    Change("more tokens", "about 30 % more tokens, by longer instructions", _more_tokens),
    Change("broken JSON", "the answers in JSON are cut at 16 tokens", _cut),
)


def turns_of(number: int) -> list[Turn]:
    """So many turns, each in a thread of its own: orders, questions on the policy, and small talk in JSON."""
    dice = random.Random(7)
    turns = []
    for at in range(number):
        city, order = dice.choice(CITIES), dice.randrange(1000)
        question = (
            f"Where is order {order} for {city}?",
            f"What does the policy say about returns from {city} after {order} days?",
            f"Describe the day in {city}, please, number {order}.",
        )[at % 3]
        output = ToolCall(
            name="get_order", arguments=f'{{"number":{order},"city":"{city}"}}', output="It is on its way."
        )
        old = Answer(tool_calls=(output,) if at % 3 == 0 else ())
        kind = ("orders", "policy", "json")[at % 3]
        said = ({"role": "user", "content": question},)
        turns.append(Turn(f"t{at}", f"t{at}", said, question, old, groups={"assistant": kind}))
    return turns


def arguments_of(turn: Turn, store: str) -> Json:
    """What the unchanged bot asks with."""
    given: Json = {"model": "gpt-4o", "instructions": INSTRUCTIONS, "truncation": "auto"}
    if turn.groups["assistant"] == "json":
        return {**given, "text": {"format": {"type": "json_schema", "name": "day", "schema": SCHEMA}}}
    return {**given, "tools": [ORDER, {"type": "file_search", "vector_store_ids": [store]}]}


class _AnyOutput:
    """Answers every call, since wrong arguments have no recorded output and the answer shall go on."""

    async def output(self, name: str, arguments: str) -> str:
        del name, arguments
        return "It is on its way."


@dataclass(frozen=True)
class Pool:
    """Many answers to each turn, by change."""

    turns: Sequence[Turn]
    arguments: Mapping[str, Sequence[Json]]
    answers: Mapping[str, Sequence[Sequence[Answer]]]


def fill(changes: Sequence[Change], turns: Sequence[Turn], size: int) -> Pool:
    """Ask the noisy sandbox each turn `size` times for each change, and twice as often for none."""
    settings = Settings(sunset=True, step_seconds=0, queued_seconds=0)
    policy = {
        "id": "file-policy",
        "filename": "policy.md",
        "text": "Returns are possible within 30 days from any city.",
    }
    seed = {"files": [policy], "vector_stores": [{"id": "vs_policy", "name": "P", "file_ids": ["file-policy"]}]}
    arguments: dict[str, list[Json]] = {}
    answers: dict[str, list[list[Answer]]] = {}
    with sandbox(noise=11, settings=settings, seed=seed) as server:
        for change in changes:
            arguments[change.name] = [change.apply(arguments_of(turn, "vs_policy")) for turn in turns]
            prepared = [Prepared(*pair) for pair in zip(turns, arguments[change.name], strict=True)]
            times = size * 2 if change.name == "none" else size
            answers[change.name] = asyncio.run(_ask(server.url, prepared, times))
        assert server.failures == []
    return Pool(turns, arguments, answers)


async def _ask(url: str, prepared: Sequence[Prepared], times: int) -> list[list[Answer]]:
    access = Access(url, {"authorization": "Bearer any"})
    connection = connect(access, connections=16, timeout=60)
    player = Player(Asker(connection, Pace(16), str), _AnyOutput())
    prices = read_prices(None)
    gate = asyncio.Semaphore(16)

    async def one(track: Any) -> list[Answer]:
        async with gate:
            played = [(await player.play(track))[0] for _ in range(times)]
        return [prices.priced(answer).model_copy(update={"latency": 1.0}) for answer in played]

    try:
        return list(await asyncio.gather(*(one(track) for track in tracks_of(prepared, free=False))))
    finally:
        await connection.client.close()


def simulate(pool: Pool, change: str, runs: int, cases: int, *, seed: int = 0) -> list[list[str]]:
    """Of each simulated run what it raised an alarm about. The resamples are those of the default seed, drawn once."""
    metrics = [_remembering(metric) for metric in choose(()).metrics]
    dice = random.Random(f"{seed}/{change}")
    with patch.object(bootstrap, "drawn", _remembered):
        return [_alarms(pool, change, metrics, dice, cases) for _ in range(runs)]


_DRAW = bootstrap.drawn


@lru_cache(maxsize=256)
def _first_drawn(threads: int, size: int) -> Any:
    return _DRAW(RandomState(0), threads, size)


def _remembered(_draws: Any, threads: int, size: int) -> Any:
    """What a run of the default seed draws, which for so few threads it does in one go."""
    return _first_drawn(threads, size)


def _alarms(pool: Pool, change: str, metrics: Sequence[Metric], dice: random.Random, number: int) -> list[str]:
    drawn = []
    for at in sorted(dice.sample(range(len(pool.turns)), number)):
        turn = pool.turns[at]
        if change == "none":
            old, *new = dice.sample(pool.answers["none"][at], REPEATS + 1)
        else:
            old, new = dice.choice(pool.answers["none"][at]), dice.sample(pool.answers[change][at], REPEATS)
        case = Case(id=turn.id, groups=turn.groups, question=turn.question, old=old, new=tuple(new))
        drawn.append(scored(case, metrics, asked_of(turn.question, pool.arguments["none"][at])))
    found = verdicts(drawn, metrics, thread_of=lambda case: case.id)
    return [f"{one.metric} {one.group}".strip() for one in found if one.outcome in ALARMS]


def _remembering(metric: Metric) -> Metric:
    """The same metric, which compares two answers of the pool once: a simulation meets them again and again."""
    known: dict[Any, Any] = {}
    if isinstance(metric, Amount):
        measure = metric.measure

        def measured(view: View) -> float | None:
            key = (id(view.answer), view.asked.wants_json)
            if key not in known:
                known[key] = measure(view)
            return known[key]  # type: ignore[no-any-return]

        return replace(metric, measure=measured)
    assert isinstance(metric, Agreement)
    agree = metric.agree

    def agreed(one: View, other: View) -> float | None:
        key = (id(one.answer), id(other.answer), one.asked.wants_json)
        if key not in known:
            known[key] = agree(one, other)
        return known[key]  # type: ignore[no-any-return]

    return replace(metric, agree=agreed)
