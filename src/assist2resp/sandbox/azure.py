"""Azure's spellings of the same routes: `/openai/…?api-version=…`, `/openai/deployments/{name}/…` and `/openai/v1/…`.

Also those of classic agents of Foundry, `/api/projects/{name}/…?api-version=…`. Both Azures list threads.

Azure names the wire by `api-version`, not by a beta header, takes the key in `api-key`, and a deployment where OpenAI
takes a model: a name that is no model's stands for `gpt-4o` here.
Reference: https://learn.microsoft.com/azure/foundry/openai/reference
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, quote

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assist2resp.sandbox import models_data

DEPLOYED = "gpt-4o"
_MARK = "sandbox.azure"
_DATED = re.compile(r"/openai(?:/deployments/[^/]+)?(?P<path>/.*)")
_FOUNDRY = re.compile(r"/api/projects/[^/]+(?P<path>/.*)")
_VERSIONED = re.compile(r"/openai(?P<path>/v1/.*)")


_NO_RESOURCE = JSONResponse({"error": {"code": "404", "message": "Resource not found"}}, 404)


def is_azure(scope: Scope) -> bool:
    """Whether the request came by one of these spellings."""
    return bool(scope.get(_MARK))


class Paths:
    """Passes Azure's paths on as OpenAI's; everything else as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(("/openai/", "/api/projects/")):
            await self._app(scope, receive, send)
            return
        if refusal := _refusal(scope):
            await refusal(scope, receive, send)
            return
        spellings = (_VERSIONED, _DATED, _FOUNDRY)
        match = next((found for each in spellings if (found := each.fullmatch(scope["path"]))), None)
        if match is None:
            await _NO_RESOURCE(scope, receive, send)
            return
        if scope["method"] == "POST" and b"application/json" in dict(scope["headers"]).get(b"content-type", b""):
            receive = _with_model(receive)
        await self._app(_as_openai(scope, match["path"]), receive, send)


def _refusal(scope: Scope) -> JSONResponse | None:
    names = {name for name, _ in scope["headers"]}
    if not names & {b"api-key", b"authorization"}:
        text = (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
            "an active subscription and use a correct regional API endpoint for your resource."
        )
        return JSONResponse({"error": {"code": "401", "message": text}}, 401)
    if not _VERSIONED.fullmatch(scope["path"]) and b"api-version" not in parse_qs(scope["query_string"]):
        return _NO_RESOURCE
    return None


def _as_openai(scope: Scope, path: str) -> Scope:
    """The scope with OpenAI's path, and with the beta header that `api-version` stands for."""
    headers = list(scope["headers"])
    if path.startswith("/v1/"):
        return {**scope, "path": path, "raw_path": quote(path).encode()}
    if b"openai-beta" not in {name for name, _ in headers}:
        headers.append((b"openai-beta", b"assistants=v2"))
    return {**scope, "path": f"/v1{path}", "raw_path": quote(f"/v1{path}").encode(), "headers": headers, _MARK: True}


def _with_model(receive: Receive) -> Receive:
    """The same request with a model in the place of a deployment."""
    waiting = True

    async def patched() -> Message:
        nonlocal waiting
        if not waiting:
            return await receive()
        waiting = False
        content, more = b"", True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        return {"type": "http.request", "body": _patched(content), "more_body": False}

    return patched


def _patched(content: bytes) -> bytes:
    try:
        body = json.loads(content)
    except ValueError:
        return content
    if not isinstance(body, dict) or not isinstance(body.get("model"), str) or models_data.exists(body["model"]):
        return content
    return json.dumps({**body, "model": DEPLOYED}).encode()
