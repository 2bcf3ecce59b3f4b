"""A page on this machine: an archive for whoever knows the secret part of its address, and for nobody else.

Only loopback is listened on, only its own names are accepted as Host (so that no page elsewhere can point a name of its
own here), and the address holds a random part, since other users of the machine reach loopback too.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from assist2resp.browse.catalogue import Catalogue
from assist2resp.browse.pages import IMAGES, POLICY, Links, Pages, image_type
from assist2resp.browse.shelf import Shelf
from assist2resp.browse.wording import question_of
from assist2resp.errors import Assist2RespError, UsageError

_HOST = "127.0.0.1"
_ROWS = 50
_LONGEST_QUESTION = 1000
_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Answer(NamedTuple):
    """What a request gets."""

    status: HTTPStatus
    kind: str
    body: bytes | Path
    headers: dict[str, str]


@dataclass(frozen=True)
class Site:
    """What is served, and below which path."""

    shelf: Shelf
    index: Path
    base: str

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        """The answer to a GET request for a path below the base."""
        with closing(Catalogue(self.shelf, self.index)) as catalogue:
            return _Request(self, catalogue, query).answer(path)


class _Request:
    """One request, with an index of its own."""

    def __init__(self, site: Site, catalogue: Catalogue, query: dict[str, list[str]]) -> None:
        self._base = site.base
        self._catalogue = catalogue
        self._query = query
        self._asked = query.get("q", [""])[0][:_LONGEST_QUESTION].strip()
        self._pages = Pages(catalogue, self._links())

    def answer(self, path: str) -> Answer:
        name, _, rest = path.partition("/")
        routes: dict[str, Callable[[str], Answer]] = {
            "": self._threads,
            "thread": self._thread,
            "text": self._text,
            "file": self._file,
            "assistants": lambda _rest: _page(self._pages.assistants()),
            "files": self._files,
            "about": lambda _rest: _page(self._pages.about()),
        }
        return routes[name](rest) if name in routes else _missing()

    def _links(self) -> Links:
        base, asked = self._base, self._asked
        return Links(
            threads=lambda page: f"{base}?{urlencode({'q': asked, 'page': page} if asked else {'page': page})}",
            thread=lambda thread, page, anchor: (
                f"{base}thread/{thread.number}"
                + (f"?page={page}" if page > 1 else f"?at={anchor}#{anchor}" if not page else "")
            ),
            file=lambda entry: f"{base}file/{quote(entry.id, safe='')}",
            text=lambda thread, anchor: f"{base}text/{thread.number}/{anchor}",
            page=lambda name: f"{base}{name}",
            search=base,
        )

    def _page(self) -> int:
        given = self._query.get("page", ["1"])[0]
        return int(given) if given.isascii() and given.isdigit() and 0 < len(given) < 10 else 1

    def _threads(self, rest: str) -> Answer:
        if rest:
            return _missing()
        page, results, threads = self._page(), None, []
        if self._asked:
            exact = self._catalogue.thread_of_id(self._asked)
            if exact is not None:
                address = f"{self._base}thread/{exact.number}"
                return Answer(HTTPStatus.FOUND, "text/plain", b"", {"Location": address})
            results = self._catalogue.search(question_of(self._asked), (page - 1) * _ROWS, _ROWS)
            total = results.threads
        else:
            threads, total = self._catalogue.threads((page - 1) * _ROWS, _ROWS), len(self._catalogue)
        return _page(
            self._pages.render(
                "threads",
                title=self._asked or "Threads",
                asked=self._asked,
                results=results,
                threads=threads,
                total=total,
                page=page,
                count=-(-total // _ROWS),
                link=self._links().threads,
            )
        )

    def _thread(self, rest: str) -> Answer:
        thread = self._catalogue.thread(int(rest)) if rest.isascii() and rest.isdigit() and len(rest) < 10 else None
        if thread is None:
            return _missing()
        page, at = self._page(), self._query.get("at", [""])[0]
        text = self._pages.thread(thread, self._pages.page_of(thread, at) if at else page)
        return _page(text) if text is not None else _missing()

    def _text(self, rest: str) -> Answer:
        number, _, anchor = rest.partition("/")
        thread = self._catalogue.thread(int(number)) if number.isascii() and number.isdigit() else None
        if thread is None:
            return _missing()
        turns = self._pages.turns(self._catalogue.record(thread))
        texts = [part.text for turn in turns if turn.anchor == anchor for part in turn.parts]
        body = "\n\n".join(texts).encode("utf-8", "replace")
        return Answer(HTTPStatus.OK, "text/plain; charset=utf-8", body, {}) if texts else _missing()

    def _file(self, rest: str) -> Answer:
        entry = self._catalogue.file(unquote(rest))
        path = self._catalogue.shelf.bytes_of(entry.path) if entry is not None and entry.path else None
        if entry is None or path is None:
            return _missing()
        with path.open("rb") as file:
            suffix = image_type(file.read(16))
        if suffix is not None:
            return Answer(HTTPStatus.OK, IMAGES[suffix], path, {})
        name = quote((entry.name or entry.id).encode("utf-8", "replace"), safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Answer(HTTPStatus.OK, "application/octet-stream", path, headers)

    def _files(self, rest: str) -> Answer:
        if rest:
            return _missing()
        page, total = self._page(), self._catalogue.count_files()
        files = self._catalogue.files((page - 1) * _ROWS, _ROWS)
        count = -(-total // _ROWS)
        return _page(
            self._pages.render(
                "files",
                title="Files",
                files=files,
                page=page,
                count=count,
                link=lambda number: f"{self._base}files?page={number}",
            )
        )


def _page(text: str) -> Answer:
    return Answer(HTTPStatus.OK, "text/html; charset=utf-8", text.encode("utf-8", "replace"), {})


def _missing() -> Answer:
    return Answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"There is no such page.\n", {})


class Server(ThreadingHTTPServer):
    """Serves a site until it is shut down."""

    daemon_threads = True

    def __init__(self, shelf: Shelf, index: Path, port: int) -> None:
        base = f"/{secrets.token_urlsafe(18)}/"
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            raise UsageError(f"port {port} cannot be listened on ({error.strerror}); choose another.") from error
        self.site = Site(shelf, index, base)
        own = self.server_address[1]
        self.hosts = (f"{_HOST}:{own}", f"localhost:{own}")
        self.url = f"http://{_HOST}:{own}{base}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "assist2resp"
    sys_version = ""
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        """Answer with a page, a text or a file."""
        try:
            answer = self._answer()
        except Assist2RespError as error:
            answer = _plain(f"{error}\n")
        except Exception as error:  # noqa: BLE001 - the boundary of one request: the others go on
            answer = _plain(f"This page cannot be shown: {type(error).__name__}.\n")
        self._send(answer)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _answer(self) -> Answer:
        parts = urlsplit(self.path)
        site = self.server.site
        is_ours = self.headers.get("host") in self.server.hosts
        if not is_ours or not secrets.compare_digest(parts.path[: len(site.base)].encode(), site.base.encode()):
            return _missing()
        return site.answer(parts.path[len(site.base) :], parse_qs(parts.query))

    def _send(self, answer: Answer) -> None:
        length = answer.body.stat().st_size if isinstance(answer.body, Path) else len(answer.body)
        self.send_response(answer.status)
        for name, value in {**_HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(answer.body, Path):
            with answer.body.open("rb") as file:
                shutil.copyfileobj(file, self.wfile)
        else:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: the log would hold what people searched for."""


def _plain(text: str) -> Answer:
    return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", text.encode("utf-8", "replace"), {})
