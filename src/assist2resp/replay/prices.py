"""What tokens cost: a dated table, and what the user lays over it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assist2resp.errors import InputFileError
from assist2resp.schema.comparison import Answer, Usage
from assist2resp.schema.versioned import first_problem

_MILLION = 1_000_000
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class Price(BaseModel):
    """US dollars for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    """Of input that was read before; the price of any other input where it is absent."""


class Table(BaseModel):
    """Prices by model, and the day that they were read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str
    source: str = ""
    prices: dict[str, Price]


@dataclass(frozen=True)
class Prices:
    """The prices that a run counts with."""

    table: Table

    def of(self, model: str | None) -> Price | None:
        """The price of a model, a dated snapshot at that of its model; None where the table has none."""
        found = self.table.prices.get(model or "")
        return found or self.table.prices.get(_SNAPSHOT.sub("", model or ""))

    def cost(self, model: str | None, usage: Usage | None) -> float | None:
        """US dollars for so many tokens; None where model or tokens are not known."""
        price = self.of(model)
        if price is None or usage is None:
            return None
        cached = price.cached if price.cached is not None else price.input
        dollars = (usage.input - usage.cached) * price.input + usage.cached * cached + usage.output * price.output
        return round(dollars / _MILLION, 9)

    def priced(self, answer: Answer) -> Answer:
        """The answer with its cost."""
        return answer.model_copy(update={"cost": self.cost(answer.model, answer.usage)})


def read_prices(path: Path | None) -> Prices:
    """The table of this version, with the user's prices over it."""
    own = Table.model_validate_json(files(__package__).joinpath("prices.json").read_bytes())
    if path is None:
        return Prices(own)
    try:
        given = Table.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputFileError(path, f"cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        hint = 'Write {"as_of": "2026-11-01", "prices": {"MODEL": {"input": 1.0, "output": 2.0}}}.'
        raise InputFileError(path, f"is no table of prices: {first_problem(error)}.", hint=hint) from error
    source = f"{given.source or path.name} over {own.as_of}"
    return Prices(Table(as_of=given.as_of, source=source, prices={**own.prices, **given.prices}))
