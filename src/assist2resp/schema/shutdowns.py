"""When the models that old assistants name were or will be shut down, and what OpenAI recommends in their place.

From https://platform.openai.com/docs/deprecations and the dates in the SDK's models, as of `AS_OF`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

AS_OF = date(2026, 11, 20)
"""The day that the table was read; never take an earlier one for today."""
NOTICE = timedelta(days=90)
"""How long before its end a model is worth a word."""


@dataclass(frozen=True)
class Shutdown:
    """A model's last day, and the recommended replacement where there is one."""

    model: str
    on: date
    replacement: str = ""


_SOL, _TERRA, _LUNA = "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna"
_PRO = f'{_SOL} with reasoning.mode "pro"'

_TABLE: tuple[tuple[date, str, tuple[str, ...]], ...] = (
    (date(2024, 9, 13), _TERRA, ("gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-3.5-turbo-16k-0613")),
    (date(2024, 12, 6), "", ("gpt-4-vision-preview", "gpt-4-1106-vision-preview")),
    (date(2025, 6, 6), "", ("gpt-4-32k", "gpt-4-32k-0314", "gpt-4-32k-0613")),
    (date(2025, 7, 14), "", ("gpt-4.5-preview", "gpt-4.5-preview-2025-02-27")),
    (date(2025, 7, 28), "", ("o1-preview", "o1-preview-2024-09-12")),
    (date(2025, 10, 27), "", ("o1-mini", "o1-mini-2024-09-12")),
    (date(2026, 2, 17), "", ("chatgpt-4o-latest",)),
    (date(2026, 3, 26), _SOL, ("gpt-4-0314", "gpt-4-0125-preview", "gpt-4-turbo-preview")),
    (
        date(2026, 7, 23),
        "",
        ("gpt-5-chat-latest", "gpt-5.1-chat-latest", "gpt-4o-search-preview", "gpt-4o-mini-search-preview"),
    ),
    (date(2026, 9, 28), _TERRA, ("gpt-3.5-turbo-1106",)),
    (date(2026, 10, 23), _TERRA, ("gpt-3.5-turbo", "gpt-3.5-turbo-0125", "o4-mini")),
    (
        date(2026, 10, 23),
        _SOL,
        (
            "gpt-4",
            "gpt-4-0613",
            "gpt-4-1106-preview",
            "gpt-4-turbo",
            "gpt-4-turbo-2024-04-09",
            "gpt-4o-2024-05-13",
            "o1",
            "o3-mini",
        ),
    ),
    (date(2026, 10, 23), _PRO, ("o1-pro",)),
    (date(2026, 10, 23), _LUNA, ("gpt-4.1-nano",)),
    (date(2026, 12, 11), _SOL, ("gpt-5", "o3")),
    (date(2026, 12, 11), _TERRA, ("gpt-5-mini",)),
    (date(2026, 12, 11), _LUNA, ("gpt-5-nano",)),
    (date(2026, 12, 11), _PRO, ("gpt-5-pro", "o3-pro")),
    (
        date(2027, 1, 14),
        "gpt-6-luna",
        ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"),
    ),
    (date(2027, 4, 1), "", ("gpt-5.1", "gpt-5.4-nano")),
)

SHUTDOWNS: dict[str, Shutdown] = {
    model: Shutdown(model, on, replacement) for on, replacement, models in _TABLE for model in models
}


def shutdown_of(model: str) -> Shutdown | None:
    """When a model ends, by its id; a fine-tuned model (`ft:gpt-4o:org::id`) ends with the model below it."""
    return SHUTDOWNS.get(base_model(model))


def base_model(model: str) -> str:
    """The id without what fine-tuning put around it."""
    return model.split(":")[1] if model.startswith("ft:") and model.count(":") > 1 else model


def is_worth_a_word(shutdown: Shutdown, today: date) -> bool:
    """Whether a model has ended, or ends soon."""
    return shutdown.on <= max(today, AS_OF) + NOTICE
