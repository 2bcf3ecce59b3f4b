"""The sandbox's own pages: what it has received, for a test in another process to assert on."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox.app import World

PREFIX = "/sandbox"


async def listing(world: World, _request: Request) -> Response:
    """The requests, oldest first, and whatever went wrong inside the sandbox itself."""
    failures = [f"{type(error).__name__}: {error}" for error in world.failures]
    return JSONResponse({"requests": [entry.body() for entry in world.requests], "failures": failures})


async def clear(world: World, _request: Request) -> Response:
    """Forget the requests so far."""
    cleared = len(world.requests)
    world.requests.clear()
    return JSONResponse({"cleared": cleared})


ROUTES = [("GET", "/requests", listing), ("DELETE", "/requests", clear)]
