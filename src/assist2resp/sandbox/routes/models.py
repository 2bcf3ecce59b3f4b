"""Models: the list of those that answer today, each with the date of its shutdown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from re import search

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox import models_data
from assist2resp.sandbox.app import World
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError

UNDATED = date(2023, 1, 1)
"""Stands for the day on which a model was made, where its name does not say so."""


def _body(model: str) -> Json:
    known = models_data.find(model)
    assert known is not None
    dated = search(r"\d{4}-\d\d-\d\d$", known.snapshot)
    made = date.fromisoformat(dated.group()) if dated else UNDATED
    return {
        "id": model,
        "object": "model",
        "created": int(datetime(made.year, made.month, made.day, tzinfo=UTC).timestamp()),
        "owned_by": "user" if model.startswith("ft:") else "system",
        "shutdown_date": known.shutdown.isoformat() if known.shutdown else None,
    }


def _is_served(world: World, model: str) -> bool:
    deleted = world.store.table("deleted_models").get(model) is not None
    return models_data.is_served(model, world.today) and not deleted


def _need(world: World, request: Request) -> str:
    model: str = request.path_params["model"]
    if not _is_served(world, model):
        raise WireError(404, f"The model '{model}' does not exist", param="model", code="model_not_found")
    return model


async def listing(world: World, _request: Request) -> Response:
    """The models that answer today."""
    rows = [_body(model) for model in models_data.MODELS if _is_served(world, model)]
    return JSONResponse({"object": "list", "data": rows})


async def retrieve(world: World, request: Request) -> Response:
    """One model; a retired one is unknown."""
    return JSONResponse(_body(_need(world, request)))


async def delete(world: World, request: Request) -> Response:
    """Delete a fine-tuned model; OpenAI's own cannot be deleted."""
    model = _need(world, request)
    if not model.startswith("ft:"):
        raise WireError(403, "You have insufficient permissions for this operation.")
    world.store.table("deleted_models").add(Record(model, {"id": model}))
    return JSONResponse({"id": model, "object": "model", "deleted": True})


ROUTES = [
    ("GET", "/models", listing),
    ("GET", "/models/{model}", retrieve),
    ("DELETE", "/models/{model}", delete),
]
