"""The models that the sandbox knows: shutdown dates, snapshots, context sizes and efforts of reasoning.

Dates are those of the openai package's docstrings and of OpenAI's deprecations page as of 2026-11; context sizes are
the published ones, rounded where only their order of magnitude matters. The date at which a model first appeared is
not modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Model:
    """One model, or several that differ in nothing that the sandbox shows."""

    name: str
    snapshot: str
    shutdown: date | None
    context: int
    effort: str | None
    """The effort of reasoning by default; None for a model that does not reason."""
    efforts: tuple[str, ...] = ()

    @property
    def has_phases(self) -> bool:
        """Whether its messages say if they are commentary or the final answer."""
        return self.snapshot.removeprefix("ft:").startswith(("gpt-5.4", "gpt-5.5", "gpt-5.6", "gpt-6"))

    @property
    def keeps_reasoning(self) -> bool:
        """Whether it gets the reasoning of all turns again, not of the current one only."""
        return self.snapshot.removeprefix("ft:").startswith(("gpt-5.6", "gpt-6"))


O_EFFORTS = ("low", "medium", "high")
GPT_5_EFFORTS = ("minimal", "low", "medium", "high")
LATER_EFFORTS = ("none", "low", "medium", "high", "xhigh")
GPT_6_EFFORTS = ("none", "low", "medium", "high", "xhigh", "max")
ALWAYS_EFFORTS = ("low", "medium", "high", "xhigh", "max")

# Names: aliases first, each `alias=snapshot` if the API answers with another name than it was asked by.
PLAIN: list[tuple[str, str, int]] = [
    ("gpt-3.5-turbo-0301 gpt-3.5-turbo-0613", "2024-09-13", 4_096),
    ("gpt-3.5-turbo-16k gpt-3.5-turbo-16k-0613", "2024-09-13", 16_385),
    ("gpt-4-vision-preview", "2024-12-06", 128_000),
    ("gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613", "2025-06-06", 32_768),
    ("gpt-4.5-preview gpt-4.5-preview-2025-02-27", "2025-07-14", 128_000),
    ("chatgpt-4o-latest", "2026-02-17", 128_000),
    ("gpt-4-0314", "2026-03-26", 8_192),
    ("gpt-4-turbo-preview=gpt-4-0125-preview gpt-4-0125-preview", "2026-03-26", 128_000),
    ("gpt-5-chat-latest gpt-5.1-chat-latest", "2026-07-23", 128_000),
    ("gpt-4o-search-preview=gpt-4o-search-preview-2025-03-11 gpt-4o-search-preview-2025-03-11", "2026-07-23", 128_000),
    ("gpt-4o-mini-search-preview=gpt-4o-mini-search-preview-2025-03-11", "2026-07-23", 128_000),
    ("gpt-4o-mini-search-preview-2025-03-11 computer-use-preview", "2026-07-23", 128_000),
    ("gpt-5.2-chat-latest gpt-5.3-chat-latest", "2026-08-10", 128_000),
    ("gpt-3.5-turbo-1106", "2026-09-28", 16_385),
    ("gpt-3.5-turbo=gpt-3.5-turbo-0125 gpt-3.5-turbo-0125", "2026-10-23", 16_385),
    ("gpt-4=gpt-4-0613 gpt-4-0613", "2026-10-23", 8_192),
    ("gpt-4-turbo=gpt-4-turbo-2024-04-09 gpt-4-turbo-2024-04-09", "2026-10-23", 128_000),
    ("gpt-4-1106-preview gpt-4o-2024-05-13", "2026-10-23", 128_000),
    ("gpt-4.1-nano=gpt-4.1-nano-2025-04-14 gpt-4.1-nano-2025-04-14", "2026-10-23", 1_047_576),
    ("gpt-4o=gpt-4o-2024-08-06 gpt-4o-2024-08-06 gpt-4o-2024-11-20", "2027-01-14", 128_000),
    ("gpt-4o-mini=gpt-4o-mini-2024-07-18 gpt-4o-mini-2024-07-18", "2027-01-14", 128_000),
    ("gpt-4.1=gpt-4.1-2025-04-14 gpt-4.1-2025-04-14", "2027-01-14", 1_047_576),
    ("gpt-4.1-mini=gpt-4.1-mini-2025-04-14 gpt-4.1-mini-2025-04-14", "2027-01-14", 1_047_576),
]
REASONING: list[tuple[str, str, int, str, tuple[str, ...]]] = [
    ("o1-preview o1-preview-2024-09-12", "2025-07-28", 128_000, "medium", O_EFFORTS),
    ("o1-mini o1-mini-2024-09-12", "2025-10-27", 128_000, "medium", O_EFFORTS),
    ("codex-mini-latest", "2026-02-12", 200_000, "medium", O_EFFORTS),
    ("o3-deep-research o4-mini-deep-research", "2026-07-23", 200_000, "medium", O_EFFORTS),
    ("gpt-5-codex gpt-5.1-codex gpt-5.1-codex-max", "2026-07-23", 400_000, "medium", LATER_EFFORTS),
    ("o1=o1-2024-12-17 o1-2024-12-17", "2026-10-23", 200_000, "medium", O_EFFORTS),
    ("o1-pro=o1-pro-2025-03-19 o1-pro-2025-03-19", "2026-10-23", 200_000, "medium", O_EFFORTS),
    ("o3-mini=o3-mini-2025-01-31 o3-mini-2025-01-31", "2026-10-23", 200_000, "medium", O_EFFORTS),
    ("o4-mini=o4-mini-2025-04-16 o4-mini-2025-04-16", "2026-10-23", 200_000, "medium", O_EFFORTS),
    ("o3=o3-2025-04-16 o3-2025-04-16", "2026-12-11", 200_000, "medium", O_EFFORTS),
    ("o3-pro=o3-pro-2025-06-10 o3-pro-2025-06-10", "2026-12-11", 200_000, "medium", O_EFFORTS),
    ("gpt-5=gpt-5-2025-08-07 gpt-5-2025-08-07", "2026-12-11", 400_000, "medium", GPT_5_EFFORTS),
    ("gpt-5-mini=gpt-5-mini-2025-08-07 gpt-5-mini-2025-08-07", "2026-12-11", 400_000, "medium", GPT_5_EFFORTS),
    ("gpt-5-nano=gpt-5-nano-2025-08-07 gpt-5-nano-2025-08-07", "2026-12-11", 400_000, "medium", GPT_5_EFFORTS),
    ("gpt-5-pro=gpt-5-pro-2025-10-06 gpt-5-pro-2025-10-06", "2026-12-11", 400_000, "high", ("high",)),
    ("gpt-5.1=gpt-5.1-2025-11-13 gpt-5.1-2025-11-13", "2027-04-01", 400_000, "none", LATER_EFFORTS),
    ("gpt-5.4-nano=gpt-5.4-nano-2026-03-17 gpt-5.4-nano-2026-03-17", "2027-04-01", 400_000, "none", LATER_EFFORTS),
    ("gpt-5.2=gpt-5.2-2025-12-11 gpt-5.2-2025-12-11", "", 400_000, "none", LATER_EFFORTS),
    ("gpt-5.2-pro=gpt-5.2-pro-2025-12-11 gpt-5.2-pro-2025-12-11", "", 400_000, "medium", LATER_EFFORTS[2:]),
    ("gpt-5.4=gpt-5.4-2026-03-05 gpt-5.4-2026-03-05", "", 1_050_000, "none", LATER_EFFORTS),
    ("gpt-5.4-mini=gpt-5.4-mini-2026-03-17 gpt-5.4-mini-2026-03-17", "", 400_000, "none", LATER_EFFORTS),
    ("gpt-5.5=gpt-5.5-2026-04-23 gpt-5.5-2026-04-23", "", 1_050_000, "medium", LATER_EFFORTS),
    ("gpt-5.5-pro=gpt-5.5-pro-2026-04-23 gpt-5.5-pro-2026-04-23", "", 1_050_000, "high", LATER_EFFORTS[2:]),
    ("gpt-5.6=gpt-5.6-sol gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna", "", 1_050_000, "medium", GPT_6_EFFORTS),
    ("gpt-6-sol gpt-6-luna gpt-6.1-terra", "", 1_050_000, "medium", GPT_6_EFFORTS),
    ("gpt-6-astra gpt-6.1-sol", "", 1_050_000, "medium", ALWAYS_EFFORTS),
]


def _models() -> dict[str, Model]:
    rows = [(names, shutdown, context, None, ()) for names, shutdown, context in PLAIN]
    return {
        name: Model(
            name, snapshot or name, date.fromisoformat(shutdown) if shutdown else None, context, effort, efforts
        )
        for names, shutdown, context, effort, efforts in [*rows, *REASONING]
        for name, _, snapshot in (entry.partition("=") for entry in names.split())
    }


MODELS = _models()


def find(model: str) -> Model | None:
    """The model of this name; a fine-tune `ft:<base>:…` is its base under its own name."""
    if not model.startswith("ft:"):
        return MODELS.get(model)
    base, _, owner = model.removeprefix("ft:").partition(":")
    known = MODELS.get(base)
    if known is None or not owner:
        return None
    return Model(model, model, known.shutdown, known.context, known.effort, known.efforts)


def exists(model: str) -> bool:
    """Whether there is, or was, a model of this name."""
    return find(model) is not None


def shutdown_date(model: str) -> date | None:
    """The day from which the model answers no more, if one is announced."""
    known = find(model)
    return known.shutdown if known else None


def is_served(model: str, today: date) -> bool:
    """Whether the model answers on this day."""
    known = find(model)
    return known is not None and (known.shutdown is None or today < known.shutdown)
