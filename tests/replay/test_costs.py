"""Prices, estimates and limits."""

from __future__ import annotations

import json

import pytest

from assist2resp.errors import UsageError
from assist2resp.replay.budget import Budget, estimate
from assist2resp.replay.player import Prepared
from assist2resp.replay.prices import read_prices
from assist2resp.replay.turns import Turn
from assist2resp.schema.comparison import Answer, Usage

OWN = read_prices(None)


def prepared(model="gpt-4o", usage=None, question="x" * 400):
    turn = Turn("t", "t", ({"role": "user", "content": question},), question, Answer(usage=usage, text="y" * 40))
    return Prepared(turn, {"model": model})


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("gpt-4o", Usage(input=1_000_000, output=1_000_000), 12.5),
        ("gpt-4o-2024-08-06", Usage(input=1_000_000), 2.5),
        ("gpt-4o-2024-05-13", Usage(input=1_000_000), 5.0),
        ("gpt-4o", Usage(input=1_000_000, cached=1_000_000), 1.25),
        ("gpt-4", Usage(input=1_000_000, cached=500_000), 30.0),
        ("gpt-4o", Usage(), 0.0),
        ("gpt-4o", None, None),
        ("mine", Usage(input=1), None),
        ("ft:gpt-4o:org::1", Usage(input=1), None),
        (None, Usage(input=1), None),
    ],
)
def test_costs(model, usage, dollars):
    assert OWN.cost(model, usage) == dollars


def test_prices_of_the_users_lie_over_ours(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"as_of": "2026-12-01", "prices": {"mine": {"input": 1, "output": 2}}}))
    prices = read_prices(path)
    assert prices.cost("mine", Usage(input=1_000_000, output=1_000_000)) == 3.0
    assert prices.cost("gpt-4o", Usage(input=1_000_000)) == 2.5
    assert prices.table.as_of == "2026-12-01"
    assert OWN.table.as_of in prices.table.source


@pytest.mark.parametrize(
    "text", ["", "[]", '{"prices": {}}', '{"as_of": "x", "prices": {"a": {"input": -1, "output": 1}}}']
)
def test_what_is_no_table(tmp_path, text):
    (tmp_path / "prices.json").write_text(text)
    with pytest.raises(UsageError, match="is no table of prices"):
        read_prices(tmp_path / "prices.json")


def test_an_estimate_is_of_recorded_tokens_where_they_are_known():
    known = estimate([prepared(usage=Usage(input=900, output=100))], 3, OWN)
    assert (known.tokens, known.dollars, known.unpriced) == (3000, round(3 * (900 * 2.5 + 100 * 10) / 1e6, 6), ())
    guessed = estimate([prepared()], 1, OWN)
    assert 100 < guessed.tokens < 1000


def test_models_without_a_price_are_named_and_no_budget_is_kept_without_one():
    found = estimate([prepared("mine"), prepared()], 1, OWN)
    assert found.unpriced == ("mine",)
    assert found.dollars > 0
    assert estimate([prepared("mine")], 1, OWN).dollars is None
    Budget(OWN, tokens=5).check(found)
    with pytest.raises(UsageError, match="needs the price of mine"):
        Budget(OWN, dollars=5.0).check(found)


@pytest.mark.parametrize(("limit", "allowed"), [({"dollars": 0.01}, 2), ({"tokens": 2500}, 2), ({}, 9)])
def test_a_budget_stops_before_it_is_passed(limit, allowed):
    budget = Budget(OWN, **limit)
    usage = Usage(input=600, output=400)
    number = 0
    while number < 9 and budget.allows([prepared(usage=usage)]):
        budget.spend([Answer(model="gpt-4o", usage=usage)])
        number += 1
    assert number == allowed if limit.get("tokens") or not limit else 1 <= number <= 2
