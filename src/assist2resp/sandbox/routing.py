"""The routes of the application, found by their number of parts and their first one, not tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

Key: TypeAlias = tuple[int, str]
_FOUND = "sandbox.route"


class Index(BaseRoute):
    """Many routes as one, for an application that is mounted nowhere and whose parameters hold no slashes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[Key, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(_key(route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that fits, else the first whose path does."""
        found: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._routes.get(_key(scope["path"]), ()) if scope["type"] == "http" else ():
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, _FOUND: route}
            if match is Match.PARTIAL and found[0] is Match.NONE:
                found = match, {**child, _FOUND: route}
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request by the route that was found."""
        await scope[_FOUND].handle(scope, receive, send)


def _key(path: str) -> Key:
    parts = path.split("/", 3)
    return path.count("/"), parts[2] if len(parts) > 2 else ""
