"""What a recorded exchange shows: its objects, its day, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from recordings.answers import bodies, response_body
from recordings.ids import known_model
from recordings.reading import Interaction, epoch_day, json_of
from recordings.routes import Place
from recordings.types import misfit


def with_known_model(body: Any, row: Interaction) -> Any:
    """The body, its model replaced by one of the same kind if a recording was served by one unknown to the sandbox."""
    if not isinstance(body, dict) or row.status >= 400 or "model" not in body:
        return body
    reasons = ((response_body(row) or {}).get("reasoning") or {}).get("effort") is not None
    return {**body, "model": known_model(body["model"], reasons=reasons)}


def objects(values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Every object with an id in these values, outermost first; events and lists are looked into."""
    for value in values:
        if isinstance(value, dict):
            if isinstance(value.get("id"), str) and not str(value.get("object", "")).endswith((".deleted", ".delta")):
                yield value
            yield from objects(list(value.values()))
        elif isinstance(value, list):
            yield from objects(value)


def origin_of(row: Interaction, where: Place) -> str:
    """Why the recorded answer may differ from the API of today; empty when nothing speaks against it."""
    if not row.parts.hostname or not row.parts.hostname.endswith(("openai.com", ".azure.com")):
        return f"another server, {row.parts.hostname}"
    if "assistants=v1" in row.headers.get("openai-beta", ""):
        return "Assistants v1, which ended on 2024-12-18"
    found = misfit(f"{row.method} {where.template}", json_of(row.answer)) if row.status < 400 else ""
    return f"recorded answer contradicts the SDK's type, {found}" if found else ""


def request_body(row: Interaction) -> Any:
    """The JSON value of a request, or None."""
    return json_of(row.body) if row.body else None


def object_of(row: Interaction) -> dict[str, Any]:
    """The JSON object of an answer, empty when it is none."""
    value = json_of(row.answer)
    return value if isinstance(value, dict) else {}


def lists(where: Place, row: Interaction) -> bool:
    """Whether the exchange answers a list of objects that must be there."""
    return row.method == "GET" or where.template.endswith("/search")


def statuses(body: dict[str, Any]) -> list[Any]:
    """The statuses of the rows of a list."""
    return [row.get("status") for row in body.get("data") or () if isinstance(row, dict)]


def day_of(row: Interaction) -> date | None:
    """The day of an exchange, by the answer's clock or by the objects that it shows."""
    if row.day:
        return row.day
    for body in objects(bodies(row)):
        if isinstance(body.get("created_at"), int | float):
            return epoch_day(body["created_at"])
    return None
