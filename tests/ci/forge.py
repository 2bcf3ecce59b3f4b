"""The comments of a pull request on GitHub and the notes of a merge request on GitLab, served on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


class Forge:
    """A server of both APIs; `comments` is what it holds."""

    def __init__(self, *, read_only: bool = False) -> None:
        self.comments: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, str]] = []
        self.read_only = read_only
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"forge": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, login: str, body: str) -> dict[str, Any]:
        """A new comment."""
        made = {"id": len(self.comments) + 1, "user": {"login": login}, "author": {"id": len(login)}, "body": body}
        self.comments.append(made)
        return made


class _Handler(BaseHTTPRequestHandler):
    forge: Forge

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._note()
        parts = urlsplit(self.path)
        if parts.path == "/user":
            self._answer({"id": len("github-actions[bot]")})
            return
        query = parse_qs(parts.query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self._answer(self.forge.comments[(page - 1) * size : page * size])

    def do_POST(self) -> None:
        self._write(lambda body: self.forge.add("github-actions[bot]", body))

    def do_PATCH(self) -> None:
        comment = self.forge.comments[int(self.path.rpartition("/")[2]) - 1]
        self._write(lambda body: comment.update(body=body))

    do_PUT = do_PATCH

    def _write(self, act: Any) -> None:
        self._note()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        if self.forge.read_only:
            self._answer({"message": "Resource not accessible by integration"}, 403)
        else:
            act(body)
            self._answer({})

    def _note(self) -> None:
        key = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
        self.forge.requests.append((self.command, urlsplit(self.path).path, key))

    def _answer(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
