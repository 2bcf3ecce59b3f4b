"""What a run will cost, and when it has to stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from assist2resp.errors import UsageError
from assist2resp.replay.player import Prepared
from assist2resp.replay.prices import Prices
from assist2resp.schema.comparison import Answer, Usage

_SIGNS_PER_TOKEN = 4
_LEAST_OUTPUT = 200
"""Tokens of an answer about whose length nothing is known."""


@dataclass(frozen=True)
class Estimate:
    """What is expected, all repeats included."""

    tokens: int
    dollars: float | None
    unpriced: tuple[str, ...]
    """Models that the table has no price for; `dollars` is without them."""


def estimate(prepared: Sequence[Prepared], repeats: int, prices: Prices) -> Estimate:
    """What asking all of this costs: from the recorded tokens where they are known, else from the lengths."""
    tokens, dollars, unpriced = 0, 0.0, set()
    for one in prepared:
        usage = expected(one)
        tokens += (usage.input + usage.output) * repeats
        model = str(one.arguments["model"])
        cost = prices.cost(model, usage)
        if cost is None:
            unpriced.add(model)
        dollars += (cost or 0.0) * repeats
    return Estimate(tokens, round(dollars, 6) if dollars or not unpriced else None, tuple(sorted(unpriced)))


def expected(one: Prepared) -> Usage:
    """The tokens that one answer may take."""
    if one.turn.old.usage is not None:
        return Usage(input=one.turn.old.usage.input, output=one.turn.old.usage.output)
    asked = [one.turn.history, one.turn.input, one.arguments]
    signs = len(json.dumps(asked, ensure_ascii=False, default=str))
    written = len(one.turn.old.text) // _SIGNS_PER_TOKEN
    requests = 1 + bool(one.turn.old.tool_calls)
    return Usage(input=requests * signs // _SIGNS_PER_TOKEN, output=max(written, _LEAST_OUTPUT))


@dataclass
class Budget:
    """The limits of a run, and what it has spent."""

    prices: Prices
    dollars: float | None = None
    tokens: int | None = None
    spent_dollars: float = 0.0
    spent_tokens: int = 0

    def check(self, estimated: Estimate) -> None:
        """A UsageError where a limit in dollars could not be kept, since a price is missing."""
        if self.dollars is not None and estimated.unpriced:
            raise UsageError(
                f"--budget needs the price of {', '.join(estimated.unpriced)}, which the table of "
                f"{self.prices.table.as_of} lacks; give it with --prices FILE."
            )

    def allows(self, one: Sequence[Prepared]) -> bool:
        """Whether what these turns may take is still within the limits."""
        usages = [(str(turn.arguments["model"]), expected(turn)) for turn in one]
        tokens = sum(usage.input + usage.output for _, usage in usages)
        dollars = sum(self.prices.cost(model, usage) or 0.0 for model, usage in usages)
        within_tokens = self.tokens is None or self.spent_tokens + tokens <= self.tokens
        return within_tokens and (self.dollars is None or self.spent_dollars + dollars <= self.dollars)

    def spend(self, answers: Sequence[Answer]) -> None:
        """Count what was answered."""
        for answer in answers:
            if answer.usage is not None:
                self.spent_tokens += answer.usage.input + answer.usage.output
                self.spent_dollars += self.prices.cost(answer.model, answer.usage) or 0.0
