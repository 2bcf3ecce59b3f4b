"""The index of routes answers as Starlette's own list does."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from assist2resp.sandbox.routing import Index


async def endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


ROUTES = [
    Route(path, endpoint, methods=[method])
    for method, path in (
        ("POST", "/v1/threads"),
        ("POST", "/v1/threads/runs"),
        ("GET", "/v1/threads/{thread_id}"),
        ("POST", "/v1/threads/{thread_id}"),
        ("GET", "/v1/threads/{thread_id}/messages"),
        ("GET", "/v1/files"),
        ("GET", "/sandbox/requests"),
    )
]


def found(routes: list[BaseRoute], method: str, path: str) -> tuple[Match, object]:
    scope: Scope = {"type": "http", "method": method, "path": path, "root_path": "", "app": Starlette()}
    matches = [route.matches(scope) for route in routes]
    best = max(matches, key=lambda pair: pair[0].value)
    return best[0], best[1].get("path_params") if best[0] is Match.FULL else None


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1",
        "/v1/",
        "/v1/threads",
        "/v1/threads/",
        "/v1/threads/runs",
        "/v1/threads/thread_a",
        "/v1/threads/thread_a/messages",
        "/v1/threads/thread_a/messages/msg_a",
        "/v1//messages",
        "/v1/files",
        "/v2/files",
        "/sandbox/requests",
    ],
)
def test_the_index_finds_what_the_list_finds(method, path):
    assert found([Index(ROUTES)], method, path) == found(list(ROUTES), method, path)
