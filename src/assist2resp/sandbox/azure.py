"""Azure's spellings of the same routes: `/openai/…?api-version=…`, `/openai/deployments/{name}/…` and `/openai/v1/…`.

Azure names the wire by `api-version`, not by a beta header, and takes the key in `api-key`.
Reference: https://learn.microsoft.com/azure/foundry/openai/reference
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_DATED = re.compile(r"/openai(?:/deployments/[^/]+)?(?P<path>/.*)")
_VERSIONED = re.compile(r"/openai(?P<path>/v1/.*)")


class Paths:
    """Passes Azure's paths on as OpenAI's; everything else as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/openai/"):
            await self._app(scope, receive, send)
        elif refusal := _refusal(scope):
            await refusal(scope, receive, send)
        else:
            await self._app(_as_openai(scope), receive, send)


def _refusal(scope: Scope) -> JSONResponse | None:
    names = {name for name, _ in scope["headers"]}
    if not names & {b"api-key", b"authorization"}:
        text = (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
            "an active subscription and use a correct regional API endpoint for your resource."
        )
        return JSONResponse({"error": {"code": "401", "message": text}}, 401)
    if not _VERSIONED.fullmatch(scope["path"]) and b"api-version" not in parse_qs(scope["query_string"]):
        return JSONResponse({"error": {"code": "404", "message": "Resource not found"}}, 404)
    return None


def _as_openai(scope: Scope) -> Scope:
    """The scope with OpenAI's path, and with the beta header that `api-version` stands for."""
    match = _VERSIONED.fullmatch(scope["path"])
    path = match["path"] if match else "/v1" + _dated_path(scope["path"])
    headers = list(scope["headers"])
    if not match and b"openai-beta" not in {name for name, _ in headers}:
        headers.append((b"openai-beta", b"assistants=v2"))
    return {**scope, "path": path, "raw_path": quote(path).encode(), "headers": headers}


def _dated_path(path: str) -> str:
    match = _DATED.fullmatch(path)
    return match["path"] if match else path
