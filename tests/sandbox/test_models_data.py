"""The models that the sandbox knows: dates, fine-tunes, snapshots."""

from __future__ import annotations

from datetime import date

import pytest

from assist2resp.sandbox import models_data


@pytest.mark.parametrize(
    ("model", "shutdown"),
    [
        ("gpt-4", date(2026, 10, 23)),
        ("gpt-3.5-turbo-1106", date(2026, 9, 28)),
        ("gpt-4o", date(2027, 1, 14)),
        ("gpt-5", date(2026, 12, 11)),
        ("gpt-6-luna", None),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", date(2027, 1, 14)),
    ],
)
def test_shutdown_dates(model: str, shutdown: date | None) -> None:
    assert models_data.exists(model)
    assert models_data.shutdown_date(model) == shutdown


@pytest.mark.parametrize("model", ["nonsense", "ft:nonsense:acme::1", "ft:gpt-4o", ""])
def test_unknown_models(model: str) -> None:
    assert not models_data.exists(model)
    assert models_data.shutdown_date(model) is None
    assert not models_data.is_served(model, date(2026, 1, 1))


def test_a_model_answers_until_the_day_before_its_shutdown() -> None:
    assert models_data.is_served("gpt-4", date(2026, 10, 22))
    assert not models_data.is_served("gpt-4", date(2026, 10, 23))


def test_every_snapshot_is_a_model_of_its_own() -> None:
    for model in models_data.MODELS.values():
        assert models_data.MODELS[model.snapshot].shutdown == model.shutdown


def test_a_fine_tune_keeps_its_name() -> None:
    found = models_data.find("ft:gpt-4o:acme::1")
    assert found is not None
    assert (found.snapshot, found.context) == ("ft:gpt-4o:acme::1", 128_000)
