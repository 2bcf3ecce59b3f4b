"""What an archive says of the time that is left: what lives, what expires when, which models end when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assist2resp.export.reading import rows_of_kind
from assist2resp.export.verbatim import value_of
from assist2resp.schema.archive import Manifest
from assist2resp.schema.organization import Expiry, Inventory, ModelUse
from assist2resp.schema.shutdowns import shutdown_of

_EXPIRING = ("vector_stores", "files", "containers")


def inventory_of(folder: Path, manifest: Manifest) -> Inventory:
    """The inventory of an archive, from what it holds verbatim."""
    expiring = (expiry for kind in _EXPIRING for expiry in _expiring(folder, kind))
    return Inventory(
        counts=manifest.counts,
        expiring=tuple(sorted(expiring, key=lambda expiry: (expiry.expires_at, expiry.id))),
        models=tuple(sorted(_models(folder, manifest), key=lambda model: (model.shutdown_date or "9999", model.id))),
        absences=manifest.absences,
    )


def _expiring(folder: Path, kind: str) -> Iterator[Expiry]:
    for value in _objects(folder, kind):
        moment = value.get("expires_at")
        if isinstance(moment, int) and not isinstance(moment, bool):
            name = value.get("name") or value.get("filename")
            yield Expiry(
                kind=kind,
                id=str(value.get("id")),
                name=name if isinstance(name, str) else "",
                expires_at=moment,
                is_expired=value.get("status") == "expired",
            )


def _models(folder: Path, manifest: Manifest) -> Iterator[ModelUse]:
    served = {str(value.get("id")): value.get("shutdown_date") for value in _objects(folder, "models")}
    pinned: dict[str, list[str]] = {}
    for value in _objects(folder, "assistants"):
        if isinstance(value.get("model"), str):
            pinned.setdefault(value["model"], []).append(str(value.get("id")))
    for model in sorted({*served, *pinned}):
        known = shutdown_of(model)
        said = served.get(model)
        end = said if isinstance(said, str) else known.on.isoformat() if known else None
        if end is not None or model in pinned:
            yield ModelUse(
                id=model,
                shutdown_date=end,
                is_served=model in served if "models" in manifest.listings else None,
                assistants=tuple(pinned.get(model, ())),
            )


def _objects(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for row in rows_of_kind(folder, kind):
        value = value_of(row.raw)
        if isinstance(value, dict):
            yield value
