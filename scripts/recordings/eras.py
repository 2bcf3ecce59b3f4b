"""When a key of the wire came or went, so that an old recording can be compared with the API as it is today.

`SINCE`: the day from which every recording shows the key, or on which the SDK's type got it. A key that the sandbox sends and a recording lacks is
allowed when the recording is older. `UNTIL`: the last day on which one shows it. A key that a recording has and the
sandbox does not send is allowed up to that day. An object is named by its `object`, else its `type`, else the key that
holds it. Nothing else is allowed, and every use is listed.
"""

from __future__ import annotations

from datetime import date, timedelta

V2 = date(2024, 4, 30)
"""Assistants v2 opened on 2024-04-17; from this day on all answers to its header have its keys, and no longer v1's."""
LAST_DAY_OF_V1 = date(2024, 4, 16)
"""A request with the header of v1 is answered with the keys of v1, whatever its day."""

SINCE: dict[tuple[str, str], date] = {
    ("assistant", "tool_resources"): V2,
    ("assistant", "temperature"): V2,
    ("assistant", "top_p"): V2,
    ("assistant", "response_format"): V2,
    ("assistant", "reasoning_effort"): date(2025, 3, 14),
    ("thread", "tool_resources"): V2,
    ("thread.message", "attachments"): V2,
    ("thread.run", "tool_resources"): V2,
    ("thread.run", "required_action"): V2,
    ("thread.run", "temperature"): V2,
    ("thread.run", "top_p"): V2,
    ("thread.run", "max_completion_tokens"): V2,
    ("thread.run", "max_prompt_tokens"): V2,
    ("thread.run", "truncation_strategy"): V2,
    ("thread.run", "incomplete_details"): V2,
    ("thread.run", "usage"): V2,
    ("thread.run", "response_format"): V2,
    ("thread.run", "tool_choice"): V2,
    ("thread.run", "parallel_tool_calls"): date(2024, 6, 8),
    ("thread.run", "reasoning_effort"): date(2026, 3, 31),
    ("usage", "prompt_token_details"): date(2026, 3, 31),
    ("usage", "completion_tokens_details"): date(2026, 3, 31),
    ("vector_store", "description"): date(2025, 12, 4),
    ("vector_store.file", "attributes"): date(2025, 3, 11),
    ("vector_store.file", "chunking_strategy"): date(2024, 6, 3),
    ("file", "expires_at"): date(2025, 2, 27),
    ("model", "shutdown_date"): date(2026, 8, 14),
    ("container", "last_active_at"): date(2025, 12, 4),
    ("container", "memory_limit"): date(2025, 12, 4),
    ("container", "network_policy"): date(2026, 2, 13),
    ("thread.run.step", "usage"): date(2024, 1, 19),
    ("response", "service_tier"): date(2025, 5, 9),
    ("response", "background"): date(2025, 6, 10),
    ("response", "max_tool_calls"): date(2025, 6, 28),
    ("response", "top_logprobs"): date(2025, 6, 28),
    ("response", "prompt_cache_key"): date(2025, 8, 15),
    ("response", "safety_identifier"): date(2025, 8, 15),
    ("response", "billing"): date(2025, 9, 18),
    ("response", "prompt_cache_retention"): date(2025, 11, 10),
    ("response", "completed_at"): date(2025, 12, 24),
    ("response", "frequency_penalty"): date(2026, 1, 15),
    ("response", "presence_penalty"): date(2026, 1, 15),
    ("response", "moderation"): date(2026, 4, 29),
    ("response", "tool_usage"): date(2026, 7, 21),
    ("reasoning", "summary"): date(2025, 5, 9),
    ("reasoning", "context"): date(2026, 6, 11),
    ("reasoning", "mode"): date(2026, 7, 21),
    ("text", "verbosity"): date(2025, 8, 15),
    ("input_tokens_details", "cache_write_tokens"): date(2026, 8, 21),
    ("output_text", "logprobs"): date(2025, 6, 28),
    ("reasoning", "content"): date(2026, 6, 25),
    ("function", "output_schema"): date(2026, 7, 21),
    ("response.output_text.delta", "logprobs"): date(2025, 7, 16),
    ("response.output_text.done", "logprobs"): date(2025, 7, 16),
}
PROMISED = frozenset(
    ("thread.message", key) for key in ("status", "completed_at", "incomplete_at", "incomplete_details")
)
"""Keys that OpenAI's description and the SDK's types demand, though recorded answers often lack them.

The sandbox always sends them, so that the SDK's strict validation accepts its answers.
"""

PROMISED_TYPES = frozenset(
    {("thread.run", "instructions", "null", "string"), ("vector_store", "name", "null", "string")}
)
"""Types that the SDK demands (object, key, type in recordings, type that the sandbox sends)."""
TYPES_SINCE = {("response", "prompt_cache_retention", "null", "string"): date(2026, 4, 18)}
"""Since when a key (object, key, earlier type, type of today) has another type."""
PROMISED_VALUES = frozenset({("object", "vector_store.file_batch", "vector_store.files_batch")})
"""Values that the SDK demands (key, value in recordings, value that the sandbox sends)."""

EVENTS_SINCE = {"sequence_number": date(2025, 7, 16), "obfuscation": date(2025, 8, 15)}
"""The same for keys of every event of a response's stream."""

UNTIL: dict[tuple[str, str], date] = {
    ("assistant", "file_ids"): V2 - timedelta(days=1),
    ("thread.message", "file_ids"): V2 - timedelta(days=1),
    ("thread.run", "file_ids"): V2 - timedelta(days=1),
    ("reasoning", "generate_summary"): date(2025, 5, 8),
}


AZURE_ONLY = frozenset({("response", "content_filters")})
NOT_ON_AZURE = frozenset({("response", "billing"), ("response", "tool_usage")})
"""Keys by which Azure's answers differ from OpenAI's; the sandbox gives OpenAI's on Azure's paths as well."""


def wire_day(day: date | None, beta: str) -> date | None:
    """The day whose keys an exchange shows, given the value of its `OpenAI-Beta` header."""
    if "assistants=v1" in beta:
        return min(day, LAST_DAY_OF_V1) if day else LAST_DAY_OF_V1
    return day


def newer(kind: str, key: str, day: date | None) -> bool:
    """Whether the key came to this kind of object after `day`; a recording without a date is taken as new."""
    since = SINCE.get((kind, key)) or (EVENTS_SINCE.get(key) if kind.startswith("response.") else None)
    return since is not None and day is not None and day < since


def retyped(place: tuple[str, str, str, str], day: date | None) -> bool:
    """Whether a key (object, key, type in the recording, type of today) got its type after `day`."""
    since = TYPES_SINCE.get(place)
    return since is not None and day is not None and day < since


def older(kind: str, key: str, day: date | None) -> bool:
    """Whether the key had not yet left this kind of object on `day`."""
    until = UNTIL.get((kind, key))
    return until is not None and day is not None and day <= until
